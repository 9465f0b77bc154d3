#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each cmocka program it is given, JOBS (1) at a time. Fails if one failed, ran no test, or (with CI set) skipped one.
# With COUNTS=FILE it appends "<passed> <failed>" for each program, for the closing line of `make check`.
set -u

count() { # how many tests cmocka's line for $1 names in file $2
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test.*/\1/p" "$2" | tail -n 1
}

verdict() { # LOG STATUS PASSED: what is wrong; nothing if all is well
    if [ "$2" -ne 0 ]; then
        echo "exit $2"
    elif [ "${3:-0}" -eq 0 ]; then
        echo "ran no test"
    elif [ -n "${CI:-}" ] && [ "$(count SKIPPED "$1")" != "" ]; then
        echo "skipped a test"
    fi
}

run_one() { # PROGRAM
    name=${1##*/}
    log=$1.log
    ${TEST_WRAPPER:-} "$1" >"$log" 2>&1
    status=$?
    passed=$(count PASSED "$log")
    failed=$(count FAILED "$log")
    wrong=$(verdict "$log" "$status" "${passed:-0}")
    [ -z "$wrong" ] || [ "${failed:-0}" -gt 0 ] || failed=1
    # Said in one piece: others may be speaking.
    said=$([ -z "$wrong" ] || cat "$log"; [ -n "$wrong" ] && echo "FAILED: $name: $wrong" || echo "ok: $name: ${passed} passed")
    printf '%s\n' "$said"
    [ -z "${COUNTS:-}" ] || echo "${passed:-0} ${failed:-0}" >>"$COUNTS"
    [ -z "$wrong" ]
}

if [ "${1:-}" = --one ]; then
    run_one "$2"
    exit
fi
[ $# -gt 0 ] || exit 0
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-1}" "$0" --one
