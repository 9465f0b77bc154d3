#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh --timer, --serve and --uninstall, as root and as a user, with systemd and with cron. A real engine, the real crontab and a real
# cron; systemctl is a recorder, and its units are checked by systemd-analyze and carried out as they stand.
#
#   AUTOHEAL_BIN=... tests/install/test_timer.sh    from the root of the repository, as root
#
# Runs in a mount namespace of its own with layers above /etc, /root, /usr/local, /var and /run, and stops before it changes
# anything if one of them is missing. Only cron is really started: a whole systemd would clean the machine's own directories.
# It reports in cmocka's words, so that tests/run-tests.sh counts each case.
set -u

outer=$(readlink /proc/self/ns/mnt)
if [ -z "${OUTER_NAMESPACE-}" ]; then
    work=$(mktemp -d)
    export work
    trap 'scripts/private-engine.sh stop "$work/engine"; rm -rf "$work"' EXIT
    scripts/private-engine.sh start "$work/engine" && scripts/private-engine.sh image "$work/engine" || exit 1
    OUTER_NAMESPACE=$outer unshare --mount --propagation private -- "$0" "$@"
    exit
fi

if [ "$outer" = "$OUTER_NAMESPACE" ]; then
    echo "this is not a mount namespace of its own" >&2
    exit 1
fi

# ---- the machine ----

layer() { # DIR: what is written there from now on is written elsewhere
    name=$(printf '%s' "$1" | tr / _)
    mkdir "$work/layers/$name" "$work/layers/$name.work"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/layers/$name,workdir=$work/layers/$name.work" "$1"
    is_mounted "$1" overlay
}
is_mounted() { # DIR TYPE
    [ "$(awk -v dir="$1" '$2 == dir { type = $3 } END { print type }' /proc/mounts)" = "$2" ] && return
    echo "there is no layer above $1: nothing was changed" >&2
    exit 1
}

