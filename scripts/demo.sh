#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole story on one screen: sick containers, one pass, what it did and why. Called by install.sh --demo.
# Uses the engine that answers, or a private one; only containers named autoheal-demo-* are looked at or touched.
set -eu

binary=$1
work=$(mktemp -d)
private=
name=autoheal-demo

say() { printf '%s\n' "$*"; }
show() { # prints a command as a person would type it, then runs it
    printf '\n$ docker autoheal%s\n' "${*:+ $*}"
    docker autoheal "$@" || true
}

cleanup() {
    status=$?
    trap - EXIT INT TERM
    ids=$(docker ps -aq --filter "name=^$name-" 2>/dev/null || true)
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$ids" ] || docker rm -f $ids >/dev/null 2>&1 || true
    docker rmi $name:latest >/dev/null 2>&1 || true
    [ -z "$private" ] || scripts/private-engine.sh stop "$private" || true
    rm -rf "$work"
    [ "$status" -ne 0 ] || printf '\nEverything the demo made is removed again.\n'
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The plugin for this demo alone: the user's own docker configuration is not touched.
mkdir -p "$work/docker/cli-plugins" "$work/state"
cp "$binary" "$work/docker/cli-plugins/docker-autoheal"

if docker version >/dev/null 2>&1; then
    say "==> Using the engine that answers here"
    endpoint=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
    DOCKER_HOST=${DOCKER_HOST:-$endpoint}
else
    say "==> No engine answers: starting a private one"
    private=$work/engine
    scripts/private-engine.sh start "$private"
    DOCKER_HOST=unix://$private/docker.sock
fi
export DOCKER_HOST
DOCKER_CONFIG=$work/docker
AUTOHEAL_DATA_DIR=$work/state
# Whatever else runs on this engine stays out of the demo's sight.
AUTOHEAL_FILTERS_WHITELIST_NAMES="$name-*"
# So that the demo need not wait for what protects real containers from haste.
AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0
AUTOHEAL_RESTART_COOLDOWN_SECONDS=0
AUTOHEAL_RESTART_BACKOFF_ENABLED=false
AUTOHEAL_RESTART_VERIFY_SECONDS=2
# Most of them are sick on purpose: on a real host that would look like a storm, and the brake would heal one at a time.
AUTOHEAL_BRAKE_ENABLED=false
export DOCKER_CONFIG AUTOHEAL_DATA_DIR AUTOHEAL_FILTERS_WHITELIST_NAMES AUTOHEAL_RESTART_EXIT_GRACE_SECONDS \
    AUTOHEAL_RESTART_COOLDOWN_SECONDS AUTOHEAL_RESTART_BACKOFF_ENABLED AUTOHEAL_RESTART_VERIFY_SECONDS AUTOHEAL_BRAKE_ENABLED

say "==> Making an image from busybox"
scripts/private-engine.sh image "$DOCKER_HOST"

await() { # waits until a container's inspect field $2 is $3
    tries=150
    while [ "$(docker inspect -f "$2" "$name-$1" 2>/dev/null || true)" != "$3" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { say "demo: $name-$1 did not become $3" >&2; exit 1; }
        sleep 0.2
    done
}

run() { # NAME [docker run options] -- program
    container=$1
    shift
    docker run -d --name "$name-$container" "$@" >/dev/null
}

say "==> Starting a small population"
check_sick='test ! -e /run/sick'
run healthy --label autoheal=true --health-cmd "$check_sick" --health-interval 1s --health-retries 1 $name sleep 1000
run sick --label autoheal=true --tmpfs /run --stop-timeout 1 --health-cmd "$check_sick" --health-interval 1s --health-retries 1 $name sleep 1000
run crashed --label autoheal=true $name sh -c 'test -e /once && exec sleep 1000; touch /once; exit 3'
run memory --label autoheal=true --memory 16m --memory-swap 16m $name sh -c 'test -e /once && exec sleep 1000; touch /once; exec tail /dev/zero'
run hopeless --label autoheal=true $name sh -c 'exit 1'
run stopped --label autoheal=true --restart unless-stopped --stop-timeout 1 $name sleep 1000
run foreign $name sh -c 'exit 1'

await healthy '{{.State.Health.Status}}' healthy
docker exec "$name-sick" touch /run/sick
docker stop "$name-stopped" >/dev/null
await sick '{{.State.Health.Status}}' unhealthy
for c in crashed memory hopeless stopped foreign; do await "$c" '{{.State.Status}}' exited; done
printf '\n$ docker ps --all\n'
docker ps -a --filter "name=^$name-" --format 'table {{.Names}}\t{{.Status}}'

show ps --all
show run --verbose
await sick '{{.State.Health.Status}}' healthy
printf '\n$ docker ps --all\n'
docker ps -a --filter "name=^$name-" --format 'table {{.Names}}\t{{.Status}}'

show explain $name-sick
show explain $name-stopped

say ""
say "==> One that cannot be helped is given up after three restarts, and left alone until a person says so"
await hopeless '{{.State.Status}}' exited
show run
await hopeless '{{.State.Status}}' exited
show run
await hopeless '{{.State.Status}}' exited
show run
show ps
show unquarantine $name-hopeless
show events
