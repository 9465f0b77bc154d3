#!/bin/sh
# SPDX-License-Identifier: MIT
# Requests, wall time, CPU and memory of a pass and of the metadata call, side by side with curl and other tools.
#   bench.sh BINARY FAKE_ENGINE BENCH ONLY_LIBCURL [--engine] [--runs N] [--peer 'COMMAND']...
#   --engine   measures against a private real engine with 300 running containers too (as root; takes minutes)
#   --peer     another tool, one pass of it; it finds the engine in DOCKER_HOST and the socket's path in SOCKET
set -eu
binary=$(realpath "$1") fake=$(realpath "$2") bench=$(realpath "$3") only=$(realpath "$4")
shift 4
runs=31
engine=''
peers=''
while [ $# -gt 0 ]; do
    case $1 in
        --engine) engine=1 ;;
        --runs) runs=$2; shift ;;
        --peer) peers="$peers${peers:+
}$2"; shift ;;
        *) echo "bench.sh: unknown option '$1'" >&2; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
fake_pid=
cleanup() {
    [ -z "$fake_pid" ] || kill "$fake_pid" 2>/dev/null || true
    [ ! -d "$work/engine" ] || scripts/private-engine.sh stop "$work/engine" || true
    rm -rf "$work"
}
trap cleanup EXIT

# What curl asks is what a pass asks: the list of all containers, at the version that was negotiated.
side_by_side() { # SOCKET DATA_DIR
    set -- "$1" "$2" "$runs" "curl, the same list" curl -s -o /dev/null --unix-socket "$1" "http://d/v1.41/containers/json?all=1" \
        -- "docker autoheal, one pass" env DOCKER_HOST="unix://$1" AUTOHEAL_DATA_DIR="$2" "$binary" run \
        -- "only libcurl, nothing else" "$only"
    socket=$1
    shift 2
    if [ -n "$peers" ]; then
        while IFS= read -r peer; do
            set -- "$@" -- "peer: $(printf '%.20s' "$peer")" env DOCKER_HOST="unix://$socket" SOCKET="$socket" sh -c "$peer"
        done <<LIST
$peers
LIST
    fi
    "$bench" "$@"
}

against_fake() { # N
    dir=$work/fake-$1
    mkdir -p "$dir"
    printf 'api 1.41\npopulation %s health=healthy label=autoheal=true label=com.example.team=platform label=com.example.tier=backend\n' "$1" >"$dir/script"
    "$fake" --socket "$dir/s" --script "$dir/script" --log "$dir/log" >"$dir/out" &
    fake_pid=$!
    until grep -q ready "$dir/out" 2>/dev/null; do kill -0 "$fake_pid"; done
    DOCKER_HOST="unix://$dir/s" AUTOHEAL_DATA_DIR="$dir/data" "$binary" run
    before=$(wc -l <"$dir/log")
    DOCKER_HOST="unix://$dir/s" AUTOHEAL_DATA_DIR="$dir/data" "$binary" run
    after=$(wc -l <"$dir/log")
    printf '\n%s healthy containers, scripted engine: %s requests for a pass\n' "$1" "$((after - before))"
    side_by_side "$dir/s" "$dir/data"
    kill "$fake_pid"
    wait "$fake_pid" 2>/dev/null || true
    fake_pid=
}

against_engine() { # N
    scripts/private-engine.sh start "$work/engine"
    scripts/private-engine.sh image "$work/engine"
    DOCKER_HOST=unix://$work/engine/docker.sock
    export DOCKER_HOST
    i=0
    while [ "$i" -lt "$1" ]; do
        i=$((i + 1))
        docker run -d --name "bench-$i" --label autoheal=true autoheal-demo sleep 100000 >/dev/null
    done
    # A container that has just started is looked at closely: wait until all count as well.
    AUTOHEAL_DATA_DIR=$work/real-data "$binary" check --wait=2m >/dev/null || true
    AUTOHEAL_DATA_DIR=$work/real-data "$binary" run || true
    printf '\n%s running containers, real engine %s\n' "$1" "$(docker version --format '{{.Server.Version}}')"
    side_by_side "$work/engine/docker.sock" "$work/real-data"
}

printf 'medians of %s runs, commands in turn; the binary itself, not the docker command\n' "$runs"
printf '\nmetadata call, as docker makes it before every command\n'
"$bench" "$runs" "only libcurl, nothing else" "$only" -- "docker-cli-plugin-metadata" "$binary" docker-cli-plugin-metadata
for n in 10 300 1000; do against_fake "$n"; done
[ -z "$engine" ] || against_engine 300
printf '\nsize, stripped: '
strip -o "$work/stripped" "$binary"
wc -c <"$work/stripped" | tr '\n' ' '
printf 'bytes\n'