set -e
mkdir "$work/layers" "$work/bin" "$work/tree" "$work/tree/build"
chmod 755 "$work" "$work/bin" "$work/tree" "$work/tree/build"
mount -t tmpfs tmpfs "$work/layers"
for dir in /etc /root /usr/local /var; do layer $dir; done
mount -t tmpfs tmpfs /run
is_mounted /run tmpfs
# Nothing of this machine is to be run by the cron of the test.
rm -rf /etc/crontab /etc/cron.d /etc/systemd/system /var/spool/cron/crontabs/* /etc/environment
mkdir -p /etc/systemd/system
touch /etc/environment
chmod go-w /usr/local /usr/local/lib /usr/local/lib/docker /usr/local/lib/docker/cli-plugins 2>/dev/null || true
echo 'healer:x:4321:4321::/home/healer:/bin/sh' >>/etc/passwd
echo 'healer:x:4321:' >>/etc/group

cp -r install.sh scripts "$work/tree"
cp "$AUTOHEAL_BIN" "$work/tree/build/docker-autoheal"
echo '.TH DOCKER-AUTOHEAL 1' >"$work/tree/build/docker-autoheal.1"

program() { # NAME, its text on standard input
    { echo '#!/bin/sh'; cat; } >"$work/bin/$1"
    chmod 755 "$work/bin/$1"
}
program make </dev/null
program dpkg-query <<'TEXT'
echo 'install ok installed'
TEXT
program loginctl <<'TEXT'
echo no
TEXT
program systemctl <<TEXT
case "\$*" in
    show-environment | '--user show-environment') exit ;;
    is-active*) echo failed && exit 3 ;;
esac
echo "\$*" >>"$work/systemctl.log"
[ ! -e "$work/refused" ] || case "\$*" in restart*) exit 1 ;; esac
TEXT
mkdir "$work/home"
chown 4321:4321 "$work/home"
touch "$work/systemctl.log"
chmod 666 "$work/systemctl.log"
PATH=$work/bin:$PATH:/usr/sbin:/sbin
HOME=/root
DOCKER_HOST=unix://$work/engine/docker.sock
export PATH HOME DOCKER_HOST
unset DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
data=/var/lib/autoheal-test
unit=/etc/systemd/system/docker-autoheal.service
timer=/etc/systemd/system/docker-autoheal.timer
plugin=/usr/local/lib/docker/cli-plugins/docker-autoheal
set +e

with_systemd() { mkdir -p /run/systemd/system; }
without_systemd() { rm -rf /run/systemd/system; }
with_cron_dir() { mkdir -p /etc/cron.d; }

# ---- checks ----

problem() {
    echo "$case: $*"
    bad=1
}
same() { [ "$1" = "$2" ] || problem "'$1' instead of '$2'"; }
holds() { grep -qF -- "$2" "$1" || { problem "no '$2' in $1:"; cat "$1"; }; }
lacks() { ! grep -qF -- "$2" "$1" || { problem "'$2' in $1:"; cat "$1"; }; }
there() { [ -e "$1" ] || problem "$1 is not there"; }
gone() { [ ! -e "$1" ] || problem "$1 is there"; }
install() { # ARGUMENT...: into $work/out; the exit code is $code
    "$work/tree/install.sh" "$@" >"$work/out" 2>&1
    code=$?
}
install_as_healer() {
    env HOME="$work/home" setpriv --reuid 4321 --regid 4321 --clear-groups "$work/tree/install.sh" "$@" >"$work/out" 2>&1
    code=$?
}
succeeds() { [ "$code" -eq 0 ] || { problem "exit $code:"; cat "$work/out"; }; }
refuses() { # TEXT
    [ "$code" -eq 1 ] || problem "exit $code"
    holds "$work/out" "$1"
}
crontab_of() { crontab -u "$1" -l 2>/dev/null; }

sick() { # NAME
    docker rm -f "$1" >/dev/null 2>&1
    docker run -d --name "$1" --label autoheal=true autoheal-demo sh -c 'test -e /once && exec sleep 1000; touch /once; exit 3' >/dev/null
    await 100 is "$1" exited || problem "$1 does not exit"
}
is() { [ "$(docker inspect -f '{{.State.Status}}' "$1")" = "$2" ]; }
await() { # TENTHS_OF_A_SECOND COMMAND...
    tries=$1
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

# ---- intervals ----

test_bad_intervals() {
    with_systemd
    for interval in 0 abc 1x -1 '' 9s 25h 1.5m 999999999999d 99999999999999999999; do
        install --timer="$interval"
        refuses "install.sh: --timer"
    done
    install --timer --demo
    refuses "--timer does not go with --demo"
    gone $unit
    gone $plugin
}

test_intervals_of_cron() {
    without_systemd
    with_cron_dir
    for pair in '60=* * * * *' '5m=*/5 * * * *' '30m=*/30 * * * *' '1h=0 * * * *' '60m=0 * * * *' '6h=0 */6 * * *' '1d=0 0 * * *' '24h=0 0 * * *'; do
        install --timer="${pair%%=*}" --data-dir $data
        succeeds
        holds /etc/cron.d/docker-autoheal "${pair#*=} root "
    done
    for interval in 30s 90 7m 90m 5h 1h1m; do
        install --timer=$interval
        refuses 'cron cannot do'
        holds "$work/out" '1m, 2m, 3m'
    done
    install --uninstall
    succeeds
}

test_intervals_of_systemd() {
    with_systemd
    for pair in 10s=10 90=90 5m=300 1h30m=5400 1d=86400; do
        install --timer=${pair%%=*} --data-dir $data
        succeeds
        holds $timer "OnUnitActiveSec=${pair#*=}s"
        systemd-analyze timespan "${pair#*=}s" >/dev/null || problem "systemd does not understand ${pair#*=}s"
    done
    install --uninstall
    succeeds
}

# ---- systemd ----

