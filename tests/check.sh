#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check`: every stage, even if an earlier one failed, and "N passed, N failed" as the last line.
set -u
cd "$(dirname "$0")/.." || exit 1

MAKE=${MAKE:-make}
jobs=$(nproc 2>/dev/null || echo 2)
COUNTS=$(pwd)/build/check.counts
export COUNTS
mkdir -p build
: >"$COUNTS"

# A stage without cmocka programs of its own counts as one test.
stage() {
    title=$1
    shift
    printf '\n== %s\n' "$title"
    began=$(date +%s)
    before=$(wc -l <"$COUNTS")
    if "$@"; then
        [ "$(wc -l <"$COUNTS")" -gt "$before" ] || echo "1 0" >>"$COUNTS"
    else
        echo "FAILED STAGE: $title"
        [ "$(wc -l <"$COUNTS")" -gt "$before" ] || echo "0 1" >>"$COUNTS"
        bad_stages=$((bad_stages + 1))
    fi
    echo "($(($(date +%s) - began)) s)"
}

# Most tests wait for an engine or a time: two at once take little more than one. Those that kill at random points run alone.
bad_stages=0
JOBS=$jobs
export JOBS
stage "build with gcc, warnings are errors" "$MAKE" -s -j"$jobs" DEV=1 all
stage "build with clang, warnings are errors" "$MAKE" -s -j"$jobs" DEV=1 CC=clang OUT=build/clang build/clang/docker-autoheal
stage "lint" "$MAKE" -s lint
stage "unit tests under ASan and UBSan" "$MAKE" -s -j"$jobs" VARIANT=san DEV=1 unit
stage "system tests under ASan and UBSan, against the fake engine" "$MAKE" -s -j"$jobs" VARIANT=san DEV=1 system
stage "torture: kill -9, faults at each system call, crowds, full disks" env JOBS=1 "$MAKE" -s -j"$jobs" DEV=1 torture
stage "end-to-end tests under ASan and UBSan, against a real engine" "$MAKE" -s -j"$jobs" VARIANT=san DEV=1 e2e
stage "installation: timers of systemd and cron" env JOBS=1 "$MAKE" -s -j"$jobs" DEV=1 install-tests
stage "image: Dockerfile, Compose, Swarm, socket proxy" "$MAKE" -s image-tests
stage "the page in Chromium, against a real engine" "$MAKE" -s -j"$jobs" VARIANT=san DEV=1 page-tests
stage "end-to-end tests under valgrind" "$MAKE" -s -j"$jobs" DEV=1 e2e-valgrind
stage "fuzzing, ${FUZZ_SECONDS:-60} s for each target" "$MAKE" -s -j"$jobs" fuzz

awk -v bad="$bad_stages" '{ p += $1; f += $2 } END { if (bad > 0 && f == 0) f = bad; printf "\n%d passed, %d failed\n", p, f; exit (f > 0 || p == 0) }' "$COUNTS"
