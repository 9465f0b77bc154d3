#!/bin/sh
# SPDX-License-Identifier: MIT
# The unit that install.sh --serve makes: what systemd says of it, and what it starts. No systemd is started, and nothing outside of a
# directory of the test's own is written.
#
#   AUTOHEAL_BIN=... tests/install/test_service.sh    from the root of the repository, as root
#
# It reports in cmocka's words, so that tests/run-tests.sh counts each case.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp -r scripts "$work/scripts"
cp "$AUTOHEAL_BIN" "$work/docker-autoheal"
unset AUTOHEAL_DATA_DIR DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
export DOCKER_HOST="unix://$work/no engine.sock"

passed=0
failed=
case_of() { # NAME, a function
    if ("$1"); then
        echo "[       OK ] $1"
        passed=$((passed + 1))
    else
        echo "[  FAILED  ] $1"
        failed="$failed $1"
    fi
}

service() { "$work/scripts/service.sh" "$@" 2>"$work/stderr"; }
print() { service print "$work/docker-autoheal" "$work/da ta"; }

systemd_finds_nothing_wrong() {
    print >"$work/docker-autoheal-serve.service" || return 1
    # The manual page may not be installed here.
    systemd-analyze verify --man=no "$work/docker-autoheal-serve.service"
}

# Its words as systemd would split them, with the variables that it sets and no others.
it_starts_says_so_reloads_and_ends() {
    print >"$work/unit" || return 1
    sed -n 's/^Environment=\(.*\)$/export \1/p' "$work/unit" >"$work/run"
    sed -n 's/^ExecStart=\(.*\)$/exec \1 2>\&1/p' "$work/unit" >>"$work/run"
    sed -i 's/^export "\([A-Z_]*\)=/export \1="/' "$work/run"
    # Whoever ignores SIGHUP (nohup) hands that down.
    env -i --default-signal=HUP,TERM AUTOHEAL_UI_LISTEN_ADDRESS="unix://$work/api.sock" sh "$work/run" >"$work/out" &
    pid=$!
    tries=0
    until [ "$("$work/docker-autoheal" ping --url "unix://$work/api.sock" 2>/dev/null)" = healthy ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] && kill -0 $pid || return 1
        sleep 0.05
    done
    kill -HUP $pid
    tries=0
    until grep -q 'the configuration was read anew' "$work/out"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || return 1
        sleep 0.05
    done
    kill -TERM $pid
    wait $pid || return 1
    [ -e "$work/da ta/logs/autoheal.log" ]
}

a_line_break_is_refused() {
    ! service print "$work/docker-autoheal" "$work/a
b" && grep -q 'line break' "$work/stderr"
}

another_engine_is_refused() {
    cat >"$work/binary" <<'TEXT'
#!/bin/sh
printf '{"endpoint": "%s"}\n' "$SOME_VARIABLE"
TEXT
    chmod 755 "$work/binary"
    export SOME_VARIABLE=unix:///somewhere
    ! service print "$work/binary" "$work/data" && grep -q 'it would talk to the engine at' "$work/stderr"
}

# As a user, so that nothing of this machine is touched.
only_ours_is_removed() {
    config=$work/config/systemd/user
    mkdir -p "$config" && echo '[Service]' >"$config/docker-autoheal-serve.service"
    chown -R 4321:4321 "$work/config"
    remove() {
        setpriv --reuid 4321 --regid 4321 --clear-groups env HOME="$work" XDG_CONFIG_HOME="$work/config" "$work/scripts/service.sh" remove
    }
    remove >"$work/out" && [ -e "$config/docker-autoheal-serve.service" ] && [ ! -s "$work/out" ] || return 1
    print >"$config/docker-autoheal-serve.service"
    remove >"$work/out" && [ ! -e "$config/docker-autoheal-serve.service" ] && grep -q '^removed ' "$work/out"
}

case_of systemd_finds_nothing_wrong
case_of it_starts_says_so_reloads_and_ends
case_of a_line_break_is_refused
case_of another_engine_is_refused
case_of only_ours_is_removed

echo "[  PASSED  ] $passed test(s)."
[ -z "$failed" ] || { echo "[  FAILED  ]$failed"; exit 1; }
