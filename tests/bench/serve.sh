#!/bin/sh
# SPDX-License-Identifier: MIT
# What `serve` needs and how fast it is, each figure beside its target. docs/testing.md says what is measured.
#   serve.sh BINARY FAKE_ENGINE LOAD [--idle SECONDS] [--turns N] [--requests N] [--only PART] [--engine]
#   --idle     how long it is watched while nothing happens (60)
#   --turns, --requests   how many are made before memory is looked at again (10000 each)
#   --only     needs, answers, reacts or reacts-to-engine: that part alone
#   --engine   how fast it reacts on a private real engine too (as root; some minutes)
set -eu
binary=$(realpath "$1") fake=$(realpath "$2") load=$(realpath "$3")
shift 3
idle=60 turns=10000 requests=10000 parts='needs answers reacts'
while [ $# -gt 0 ]; do
    case $1 in
        --idle) idle=$2; shift ;;
        --turns) turns=$2; shift ;;
        --requests) requests=$2; shift ;;
        --only) parts=$2; shift ;;
        --engine) parts="$parts reacts-to-engine" ;;
        *) echo "serve.sh: unknown option '$1'" >&2; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
fake_pid='' serve_pid='' events_pid='' missed=0
port=$((20000 + $$ % 10000))
token=bench-token-0123456789abcdef
last_cpu=$(($(nproc) - 1))

end_process() { # PID or nothing
    if [ -n "$1" ] && kill "$1"; then wait "$1" || true; fi
} 2>/dev/null
stop_serve() {
    end_process "$serve_pid"
    serve_pid=''
}
stop_fake() {
    end_process "$fake_pid"
    fake_pid=''
}
cleanup() {
    stop_watching
    stop_serve
    stop_fake
    [ ! -d "$work/engine" ] || scripts/private-engine.sh stop "$work/engine" || true
    rm -rf "$work"
}
trap cleanup EXIT

# ---- An engine, a service, and what is asked of them ----

start_fake() { # DIRECTORY 'SCRIPT LINE'
    mkdir -p "$work/$1"
    socket=$work/$1/s
    echo "$2" >"$work/$1/script"
    "$fake" --socket "$socket" --script "$work/$1/script" >"$work/$1/out" &
    fake_pid=$!
    until grep -q ready "$work/$1/out" 2>/dev/null; do kill -0 "$fake_pid"; done
}

tell_fake() { curl -sf --unix-socket "$socket" --data-binary @- http://fake/_fake/script >/dev/null; }
ask_engine() { curl -s --unix-socket "$socket" "$@"; }

# $1 names its data directory. One CPU is its own, where there are several: the clients take the last one.
start_serve() {
    env -u DOCKER_CONTEXT DOCKER_HOST="unix://$socket" AUTOHEAL_DATA_DIR="$work/$1" AUTOHEAL_API_TOKEN="$token" \
        AUTOHEAL_UI_LISTEN_PORT="$port" AUTOHEAL_OBSERVABILITY_METRICS_PORT="$((port + 1))" AUTOHEAL_BRAKE_ENABLED=false \
        AUTOHEAL_RESTART_COOLDOWN_SECONDS=0 AUTOHEAL_RESTART_BACKOFF_ENABLED=false AUTOHEAL_RESTART_MAX_RESTARTS=100000 \
        taskset -c 0 "$binary" serve >"$work/serve.out" 2>&1 &
    serve_pid=$!
    await 300 answers
}

answers() {
    kill -0 "$serve_pid" 2>/dev/null || { cat "$work/serve.out" >&2; exit 1; }
    curl -sf "http://127.0.0.1:$port/ready" >/dev/null
}

await() { # TENTHS CONDITION...
    left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "serve.sh: in vain: $*" >&2; exit 1; }
        sleep 0.1
    done
}

monitors() { curl -s "http://127.0.0.1:$port/api/status" | grep -q "\"monitored_containers\":$1,"; }

# Prints requests a second, and the median and longest answer in ms.
ask() { # REQUESTS CONNECTIONS METHOD PATH
    taskset -c "$last_cpu" "$load" "$port" "$@" "Authorization: Bearer $token"
}

# ---- What it needs ----

memory() { awk -v what="$1:" '$1 == what {print $2}' "/proc/$serve_pid/smaps_rollup"; } # KiB
descriptors() { find "/proc/$serve_pid/fd" -type l | wc -l; }
cpu_ms() { awk '{printf "%.3f\n", $1 / 1e6}' "/proc/$serve_pid/schedstat"; }
# Until the next turn it keeps what it answered last, which may be the list of a thousand.
settle() {
    ask 1 1 POST /api/pass >/dev/null
    sleep 2
}

# ---- Figures ----

figure() { # TEXT VALUE '<=' or '>=' TARGET UNIT
    verdict=$(awk -v value="$2" -v how="$3" -v target="$4" 'BEGIN {print (how == "<=" ? value <= target : value >= target) ? "" : "   MISSED"}')
    [ -z "$verdict" ] || missed=$((missed + 1))
    printf '  %-66s %10s %-5s (%s %s)%s\n' "$1" "$2" "$5" "$3" "$4" "$verdict"
}

