# SPDX-License-Identifier: MIT
# Joins ES modules into one file: awk -v dir=src/serve/web -f tools/web_join.awk main.js
# Gzipped one by one, thirty files that use the same words would need a third more. Each becomes a function that is called once,
# behind those that it imports. It understands what the page uses: imports by name or * as, exports in front of declarations. Anything
# else is an error, and so is the import of a name that is not exported. Indentation and lines that are comments go, so a text in the
# code must not extend over several lines.

function fail(text) {
    print "web_join.awk: " text >"/dev/stderr"
    failed = 1
    exit 1
}

function variable(file) {
    sub(/\.js$/, "", file)
    return "module_" file
}

# import { a, b as c } from "./x.js";  import * as x from "./x.js";
function imported(line, from, names, parts, n, i) {
    from = line
    if (line !~ /^import (\* as [A-Za-z0-9_]+|\{[^{}\/]*\}) from "\.\/[A-Za-z0-9_]+\.js";$/)
        fail("not understood: " line)
    sub(/^.* from "\.\//, "", from)
    sub(/";$/, "", from)
    join(from)
    names = line
    sub(/^import /, "", names)
    sub(/ from ".*$/, "", names)
    n = line ~ /\{/ ? split(names, parts, /[{},]/) : 0
    for (i = 1; i <= n; i++) {
        gsub(/^ +| as .*$| +$/, "", parts[i])
        if (parts[i] != "" && !((from, parts[i]) in exports))
            fail(from " does not export '" parts[i] "'")
    }
    sub(/^\* as /, "", names)
    gsub(/ as /, ": ", names)
    return "const " names " = " variable(from) ";\n"
}

function exported(file, line, name) {
    name = line
    if (!sub(/^export (async function|function|class|const) /, "", name))
        fail("not understood: " line)
    sub(/[^A-Za-z0-9_].*$/, "", name)
    if (name == "")
        fail("not understood: " line)
    exports[file, name] = 1
    return name
}

function join(file, line, more, text, names, path, quotes) {
    if (file in state) {
        if (state[file] == "open")
            fail("modules import one another in a circle: " file)
        return
    }
    state[file] = "open"
    path = dir "/" file
    while ((status[file] = (getline line <path)) > 0) {
        sub(/^ +/, "", line)
        if (line == "" || line ~ /^\/\//)
            continue
        if (line ~ /^import[^A-Za-z0-9_]/) {
            while (line !~ /;$/ && (getline more <path) > 0) {
                sub(/^ +/, " ", more)
                line = line more
            }
            text = text imported(line)
            continue
        }
        if (line ~ /^export[^A-Za-z0-9_]/) {
            names = names (names ? ", " : "") exported(file, line)
            sub(/^export /, "", line)
        }
        quotes = line
        if (gsub(/`/, "", quotes) % 2)
            fail("a text over several lines in " file ": " line)
        # A line that goes on needs no end of its own, unless a comment would swallow the next one.
        text = text line (line ~ /[,([{]$/ && line !~ /\/\// ? "" : "\n")
    }
    if (status[file] < 0)
        fail("cannot be read: " path)
    close(path)
    state[file] = "joined"
    printf "const %s = (() => {\n%sreturn { %s };\n})();\n", variable(file), text, names
}

BEGIN {
    join(ARGV[1])
    exit failed
}
