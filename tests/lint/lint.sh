#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of docs/architecture.md that a compiler does not check. Prints each breach and fails if there is one.
#   lint.sh OBJECT_DIR   (objects of a plain release build, for the purity check)
# shellcheck disable=SC2013 # none of our file names holds a blank
set -u
cd "$(dirname "$0")/../.." || exit 1
objects=$1
breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT

breach() { printf '%s\n' "$*" >>"$breaches"; }

folder_of() { # src/decide/x.c, include/autoheal/decide/x.h -> decide; src/pass.c -> pass
    path=${1#src/}
    path=${path#include/autoheal/}
    case $path in */*) echo "${path%%/*}" ;; *) basename "$path" .c ;; esac
}

layers() {
    for file in $(git ls-files -co --exclude-standard 'src/*.c' 'src/*.h' 'include/*.h'); do
        folder=$(folder_of "$file")
        allowed=$(sed -n "s/^$folder: *//p" tests/lint/layers.txt)
        grep -q "^$folder:" tests/lint/layers.txt || breach "$file: folder '$folder' is not in layers.txt"
        for target in $(sed -n 's|^#include "autoheal/\([a-z]*\)/.*|\1|p' "$file" | sort -u); do
            [ "$target" = "$folder" ] && continue
            case " $allowed " in *" $target "*) ;; *) breach "$file: '$folder' may not include '$target'" ;; esac
        done
    done
    owners='curl/curl.h:src/net/|src/engine/ jsmn.h:src/json/reader.c'
    for owner in $owners; do
        header=${owner%%:*}
        for file in $(grep -rl "#include <$header>" src include); do
            printf '%s\n' "$file" | grep -Eq "^(${owner#*:})" || breach "$file: <$header> belongs to ${owner#*:}"
        done
    done
}

purity() {
    for folder in util json model config decide; do
        for object in "$objects/$folder"/*.o; do
            [ -e "$object" ] || breach "no objects of '$folder' in $objects"
            for symbol in $(nm -u "$object" 2>/dev/null | awk '{print $2}' | sed 's/@.*//'); do
                grep -qx "$symbol" tests/lint/pure-symbols.txt && continue
                nm "$objects"/util/*.o "$objects"/json/*.o "$objects"/model/*.o "$objects"/config/*.o "$objects"/decide/*.o 2>/dev/null |
                    grep -q " [TDBRV] $symbol\$" || breach "$object: '$folder' is pure and may not use '$symbol'"
            done
        done
    done
    clocks=$(grep -rlE '\b(clock_gettime|gettimeofday) *\(' src | grep -v '^src/os/clock.c$')
    [ -z "$clocks" ] || breach "only src/os/clock.c may ask a clock: $clocks"
}

# Above debug only the program's top writes the log.
logging() {
    for file in $(grep -rlE '\blog_(warn|error) *\(' src | grep -vE '^src/(pass/|cli/|serve/|os/log\.c)'); do
        breach "$file: libraries return errors, programs log"
    done
}

words() {
    grep -rnE 'error_(set|set_errno|wrap)\([^"]*"[A-Z][a-z]' src | grep -vE '"(No such container|Cannot connect|Error response|Failed to initialize)' |
        while read -r line; do breach "message begins with a capital: $line"; done
    for file in $(git ls-files -co --exclude-standard 'src/*.c' 'src/*.h' 'include/*.h' 'tests/*.c' 'tests/*.h'); do
        head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || breach "$file: does not open with its SPDX line"
    done
    grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' src include tests docs scripts Makefile install.sh --include='*' 2>/dev/null |
        grep -v '^tests/lint/' | while read -r line; do breach "unfinished: $line"; done
}

# Functions of 60 lines, files of 500, three levels of nesting. The list of exceptions is empty and stays so.
lengths() {
    for file in $(git ls-files -co --exclude-standard 'src/*.c' 'src/*.h' 'include/*.h'); do
        lines=$(wc -l <"$file")
        [ "$lines" -le 500 ] || breach "$file: $lines lines"
        awk -v file="$file" '
            /^[a-z].*\) *\{$/ { start = NR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
            /^\}/ { if (start && NR - start > 62) printf "%s:%d: %s() has %d lines\n", file, start, name, NR - start - 1; start = 0 }
            start && /^ {40,}(if|for|while|switch) *\(/ { printf "%s:%d: %s() nests deeper than three levels\n", file, NR, name }
        ' "$file" >>"$breaches"
    done
}

format() {
    files=$(git ls-files -co --exclude-standard 'src/*.c' 'src/*.h' 'include/*.h' 'tests/*.c' 'tests/*.h')
    # shellcheck disable=SC2086 # a list of names
    clang-format --dry-run $files 2>&1 | grep 'warning: code should be clang-formatted' | sed 's/:[0-9]*: warning.*//' | cut -d: -f1 | sort -u |
        while read -r file; do breach "$file: not formatted (make format)"; done
}

versions() {
    makefile=$(sed -n 's/^VERSION := //p' Makefile)
    [ "$(sed -n 's/^ARG VERSION=//p' Dockerfile)" = "$makefile" ] || breach "Dockerfile: ARG VERSION is not $makefile, the Makefile's"
}

scripts() {
    # shellcheck disable=SC2046 # a list of names
    shellcheck $(git ls-files -co --exclude-standard '*.sh') .ci/run >>"$breaches" 2>&1
}

layers
purity
logging
words
lengths
format
versions
scripts

if [ -s "$breaches" ]; then
    cat "$breaches"
    exit 1
fi
echo "lint: nothing to say"
