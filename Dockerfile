# SPDX-License-Identifier: MIT
# docker-autoheal as a service in a container. How to run it: docs/deployment.md
#
#   docker build -t docker-autoheal .

# The Makefile's (make lint compares).
ARG VERSION=0.1.0

FROM debian:bookworm-slim AS build
WORKDIR /src
# install.sh has the list of what the build needs.
COPY install.sh ./
RUN apt-get update -qq -o Acquire::Retries=3 && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Acquire::Retries=3 --no-install-recommends \
      ca-certificates tzdata $(sed -n 's/^BUILD_PACKAGES="\(.*\)"$/\1/p' install.sh) >/dev/null
COPY . .
ARG VERSION
RUN make -s -j"$(nproc)" VERSION="$VERSION" build/docker-autoheal && scripts/image-root.sh build/docker-autoheal /image

# Nothing but the program and the libraries that it needs: no shell, no package manager.
FROM scratch
ARG VERSION
COPY --from=build /image /
LABEL org.opencontainers.image.title="docker-autoheal" \
      org.opencontainers.image.description="Restarts unhealthy and crashed containers, and quarantines the hopeless ones" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim" \
      autoheal="false"
# Inside a container a published port reaches nothing that listens on loopback alone.
# Variables of another tool are meant for us here: its Compose file works with this image.
ENV AUTOHEAL_DATA_DIR=/data \
    AUTOHEAL_UI_LISTEN_ADDRESS=0.0.0.0 \
    AUTOHEAL_OTHER_NAMES=true
VOLUME /data
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["docker-autoheal", "ping"]
ENTRYPOINT ["docker-autoheal"]
CMD ["serve"]