minus() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f\n", a - b}'; }

containers() { # FIRST LAST
    awk -v i="$1" -v last="$2" 'BEGIN {for (; i <= last; i++) {
        printf "container guest-%d health=healthy label=autoheal=true label=com.example.team=platform\n", i
        printf "event create guest-%d\nevent start guest-%d\n", i, i}}'
}

what_stays() { # TEXT
    settle
    figure "private dirty beyond what it was, $1" "$(($(memory Private_Dirty) - dirty))" '<=' 1024 KiB
    figure "descriptors beyond what they were, $1" "$(($(descriptors) - open))" '<=' 0 ''
}

needs() {
    printf '\nserve, 100 healthy containers, scripted engine\n'
    start_fake idle 'population 100 healthy label=autoheal=true label=com.example.team=platform'
    start_serve idle-data
    await 300 monitors 100
    settle
    dirty=$(memory Private_Dirty)
    open=$(descriptors)
    figure 'private dirty' "$dirty" '<=' 3072 KiB
    figure 'resident' "$(memory Rss)" '<=' 12288 KiB
    cpu=$(cpu_ms)
    sleep "$idle"
    figure "CPU of a minute ($idle s were watched)" "$(minus "$(cpu_ms)" "$cpu" | awk -v s="$idle" '{printf "%.1f", $1 * 60 / s}')" '<=' 50 ms

    containers 1 1000 | tell_fake
    await 600 monitors 1100
    ask 20 1 GET /api/containers >/dev/null
    echo 'remove guest-*' | tell_fake
    ask 1 1 POST /api/pass >/dev/null
    await 600 monitors 100
    what_stays 'after 1,000 containers came and went'
    ask "$turns" 1 POST /api/pass >/dev/null
    what_stays "and after $turns turns"
    for path in /api/status /api/containers /api/events /metrics /health; do
        ask "$((requests / 5))" 4 GET "$path" >/dev/null
    done
    what_stays "and after $requests requests"
    stop_serve
    stop_fake
}

answers_fast() {
    printf '\nthe API, keep-alive, serve on one CPU\n'
    start_fake api 'population 1000 healthy label=autoheal=true label=com.example.team=platform'
    start_serve api-data
    await 300 monitors 1000
    ask 50000 8 GET /api/status >"$work/status"
    figure 'GET /api/status a second, 8 connections, 1,000 containers' "$(cut -d' ' -f1 "$work/status")" '>=' 10000 ''
    ask 200 1 GET /api/containers >"$work/list"
    figure 'GET /api/containers, 1,000 containers, median' "$(cut -d' ' -f2 "$work/list")" '<=' 10 ms
    stop_serve
    stop_fake
}

# The engine keeps 256 events, and health probes make dozens a second: they are taken as they come.
watch_events() {
    ask_engine -N "http://d/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D" >"$work/events" &
    events_pid=$!
}
stop_watching() {
    end_process "$events_pid"
    events_pid=''
}

