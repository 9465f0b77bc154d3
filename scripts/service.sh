#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs 'docker autoheal serve' as a service of systemd. Called by install.sh.
#
#   service.sh check                    fails, with what is possible, unless this machine can do that
#   service.sh set BINARY DATA_DIR      as root for the system, else for this user; replaces what an earlier call set up
#   service.sh print BINARY DATA_DIR    the unit, on standard output
#   service.sh remove                   takes exactly that back
#
# The unit that it makes says so; nothing else is ever removed.
set -eu

NAME=docker-autoheal-serve
MADE="# made by docker-autoheal's install.sh --serve; install.sh --uninstall removes it"
# shellcheck source=scripts/systemd.sh
. "$(dirname "$0")/systemd.sh"

check() {
    has_systemd ||
        die "no systemd runs here for $(id -un): start 'docker autoheal serve' in another way, or let cron run 'docker autoheal' (--timer)"
}

print_unit() { # BINARY DATA_DIR
    cat <<TEXT
$MADE
[Unit]
Description=docker autoheal: restarts unhealthy and crashed containers
Documentation=man:docker-autoheal(1)
After=docker.service network.target
# It waits for an engine that is away, so what ends it is worth another try however often that happens.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=$(for_exec "$1") --data-dir $(for_exec "$2") serve
ExecReload=/bin/kill -HUP \$MAINPID
WatchdogSec=60
Restart=on-failure
RestartSec=5
# 78: the configuration or the data directory cannot be used, which another try does not change.
RestartPreventExitStatus=78
# 130: told to end a second time, while restarts were under way.
SuccessExitStatus=130
# Told to stop, it waits for the restarts that are under way.
KillMode=mixed
TimeoutStopSec=6min
# Room for sockets: ui.listen_address unix:///run/docker-autoheal/api.sock
RuntimeDirectory=docker-autoheal
RuntimeDirectoryMode=0700
$(print_environment)
$(print_hardening)
TEXT
    ! is_root || print_system_hardening "$2"
    cat <<TEXT

[Install]
WantedBy=$(if is_root; then echo multi-user.target; else echo default.target; fi)
TEXT
}

# A pass that runs just now, of the timer that this takes the place of, keeps it from starting: systemd tries again.
start() {
    control restart $NAME.service && return
    tries=60
    [ "$(control is-active $NAME.service)" != activating ] || say "Systemd tries again: a pass may be running just now, which it waits for"
    while [ "$(control is-active $NAME.service)" = activating ] && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        sleep 1
    done
    control is-active --quiet $NAME.service
}

set_service() { # BINARY DATA_DIR
    check
    check_command "$1" "$2"
    print_unit "$1" "$2" | put "$unit_dir/$NAME.service"
    control daemon-reload
    control enable $NAME.service
    start || die "it does not start; why is said by: journalctl$(is_root || echo ' --user') -u $NAME.service"
    user=
    is_root || user=' --user'
    say_environment
    say "To look at it:   systemctl$user status $NAME.service"
    say "What it does:    journalctl$user -f -u $NAME.service"
    say "New settings:    are read when config.json changes; those about listening after systemctl$user restart $NAME.service"
    say_linger
    say "To take it back: ./install.sh --uninstall"
}

remove_service() {
    is_ours "$unit_dir/$NAME.service" || return 0
    ! has_systemd || control disable --now $NAME.service
    rm -f "$unit_dir/$NAME.service"
    say "removed $unit_dir/$NAME.service"
    ! has_systemd || control daemon-reload
}

case ${1-} in
    check) check ;;
    set) set_service "$2" "$3" ;;
    print) check_command "$2" "$3" && print_unit "$2" "$3" ;;
    remove) remove_service ;;
    *) die "usage: service.sh check | set BINARY DATA_DIR | print BINARY DATA_DIR | remove" ;;
esac
