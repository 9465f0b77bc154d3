#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each cmocka program it is given, one after another. Fails if one failed, ran no test, or (with CI set) skipped one.
# With COUNTS=FILE it appends "<passed> <failed>" for each program, for the closing line of `make check`.
set -u

failed_programs=0

count() { # how many tests cmocka's line for $1 names in file $2
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test.*/\1/p" "$2" | tail -n 1
}

fail() {
    cat "$log"
    echo "FAILED: $name: $1"
    failed_programs=$((failed_programs + 1))
    [ "${failed:-0}" -gt 0 ] || failed=1
}

for program in "$@"; do
    name=${program##*/}
    log=$program.log
    ${TEST_WRAPPER:-} "$program" >"$log" 2>&1
    status=$?
    passed=$(count PASSED "$log")
    failed=$(count FAILED "$log")
    if [ "$status" -ne 0 ]; then
        fail "exit $status"
    elif [ "${passed:-0}" -eq 0 ]; then
        fail "ran no test"
    elif [ -n "${CI:-}" ] && [ "$(count SKIPPED "$log")" != "" ]; then
        fail "skipped a test"
    else
        echo "ok: $name: ${passed} passed"
    fi
    [ -z "${COUNTS:-}" ] || echo "${passed:-0} ${failed:-0}" >>"$COUNTS"
done
exit "$((failed_programs != 0))"