# By the engine's own clock: from each event "unhealthy" to the first signal and to the event "restart".
reactions() { # SINCE, then lines "NAME BEGUN DONE" in ms
    awk -v since="$1" '
        function field(key) { return match($0, "\"" key "\":\"?[^\",}]*") ? substr($0, RSTART, RLENGTH) : "" }
        function value(key,  text) { text = field(key); sub(/^[^:]*:"?/, "", text); return text }
        {
            name = value("name"); action = value("Action"); at = value("timeNano") / 1e6
            if (at < since * 1000) next
            if (action == "health_status: unhealthy") { sick[name] = at; begun[name] = 0 }
            if (action == "kill" && name in sick && !begun[name]) begun[name] = at
            if (action == "restart" && name in sick) {
                printf "%s %.3f %.3f\n", name, begun[name] - sick[name], at - sick[name]
                delete sick[name]
            }
        }' "$work/events"
}

nth() { sort -n | sed -n "${1}p"; }

has_restarted() { # NAME TIMES
    [ "$(curl -s "http://127.0.0.1:$port/api/events?limit=0&type=restart&container=$1" | grep -o '"event_type":"restart"' | wc -l)" -ge "$2" ]
}

react_alone() { # SINCE TITLE
    reactions "$1" | cut -d' ' -f2 >"$work/alone"
    figure "$2: unhealthy to restart, median of $(wc -l <"$work/alone")" "$(nth "$((($(wc -l <"$work/alone") + 1) / 2))" <"$work/alone")" '<=' 20 ms
    printf '  %-66s %10s ms\n' '  the longest' "$(sort -n "$work/alone" | tail -n 1)"
}

# Ten curl at once, a restart each; prints how long all took, in ms.
ten_curls() {
    began=$(date +%s%N)
    pids=''
    for i in 1 2 3 4 5 6 7 8 9 10; do
        ask_engine -o /dev/null -X POST "http://d/v1.41/containers/slow-$i/restart" &
        pids="$pids $!"
    done
    # shellcheck disable=SC2086 # a list of pids
    wait $pids
    echo $((($(date +%s%N) - began) / 1000000))
}

react_together() { # SINCE CURLS TITLE
    reactions "$1" | grep '^slow-' >"$work/together"
    slowest=$(grep -v '^slow-11 ' "$work/together" | cut -d' ' -f3 | sort -n | tail -n 1)
    figure "$3: ten together, 5 s to stop each: beside ten curl ($2 ms)" "$(awk -v a="$slowest" -v b="$2" 'BEGIN {printf "%.2f", a / b}')" '<=' 1.3 x
    figure "$3: an 11th meanwhile, beside the same" "$(awk -v b="$2" '$1 == "slow-11" {printf "%.2f", $3 / b}' "$work/together")" '<=' 1.3 x
}

reacts_to_fake() {
    printf '\nreactions, scripted engine, 100 containers\n'
    start_fake react 'population 100 healthy label=autoheal=true'
    echo 'on-restart member-0007 health=healthy' | tell_fake
    for i in 1 2 3 4 5 6 7 8 9 10 11; do
        printf 'container slow-%s health=healthy label=autoheal=true\non-restart slow-%s health=healthy\n' "$i" "$i"
        echo "fault restart delay=5000 container=slow-$i"
    done | tell_fake
    curls=$(ten_curls)
    start_serve react-data
    await 300 monitors 111
    watch_events
    since=$(date +%s)
    i=0
    while [ "$i" -lt 20 ]; do
        i=$((i + 1))
        # What followed from the one before is over.
        sleep 0.3
        printf 'container member-0007 health=unhealthy\nevent "health_status: unhealthy" member-0007\n' | tell_fake
        await 100 has_restarted member-0007 "$i"
    done
    react_alone "$since" 'scripted engine'
    since=$(date +%s)
    for i in 1 2 3 4 5 6 7 8 9 10; do printf 'container slow-%s health=unhealthy\nevent "health_status: unhealthy" slow-%s\n' "$i" "$i"; done | tell_fake
    sleep 1
    printf 'container slow-11 health=unhealthy\nevent "health_status: unhealthy" slow-11\n' | tell_fake
    for i in 1 2 3 4 5 6 7 8 9 10 11; do await 300 has_restarted "slow-$i" 1; done
    react_together "$since" "$curls" 'scripted engine'
    stop_watching
    stop_serve
    stop_fake
}

# A container is well while its file is there.
run_container() { # NAME OPTION...
    name=$1
    shift
    : >"$work/share/$name"
    docker run -d --name "$name" --label autoheal=true --health-cmd "test -e /share/$name" --health-interval 1s --health-retries 1 \
        -v "$work/share:/share" "$@" autoheal-demo sleep 100000 >/dev/null
}

is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]; }

reacts_to_engine() {
    scripts/private-engine.sh start "$work/engine"
    scripts/private-engine.sh image "$work/engine"
    socket=$work/engine/docker.sock
    DOCKER_HOST=unix://$socket
    export DOCKER_HOST
    mkdir -p "$work/share"
    printf '\nreactions, real engine %s\n' "$(docker version --format '{{.Server.Version}}')"
    run_container quick --stop-signal KILL
    for i in 1 2 3 4 5 6 7 8 9 10 11; do run_container "slow-$i" --stop-timeout 5; done
    curls=$(ten_curls)
    for i in 1 2 3 4 5 6 7 8 9 10 11; do await 300 is_healthy "slow-$i"; done
    start_serve engine-data
    await 300 monitors 12
    watch_events
    since=$(date +%s)
    i=0
    while [ "$i" -lt 20 ]; do
        i=$((i + 1))
        await 300 is_healthy quick
        rm "$work/share/quick"
        await 300 has_restarted quick "$i"
        : >"$work/share/quick"
    done
    react_alone "$since" 'real engine'
    since=$(date +%s)
    for i in 1 2 3 4 5 6 7 8 9 10; do rm "$work/share/slow-$i"; done
    sleep 2
    rm "$work/share/slow-11"
    for i in 1 2 3 4 5 6 7 8 9 10 11; do await 600 has_restarted "slow-$i" 1; done
    react_together "$since" "$curls" 'real engine'
    stop_watching
    stop_serve
}

printf 'serve: figures and their targets; load of this machine: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
for part in $parts; do
    case $part in
        needs) needs ;;
        answers) answers_fast ;;
        reacts) reacts_to_fake ;;
        reacts-to-engine) reacts_to_engine ;;
        *) echo "serve.sh: unknown part '$part'" >&2; exit 2 ;;
    esac
done
printf '\n%s missed; load of this machine: %s\n' "$missed" "$(cut -d' ' -f1-3 /proc/loadavg)"
