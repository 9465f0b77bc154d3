#!/bin/sh
# SPDX-License-Identifier: MIT
# The image, built by the Dockerfile as it stands, on a real engine; and the Compose and Swarm files of docs/.
#
#   tests/image/test_image.sh    from the root of the repository, as root
#
# The base image is made here by debootstrap, from where this machine's own packages come. The engine builds with the machine's network.
# Then it goes on in a network namespace of its own, where ports and bridges are nobody else's.
# It reports in cmocka's words, so that tests/run-tests.sh counts each case.
set -u

work=$(mktemp -d)
engine=$work/engine
DOCKER_HOST=unix://$engine/docker.sock
DOCKER_SOCKET=$engine/docker.sock
export DOCKER_HOST DOCKER_SOCKET
unset DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
DOCKER_CONFIG=$work/config
export DOCKER_CONFIG
owner=4321 group=4322
proxy=

finish() {
    [ -z "$proxy" ] || kill "$proxy"
    scripts/private-engine.sh stop "$engine"
    umount "$work/base" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

# ---- the base image, and ours from it ----

# Where apt gets this release from; nothing if it does not know: debootstrap has a place of its own.
mirror() {
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' |
        sed -n 's/^bookworm main //p' | head -n 1
}

# In memory, and with what Debian's own image says to dpkg: nobody needs it after a power failure.
make_base() {
    from=$(mirror)
    mkdir "$work/base" &&
        mount -t tmpfs tmpfs "$work/base" &&
        debootstrap --variant=minbase bookworm "$work/base" ${from:+"$from"} >"$work/log" 2>&1 &&
        echo force-unsafe-io >"$work/base/etc/dpkg/dpkg.cfg.d/docker-apt-speedup" &&
        tar -C "$work/base" -c . | docker import - debian:bookworm-slim >/dev/null &&
        umount "$work/base"
}

prepare() {
    scripts/private-engine.sh start "$engine" &&
        scripts/private-engine.sh image "$engine" &&
        make_base &&
        DOCKER_BUILDKIT=0 docker build --network host ${http_proxy:+--build-arg "http_proxy=$http_proxy"} -t docker-autoheal . >"$work/log" 2>&1 &&
        scripts/private-engine.sh halt "$engine" &&
        unshare --net sh -c "ip link set lo up && ip address add 10.99.0.1/24 dev lo && exec scripts/private-engine.sh start '$engine'"
}
prepare || {
    tail -n 40 "$work/log"
    echo "there is no image to test"
    exit 1
}

# ---- checks ----

problem() {
    echo "$case: $*"
    bad=1
}
same() { [ "$1" = "$2" ] || problem "'$1' instead of '$2'"; }
holds() { grep -qF -- "$2" "$1" || { problem "no '$2' in $1:"; cat "$1"; }; }
lacks() { ! grep -qF -- "$2" "$1" || { problem "'$2' in $1:"; cat "$1"; }; }
await() { # TENTHS_OF_A_SECOND COMMAND...
    tries=$1
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
inside() { nsenter --net="/proc/$(cat "$engine/dockerd.pid")/ns/net" "$@"; }
inspect() { docker inspect -f "$2" "$1"; }
is() { [ "$(inspect "$1" "$2" 2>/dev/null)" = "$3" ]; }
autoheal() { docker exec agent docker-autoheal "$@"; }
logs() { docker logs agent >"$work/logs" 2>&1; }
status_of() { inside curl -s -o "$work/body" -w '%{http_code}' "$@"; }

# Read-only, without a network and with no more rights than docs/compose.yml gives it. Probed each second.
agent() { # DATA ARGUMENT_OF_RUN...
    data=$1
    shift
    docker run -d --name agent --read-only --cap-drop ALL --cap-add SETUID --cap-add SETGID --security-opt no-new-privileges \
        --health-interval 1s -e AUTOHEAL_BRAKE_ENABLED=false -e AUTOHEAL_RESTART_COOLDOWN_SECONDS=0 \
        -e AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0 \
        -v "$DOCKER_SOCKET:/var/run/docker.sock" -v "$data:/data" "$@" docker-autoheal >/dev/null || problem "it did not start"
    await 300 is agent '{{.State.Health.Status}}' healthy || {
        problem "it does not become healthy: $(inspect agent '{{json .State}}')"
        docker logs agent
    }
}
alone() { agent "$@" --network none; }

patient() { # NAME ARGUMENT_OF_RUN...: healthy until it is told to be sick
    name=$1
    shift
    docker run -d --name "$name" --network none --label autoheal=true --tmpfs /run --health-cmd 'test ! -e /run/sick' --health-interval 1s \
        --health-retries 1 "$@" autoheal-demo sh -c 'trap "exit 0" TERM; sleep 1000 & wait' >/dev/null
    await 300 is "$name" '{{.State.Health.Status}}' healthy || problem "$name is not healthy"
}
sicken() { docker exec "$1" touch /run/sick; }
started() { inspect "$1" '{{.State.StartedAt}}'; }
was_restarted() { [ "$(started "$1")" != "$2" ] && is "$1" '{{.State.Status}}' running; }
heals() { # NAME
    before=$(started "$1")
    sicken "$1"
    await 600 was_restarted "$1" "$before" || {
        problem "$1 was not restarted"
        docker logs agent
    }
}
remove_all() {
    ids=$(docker ps -aq)
    # shellcheck disable=SC2086 # a list
    [ -z "$ids" ] || docker rm -f $ids >/dev/null
    docker volume prune -f >/dev/null
}

# ---- what is in it ----

test_what_is_in_it() {
    size=$(inspect docker-autoheal '{{.Size}}')
    [ "$size" -lt 30000000 ] || problem "it has $size bytes"
    docker create --name content docker-autoheal >/dev/null
    docker export content | tar -t >"$work/content"
    docker cp content:/etc/passwd - | tar -xO >"$work/passwd"
    lacks "$work/content" bin/sh
    lacks "$work/content" bin/apt
    holds "$work/content" etc/ssl/certs/ca-certificates.crt
    holds "$work/content" var/lib/dpkg/status.d/libcurl4
    holds "$work/content" usr/share/zoneinfo/Europe/Berlin
    for package in docker-autoheal libc6 libcurl4 libssl3 tzdata; do
        holds "$work/content" "usr/share/doc/$package/copyright"
    done
    same "$(cat "$work/passwd")" 'root:x:0:0:root:/:/'
    same "$(inspect docker-autoheal '{{index .Config.Labels "org.opencontainers.image.version"}}')" \
        "$(docker run --rm --network none docker-autoheal version | sed -n 's/^docker-autoheal version \([^ ]*\).*/\1/p')"
    same "$(inspect docker-autoheal '{{json .Config.Healthcheck.Test}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}')" \
        '["CMD","docker-autoheal","ping"] ["docker-autoheal"] ["serve"]'
}

# ---- at work ----

test_heals() {
    alone data
    patient sick
    docker run -d --name crashed --network none --label autoheal=true autoheal-demo sh -c 'test -e /once && exec sleep 1000; touch /once; exit 3' >/dev/null
    heals sick
    await 300 is crashed '{{.State.Status}}' running || problem 'the crashed one was not started'
    same "$(autoheal ping)" healthy
    autoheal doctor >"$work/out"
    holds "$work/out" '0 problems'
    logs
    holds "$work/logs" "stays root: the data directory '/data' belongs to root"
}

test_never_itself() {
    # Its own label would let it, and its probe, for which there is no shell, fails.
    docker run -d --name agent --read-only --network none --label autoheal=true --health-cmd 'exit 0' --health-interval 1s \
        --health-start-period 1ms \
        -e AUTOHEAL_MONITOR_INCLUDE_ALL=true -e AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0 -v "$DOCKER_SOCKET:/var/run/docker.sock" \
        docker-autoheal >/dev/null
    await 300 is agent '{{.State.Health.Status}}' unhealthy || problem 'it is not unhealthy'
    at=$(started agent)
    patient sick
    heals sick
    same "$(started agent)" "$at"
    autoheal ps --all >"$work/out"
    grep -q '^[0-9a-f]* *agent .*self' "$work/out" || problem "it does not know itself: $(cat "$work/out")"
}

test_ends_when_told() {
    alone data
    # What does not end within these two seconds is killed: 137.
    docker stop -t 2 agent >/dev/null
    same "$(inspect agent '{{.State.ExitCode}}')" 0
    logs
    holds "$work/logs" 'serve - INFO - ended'
}

test_data_survives() {
    alone data
    patient sick
    heals sick
    autoheal quarantine sick >/dev/null || problem 'no quarantine'
    token=$(docker cp agent:/data/api_token - | tar -xO)
    docker rm -f agent >/dev/null
    alone data
    autoheal events --type restart --format '{{.Container}}' >"$work/out" 2>&1
    holds "$work/out" sick
    autoheal ps --format '{{.Name}} {{.Quarantined}}' >"$work/out"
    holds "$work/out" 'sick true'
    same "$(docker cp agent:/data/api_token - | tar -xO)" "$token"
}

# ---- as whom ----

owned_by() { # UID GROUP_OF_SOCKET
    rm -rf "$work/data"
    mkdir -m 700 "$work/data"
    chown "$1" "$work/data"
    chgrp "$2" "$DOCKER_SOCKET"
}
ids() { sed -n "s/^$1:[[:blank:]]*//p" "/proc/$(inspect agent '{{.State.Pid}}')/status" | tr '\t' ' ' | sed 's/ *$//'; }

test_gives_root_up() {
    owned_by $owner $group
    alone "$work/data"
    same "$(ids Uid)" "$owner $owner $owner $owner"
    same "$(ids Gid)" "$group $group $group $group"
    same "$(ids Groups)" "$group"
    same "$(ids CapPrm)" 0000000000000000
    logs
    holds "$work/logs" "runs as uid $owner with group $group"
    patient sick
    heals sick
    # Commands of a person come as root.
    autoheal quarantine sick >/dev/null || problem 'no quarantine'
    same "$(find "$work/data" ! -user $owner)" ''
    chgrp 0 "$DOCKER_SOCKET"
}

test_user_is_honoured() {
    owned_by $owner $group
    alone "$work/data" --user "$owner:$group"
    logs
    lacks "$work/logs" root
    patient sick
    heals sick
    chgrp 0 "$DOCKER_SOCKET"
}

test_stays_root_and_says_why() {
    owned_by $owner 0
    docker run --network none -v "$DOCKER_SOCKET:/var/run/docker.sock" -v "$work/data:/data" docker-autoheal >"$work/out" 2>&1
    same $? 78
    holds "$work/out" "stays root: the engine's socket '/var/run/docker.sock' belongs to root's group"
    holds "$work/out" "chown 0 /data"
}

# ---- Compose, Swarm, socket proxy ----

test_compose() {
    docker-compose -p healer -f docs/compose.yml up -d >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    agent=healer_autoheal_1
    await 100 inside curl -sf -o /dev/null http://127.0.0.1:8080/health || problem 'nothing answers at port 8080'
    same "$(inspect $agent '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}')" 'true [ALL]'
    same "$(status_of http://127.0.0.1:8080/api/status)" 401
    # Where the log says that it is.
    docker logs $agent 2>&1 | sed -n 's/.* the token of the API is in //p' >"$work/place"
    token=$(docker cp "$agent:$(cat "$work/place")" - | tar -xO)
    same "$(status_of -H "Authorization: Bearer $token" http://127.0.0.1:8080/api/status)" 200
    holds "$work/body" '"docker_connected":true'
    same "$(status_of http://127.0.0.1:9090/metrics)" 200
    holds "$work/body" 'autoheal_engine_up 1'
    docker exec $agent docker-autoheal ping >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    docker-compose -p healer -f docs/compose.yml down -v >"$work/out" 2>&1 || problem "$(cat "$work/out")"
}

# The file is for another tool; nothing but the image's name is changed.
test_compose_of_another_tool() {
    sed 's,willfarrell/autoheal:latest,docker-autoheal,' tests/image/another-tool.yml >"$work/compose.yml"
    same "$(diff tests/image/another-tool.yml "$work/compose.yml" | grep -c '^>')" 1
    docker-compose -p moved -f "$work/compose.yml" up -d >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    agent=moved_autoheal_1 ended='' after=''
    await 300 is $agent '{{.State.Health.Status}}' healthy || problem "it does not become healthy: $(docker logs $agent 2>&1)"
    for job in finished failed; do
        await 100 is "moved_${job}_1" '{{.State.Status}}' exited || problem "$job has not ended"
        ended="$ended $(inspect "moved_${job}_1" '{{.State.StartedAt}} {{.State.FinishedAt}}')"
    done
    await 300 is moved_web_1 '{{.State.Health.Status}}' healthy || problem 'web is not healthy'
    before=$(started moved_web_1)
    sicken moved_web_1
    await 600 was_restarted moved_web_1 "$before" || problem "web was not restarted: $(docker logs $agent 2>&1)"
    docker exec $agent docker-autoheal explain moved_failed_1 >"$work/out" 2>&1
    holds "$work/out" 'mode health does not heal what is exited'
    for job in finished failed; do
        after="$after $(inspect "moved_${job}_1" '{{.State.StartedAt}} {{.State.FinishedAt}}')"
    done
    same "$after" "$ended"
    docker logs $agent >"$work/logs" 2>&1
    holds "$work/logs" 'AUTOHEAL_CONTAINER_LABEL: it chooses the containers, and only unhealthy ones are restarted'
    docker exec $agent docker-autoheal config show monitor.interval_seconds restart.stop_timeout_seconds --format '{{.Key}} {{.Value}}' >"$work/out"
    holds "$work/out" 'monitor.interval_seconds 2'
    holds "$work/out" 'restart.stop_timeout_seconds 1'
    docker-compose -p moved -f "$work/compose.yml" down -v >"$work/out" 2>&1 || problem "$(cat "$work/out")"
}

test_knows_time_zones() {
    printf '{"maintenance":{"windows":[{"from":"00:00","to":"24:00"}]}}' >"$work/config.json"
    for zone in Europe/Berlin Mars/Olympus Europe ../../../etc/passwd; do
        docker run --rm --network none -e "TZ=$zone" -v "$work/config.json:/data/config.json:ro" -v "$DOCKER_SOCKET:/var/run/docker.sock" \
            docker-autoheal doctor >"$work/out" 2>&1
        [ $zone != Europe/Berlin ] || lacks "$work/out" 'which is not known here'
        [ $zone = Europe/Berlin ] || holds "$work/out" "TZ is '$zone', which is not known here"
    done
}

has_none() { [ -z "$(docker ps -aq)" ]; }
test_swarm() {
    docker swarm init --advertise-addr 127.0.0.1 >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    docker stack deploy -c docs/swarm.yml healer >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    await 100 inside curl -sf -o /dev/null http://127.0.0.1:8080/health || problem "no agent: $(docker service ps --no-trunc healer_agent)"
    same "$(docker service ls --format '{{.Name}} {{.Mode}}')" 'healer_agent global'
    same "$(status_of http://127.0.0.1:8080/api/status)" 200
    # On the node's loopback, and nowhere else.
    same "$(status_of http://10.99.0.1:8080/api/status)" 000
    docker exec "$(docker ps -q)" docker-autoheal ping >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    docker stack rm healer >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    await 300 has_none || problem 'the agent stays'
    docker swarm leave --force >/dev/null || problem 'still in the swarm'
}

# The variables are those of the file; what they let through, a small proxy knows.
test_socket_proxy() {
    docker-compose -f docs/compose-socket-proxy.yml config >"$work/config.yml" || problem 'not a Compose file'
    variables=$(sed -n 's/^ *\(ALLOW_[A-Z]*\|CONTAINERS\|EVENTS\|INFO\|PING\|POST\|VERSION\): *.\{0,1\}\([01]\).\{0,1\}$/\1=\2/p' "$work/config.yml")
    # shellcheck disable=SC2086 # a list
    env $variables nsenter --net="/proc/$(cat "$engine/dockerd.pid")/ns/net" tests/image/allow_proxy.py 2375 "$DOCKER_SOCKET" "$work/refused" &
    proxy=$!
    await 100 inside curl -sf -o /dev/null http://127.0.0.1:2375/_ping || problem 'the proxy does not answer'
    agent data --network host -e DOCKER_HOST=tcp://127.0.0.1:2375
    patient sick
    patient sentenced --label autoheal.action=stop
    docker run -d --name crashed --network none --label autoheal=true autoheal-demo sh -c 'test -e /once && exec sleep 1000; touch /once; exit 3' >/dev/null
    heals sick
    await 300 is crashed '{{.State.Status}}' running || problem 'the crashed one was not started'
    sicken sentenced
    await 300 is sentenced '{{.State.Status}}' exited || problem 'the one to be stopped was not'
    autoheal doctor >"$work/out"
    holds "$work/out" 'everything that a pass asks for is let through'
    same "$(cat "$work/refused")" ''
    same "$(status_of -X POST http://127.0.0.1:2375/v1.41/containers/create)" 403
    kill $proxy
    wait $proxy 2>/dev/null
    proxy=
}

# ---- all of them ----

passed=0 failed=0
# shellcheck disable=SC2013 # names without blanks
for case in $(sed -n 's/^\(test_[a-z_]*\)() {$/\1/p' "$0"); do
    bad=
    "$case"
    remove_all
    if [ -z "$bad" ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "[  FAILED  ] $case"; fi
done
echo "[  PASSED  ] $passed test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s), listed above"
[ $failed -eq 0 ]