test_systemd_of_the_system() {
    with_systemd
    : >"$work/systemctl.log"
    install --timer --data-dir $data
    succeeds
    same "$(cat "$work/systemctl.log")" "daemon-reload
enable docker-autoheal.timer
restart docker-autoheal.timer"
    holds "$work/out" "DOCKER_HOST is set here and goes along"
    holds "$work/out" "asks the engine at $DOCKER_HOST"
    holds "$work/out" 'journalctl -u docker-autoheal.service'
    holds "$work/out" 'systemctl list-timers docker-autoheal.timer'
    holds $unit "\"$plugin\" --data-dir \"$data\" run"
    holds $unit 'Environment="DOCKER_HOST='
    holds $unit 'After=docker.service'
    holds $unit 'SuccessExitStatus=75'
    holds $unit "ReadWritePaths=\"$data\""
    lacks $unit 'Requires='
    there /usr/local/share/man/man1/docker-autoheal.1
    # No word from it is the only good one.
    verdict=$(systemd-analyze verify --man=no $unit $timer 2>&1 | grep docker-autoheal)
    same "$verdict" ''
}

test_same_again_changes_nothing() {
    cp -r /etc/systemd/system "$work/before"
    install --timer --data-dir $data
    succeeds
    diff -r "$work/before" /etc/systemd/system || problem "the second call changed something"
    install --timer=5m --data-dir $data
    succeeds
    same "$(grep -c OnUnitActiveSec $timer)" 1
    holds $timer OnUnitActiveSec=300s
    rm -rf "$work/before"
}

# What systemd would do with the unit: its environment and its command, and of ours nothing.
test_the_unit_heals() {
    echo '{"restart": {"exit_grace_seconds": 0}}' >$data/config.json
    sick patient
    sed -n 's/^Environment="\(.*\)"$/\1/p' $unit >"$work/environment"
    sed -n 's/^ExecStart=//p' $unit >"$work/command"
    (
        IFS='
'
        # shellcheck disable=SC2046 # an assignment a line
        env -i PATH=/usr/local/bin:/usr/bin:/bin $(cat "$work/environment") sh -c "$(cat "$work/command")"
    ) >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    is patient running || problem 'it was not healed'
    holds "$work/out" 'patient: started in '
    there $data/events.json
}

test_private_tmp() {
    holds $unit PrivateTmp=no
    env DOCKER_HOST=unix:///run/elsewhere.sock "$work/tree/install.sh" --timer --data-dir $data >"$work/out" 2>&1 || problem "$(cat "$work/out")"
    holds $unit PrivateTmp=yes
    holds $unit '"DOCKER_HOST=unix:///run/elsewhere.sock"'
}

test_special_characters() {
    env "DOCKER_CERT_PATH=/certs/100% \"of\" \$me \\ 'us'" "$work/tree/install.sh" --timer --data-dir "$data/100% \$HOME" >"$work/out" 2>&1 ||
        problem "$(cat "$work/out")"
    # shellcheck disable=SC2016 # the dollar is meant
    holds $unit 'Environment="DOCKER_CERT_PATH=/certs/100%% \"of\" $me \\ '"'us'"'"'
    holds $unit "--data-dir \"$data/100%% \$\$HOME\" run"
    same "$(systemd-analyze verify --man=no $unit $timer 2>&1 | grep docker-autoheal)" ''
}

test_uninstall_leaves_what_is_not_ours() {
    echo '[Timer]' >/etc/systemd/system/other.timer
    : >"$work/systemctl.log"
    install --uninstall
    succeeds
    holds "$work/systemctl.log" 'disable --now docker-autoheal.timer'
    for file in $unit $timer $plugin /usr/local/share/man/man1/docker-autoheal.1; do gone "$file"; done
    there /etc/systemd/system/other.timer
    there $data/events.json
    install --uninstall
    succeeds
}

test_a_foreign_unit_is_refused() {
    echo '# mine' >$unit
    install --timer --data-dir $data
    refuses "'$unit' was not made by install.sh"
    same "$(cat $unit)" '# mine'
    install --uninstall
    same "$(cat $unit)" '# mine'
    rm $unit
}

test_a_file_that_others_may_replace() {
    mkdir -p "${plugin%/*}"
    chmod g+w "${plugin%/*}"
    install --timer --data-dir $data
    refuses "'${plugin%/*}' can be changed by others than root"
    gone $unit
    chmod g-w "${plugin%/*}"
}

