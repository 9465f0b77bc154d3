#!/bin/sh
# SPDX-License-Identifier: MIT
# The files of the page as C: gzipped (the same bytes for the same content), with type and tag. The modules are one file, main.js.
#   tools/web_files.sh src/serve/web >web_files.h
set -eu
export LC_ALL=C
dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/files"

# Indentation and comments are for those who read the sources.
squeeze() {
    sed -e 's/^ *//' -e '/^$/d' -e '/^\/\/ /d' -e '/^\/\*[^*]*\*\/$/d' -e '/^<!-- SPDX.*-->$/d' "$1"
}

for file in index.html base.css parts.css early.js icon.svg manifest.webmanifest; do
    squeeze "$dir/$file" >"$work/files/$file"
done
awk -v dir="$dir" -f tools/web_join.awk main.js >"$work/files/main.js"

type_of() {
    case $1 in
        *.html) echo 'text/html; charset=utf-8' ;;
        *.css) echo 'text/css; charset=utf-8' ;;
        *.js) echo 'text/javascript; charset=utf-8' ;;
        *.svg) echo 'image/svg+xml' ;;
        *.webmanifest) echo 'application/manifest+json' ;;
    esac
}

# Step by step: of a pipeline sh sees only the last program fail, and an empty file would go into the binary.
table=
for path in "$work"/files/*; do
    file=${path##*/}
    name=web_$(echo "$file" | tr . _)
    sha256sum <"$path" >"$work/sum"
    tag=$(cut -c 1-16 "$work/sum")
    gzip -9n <"$path" >"$work/gz"
    od -An -v -tx1 <"$work/gz" >"$work/hex"
    printf 'static const unsigned char %s[] = {\n' "$name"
    sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' "$work/hex"
    printf '};\n'
    table="$table        { \"$file\", \"$(type_of "$file")\", \"\\\\\"$tag\\\\\"\", $name, sizeof($name) },
"
done
printf 'static const struct web_file web_files[] = {\n%b};\n' "$table"
