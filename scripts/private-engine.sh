#!/bin/sh
# SPDX-License-Identifier: MIT
# A Docker Engine of one's own, for the demo and the tests: own socket, own directories, no network, nothing shared.
#
#   private-engine.sh start DIR   starts it in DIR (made if missing, else with the containers that are there); its socket
#                                 is DIR/docker.sock. What follows DIR is handed to dockerd: another --host, certificates
#   private-engine.sh image DIR   imports an image named autoheal-demo:latest made from busybox (DIR may also be an
#                                 endpoint like unix:///run/docker.sock: then into that engine)
#   private-engine.sh halt DIR    ends it as an upgrade does: it stops its containers; `start` starts it again
#   private-engine.sh crash DIR   kills it; its containers live on
#   private-engine.sh cut DIR     kills it, its helpers and its containers, as a power failure does
#   private-engine.sh stop DIR    removes its containers, ends it by its own pid, removes DIR
set -eu

say() { printf '%s\n' "$*" >&2; }
die() { say "private-engine: $*"; exit 1; }

[ $# -eq 2 ] || { [ $# -gt 2 ] && [ "$1" = start ]; } ||
    die "usage: private-engine.sh start|image|halt|crash|cut|stop DIR [DOCKERD-OPTION...]"
action=$1
case $2 in
    /*) dir=$2 endpoint=unix://$2/docker.sock ;;
    *://*) dir='' endpoint=$2 ;;
    *) dir=$(pwd)/$2 endpoint=unix://$(pwd)/$2/docker.sock ;;
esac
shift 2
pidfile=$dir/dockerd.pid

engine() { env -u DOCKER_CONTEXT -u DOCKER_TLS -u DOCKER_TLS_VERIFY DOCKER_HOST="$endpoint" docker "$@"; }
answers() { engine version >/dev/null 2>&1; }

# Waits until "$@" succeeds, at most $1 tenths of a second.
await() {
    tries=$1
    shift
    while ! "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

start() {
    [ "$(id -u)" -eq 0 ] || die "an engine can only be started by root"
    command -v dockerd >/dev/null 2>&1 || die "dockerd is not installed (Debian's package is docker.io)"
    mkdir -p "$dir"
    chmod 700 "$dir"
    # Without bridge and iptables nothing outside DIR changes; none of the containers needs a network.
    dockerd --host "$endpoint" --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$pidfile" \
        --bridge=none --iptables=false --ip-masq=false --log-level warn "$@" >"$dir/dockerd.log" 2>&1 </dev/null &
    if ! await 300 answers; then
        tail -n 20 "$dir/dockerd.log" >&2
        die "the engine did not come up (log above)"
    fi
}

# The same applets under their own names, so that `sleep` and `sh` are what they say.
image() {
    busybox=$(command -v busybox || true)
    [ -n "$busybox" ] || die "busybox is not installed (Debian's package is busybox-static)"
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    mkdir -p "$root/bin" "$root/tmp"
    cp -L "$busybox" "$root/bin/busybox"
    for applet in sh sleep cat touch rm test echo tail head true false printf kill trap wget nc httpd yes dd; do
        ln -s busybox "$root/bin/$applet"
    done
    tar -C "$root" -c . | engine import - autoheal-demo:latest >/dev/null
}

# Its own processes are those that name its directory: the engine, its containerd, and one shim for each container.
helpers() {
    for proc in /proc/[0-9]*; do
        case $({ tr '\0' ' ' <"$proc/cmdline"; } 2>/dev/null) in
            *containerd*"$dir/exec/"*) echo "${proc#/proc/}" ;;
        esac
    done
}

# The children of its helpers are the containers' main processes.
children() {
    for parent in "$@"; do
        cat "/proc/$parent/task/$parent/children" 2>/dev/null || true
    done
}

kill_all() {
    [ $# -eq 0 ] || kill -9 "$@" 2>/dev/null || true
    for pid in "$@"; do
        await 50 gone "$pid" || die "process $pid does not end"
    done
}

halt() {
    [ -s "$pidfile" ] || return 0
    pid=$(cat "$pidfile")
    kill "$pid" 2>/dev/null || true
    await 300 gone "$pid" || kill_all "$pid"
}

crash() {
    kill_all "$(cat "$pidfile")"
}

cut() {
    [ ! -s "$pidfile" ] || crash
    pids=$(helpers)
    # shellcheck disable=SC2046,SC2086 # lists of pids
    kill_all $pids $(children $pids)
}

stop() {
    if answers; then
        ids=$(engine ps -aq)
        # shellcheck disable=SC2086 # a list of ids
        [ -z "$ids" ] || engine rm -f $ids >/dev/null 2>&1 || true
        halt
    fi
    cut
    # What a killed engine leaves mounted below DIR.
    awk -v dir="$dir/" 'index($2, dir) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do
        umount -l "$mount" 2>/dev/null || true
    done
    rm -rf "$dir"
}

[ -n "$dir" ] || [ "$action" = image ] || die "'$action' needs a directory"
case $action in
    start) start "$@" ;;
    image) image ;;
    halt) halt ;;
    crash) crash ;;
    cut) cut ;;
    stop) stop ;;
    *) die "unknown action '$action'" ;;
esac