test_settings_of_the_shell_do_not_go_along() {
    env AUTOHEAL_MONITOR_INCLUDE_ALL=true "$work/tree/install.sh" --timer --data-dir $data >"$work/out" 2>&1
    holds "$work/out" 'AUTOHEAL_MONITOR_INCLUDE_ALL is set here and does not go along'
    lacks $unit INCLUDE_ALL
}

# The engine of root's own configuration is not the one of this shell's.
test_another_engine_is_refused() {
    mkdir -p "$work/other/.docker"
    (
        unset DOCKER_HOST
        HOME=$work/other
        export HOME
        meta=$HOME/.docker/contexts/meta/$(printf far | sha256sum | cut -d' ' -f1)
        mkdir -p "$meta"
        echo '{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///run/far.sock"}}}' >"$meta/meta.json"
        echo '{"currentContext":"far"}' >"$HOME/.docker/config.json"
        "$work/tree/install.sh" --timer=7m --data-dir $data/far >"$work/out" 2>&1
    )
    code=$?
    refuses 'not to the one at unix:///run/far.sock'
    lacks $timer 420s
    install --uninstall
    succeeds
}

test_systemd_of_a_user() {
    with_systemd
    : >"$work/systemctl.log"
    install_as_healer --timer=2m
    succeeds
    own=$work/home/.config/systemd/user/docker-autoheal
    holds "$own.service" "\"$work/home/.docker/cli-plugins/docker-autoheal\" --data-dir \"$work/home/.local/state/docker-autoheal\" run"
    lacks "$own.service" ProtectSystem
    holds "$own.timer" OnUnitActiveSec=120s
    holds "$work/out" 'sudo loginctl enable-linger healer'
    holds "$work/out" 'journalctl --user -u docker-autoheal.service'
    holds "$work/systemctl.log" '--user enable docker-autoheal.timer'
    there "$work/home/.local/share/man/man1/docker-autoheal.1"
    same "$(systemd-analyze verify --user --man=no "$own.service" "$own.timer" 2>&1 | grep docker-autoheal)" ''
    install_as_healer --uninstall
    succeeds
    gone "$own.service"
    gone "$own.timer"
    gone "$work/home/.docker/cli-plugins/docker-autoheal"
    gone "$work/home/.local/share/man/man1/docker-autoheal.1"
    there "$work/home/.local/state/docker-autoheal"
}

# ---- from the timer to the service, and back ----

service=/etc/systemd/system/docker-autoheal-serve.service

# What heals is taken away when the other one works, not before.
test_the_timer_gives_way_to_the_service() {
    with_systemd
    install --timer --data-dir $data
    succeeds
    : >"$work/systemctl.log"
    install --serve --data-dir $data
    succeeds
    same "$(grep -v daemon-reload "$work/systemctl.log")" "enable docker-autoheal-serve.service
restart docker-autoheal-serve.service
disable --now docker-autoheal.timer"
    there $service
    gone $unit
    gone $timer
    : >"$work/systemctl.log"
    install --timer --data-dir $data
    succeeds
    same "$(grep -v daemon-reload "$work/systemctl.log")" "enable docker-autoheal.timer
restart docker-autoheal.timer
disable --now docker-autoheal-serve.service"
    there $timer
    gone $service
}

test_a_service_that_cannot_be_leaves_the_timer() {
    : >"$work/systemctl.log"
    env DOCKER_CONTEXT=nowhere DOCKER_HOST= "$work/tree/install.sh" --serve --data-dir $data >"$work/out" 2>&1
    code=$?
    refuses 'so nothing was set up'
    echo '# mine' >$service
    install --serve --data-dir $data
    refuses "'$service' was not made by install.sh"
    rm $service
    lacks "$work/systemctl.log" disable
    touch "$work/refused"
    install --serve --data-dir $data
    refuses 'it does not start'
    rm "$work/refused"
    lacks "$work/systemctl.log" disable
    there $timer
    there $unit
}

