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

look() { # BINARY DATA_DIR
    refuse_line_breaks "$1" "$2" "$(printenv DOCKER_HOST || true)" "$(printenv DOCKER_CONTEXT || true)" \
        "$(printenv DOCKER_CONFIG || true)" "$(printenv DOCKER_CERT_PATH || true)"
    check_endpoint "$1" "$2"
}

set_service() { # BINARY DATA_DIR
    check
    look "$1" "$2"
    print_unit "$1" "$2" | put "$unit_dir/$NAME.service"
    control daemon-reload
    control enable $NAME.service
    control restart $NAME.service ||
        die "it does not start; why is said by: journalctl$(is_root || echo ' --user') -u $NAME.service"
    user=
    is_root || user=' --user'
    say "It runs the installed binary, not the docker command, and asks the engine at $here"
    engine_environment | sed 's/=.*/ is set here and goes along/'
    env | sed -n 's/^\(AUTOHEAL_[A-Z0-9_]*\)=.*/\1 is set here and does not go along: put it into config.json/p' |
        grep -v '^AUTOHEAL_DATA_DIR ' || true
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
    print) look "$2" "$3" && print_unit "$2" "$3" ;;
    remove) remove_service ;;
    *) die "usage: service.sh check | set BINARY DATA_DIR | print BINARY DATA_DIR | remove" ;;
esac
