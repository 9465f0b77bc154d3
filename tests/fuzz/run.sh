#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each fuzz target for the given seconds, all at once, from the corpus beside it. Fails on the first finding.
set -u
seconds=$1
shift
here=$(dirname "$0")
pids=
for target in "$@"; do
    name=${target##*/}
    seeds=$here/corpus/${name#fuzz_}
    grown=build/fuzz/corpus/$name
    mkdir -p "$grown" "$seeds"
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$name-" "$grown" "$seeds" >"build/fuzz/$name.log" 2>&1 &
    pids="$pids $!:$name"
done
status=0
for entry in $pids; do
    name=${entry#*:}
    if wait "${entry%%:*}"; then
        echo "ok: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs"
    else
        tail -n 40 "build/fuzz/$name.log"
        echo "FAILED: $name: see build/fuzz/$name.log"
        status=1
    fi
done
exit $status