test_a_timer_that_cannot_be_leaves_the_service() {
    install --serve --data-dir $data
    succeeds
    : >"$work/systemctl.log"
    env DOCKER_CONTEXT=nowhere DOCKER_HOST= "$work/tree/install.sh" --timer --data-dir $data >"$work/out" 2>&1
    code=$?
    refuses 'so nothing was set up'
    lacks "$work/systemctl.log" disable
    there $service
    install --uninstall
    succeeds
    gone $service
}

# ---- cron ----

test_crontab_of_a_user() {
    without_systemd
    printf '# mine\nMAILTO=me\n5 4 * * * echo "100\\%%  two" # kept \n' >"$work/crontab"
    chmod 644 "$work/crontab"
    crontab -u healer "$work/crontab"
    install_as_healer --timer
    succeeds
    install_as_healer --timer=10m
    succeeds
    crontab_of healer >"$work/now"
    same "$(grep -c docker-autoheal "$work/now")" 1
    holds "$work/now" '*/10 * * * * PATH='
    holds "$work/now" "DOCKER_HOST='$DOCKER_HOST'"
    grep -v docker-autoheal "$work/now" | diff "$work/crontab" - || problem 'other lines were changed'
    install_as_healer --uninstall
    succeeds
    crontab_of healer | diff "$work/crontab" - || problem 'other lines were changed'
}

test_crontab_that_was_not_there() {
    crontab -u healer -r
    install_as_healer --timer
    succeeds
    same "$(crontab_of healer | wc -l)" 1
    install_as_healer --uninstall
    succeeds
    crontab -u healer -l >/dev/null 2>&1 && problem 'there is a crontab'
}

test_crontab_that_cannot_be_read() {
    program crontab <<TEXT
[ "\$1" != -l ] || { echo 'crontab: disk on fire' >&2; exit 1; }
touch "$work/home/written"
TEXT
    install_as_healer --timer
    refuses 'the crontab cannot be read'
    gone "$work/home/written"
    rm "$work/bin/crontab"
}

test_neither_systemd_nor_cron() {
    rm -rf /etc/cron.d
    mkdir "$work/few"
    for dir in /bin /usr/bin; do
        for tool in "$dir"/*; do
            [ "${tool##*/}" = crontab ] || ln -sf "$tool" "$work/few/"
        done
    done
    env PATH="$work/bin:$work/few" "$work/tree/install.sh" --timer >"$work/out" 2>&1
    code=$?
    refuses 'neither systemd nor cron is here'
    rm -rf "$work/few"
}

# systemd came to a machine that had only cron: one timer, not two.
test_cron_gives_way_to_systemd() {
    without_systemd
    with_cron_dir
    install --timer --data-dir $data
    succeeds
    there /etc/cron.d/docker-autoheal
    with_systemd
    install --timer --data-dir $data
    succeeds
    gone /etc/cron.d/docker-autoheal
    there $timer
    without_systemd
    install --timer --data-dir $data
    succeeds
    there /etc/cron.d/docker-autoheal
    gone $timer
}

# A real cron, at the next full minute.
test_cron_heals() {
    without_systemd
    with_cron_dir
    install --timer --data-dir $data
    succeeds
    docker rm -f patient >/dev/null 2>&1
    rm -rf $data
    mkdir -m 700 $data
    echo '{"restart": {"exit_grace_seconds": 0}}' >$data/config.json
    sick patient
    cron -f &
    cron=$!
    await 1300 is patient running || problem 'cron did not heal it within two minutes'
    await 100 grep -qs '"event_type": *"restart"' $data/events.json || problem "no event in $data"
    kill $cron
    wait $cron 2>/dev/null
    install --uninstall
    succeeds
    gone /etc/cron.d/docker-autoheal
    there $data/events.json
}

# ---- all of them ----

passed=0 failed=0
# shellcheck disable=SC2013 # names without blanks
for case in $(sed -n 's/^\(test_[a-z_]*\)() {$/\1/p' "$0"); do
    bad=
    "$case"
    if [ -z "$bad" ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "[  FAILED  ] $case"; fi
done
docker rm -f patient >/dev/null 2>&1
echo "[  PASSED  ] $passed test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s), listed above"
[ $failed -eq 0 ]
