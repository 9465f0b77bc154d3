#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs docker-autoheal again and again: a systemd timer, or cron where no systemd runs. Called by install.sh.
#
#   timer.sh check INTERVAL                  fails, with what is possible, unless this machine can do that
#   timer.sh set INTERVAL BINARY DATA_DIR    as root for the system, else for this user; replaces what an earlier call set up
#   timer.sh remove                          takes exactly that back
#
# Every file that it makes, and every line that it adds to a crontab, says so; nothing else is ever removed.
set -eu

NAME=docker-autoheal
MADE="# made by docker-autoheal's install.sh --timer; install.sh --uninstall removes it"
SHORTEST=10
LONGEST=86400
CRON_FILE=/etc/cron.d/$NAME

# shellcheck source=scripts/systemd.sh
. "$(dirname "$0")/systemd.sh"

# ---- what this machine can do ----

has_cron_dir() { is_root && [ -d "${CRON_FILE%/*}" ]; }

scheduler() {
    if has_systemd; then
        echo systemd
    elif has_cron_dir || command -v crontab >/dev/null 2>&1; then
        echo cron
    else
        die "neither systemd nor cron is here to run it: install one of them (Debian's package is cron), or start 'docker autoheal' yourself"
    fi
}

# 90, 90s, 5m, 1h30m, 1d: seconds.
seconds_of() {
    printf '%s\n' "$1" | awk '
        !/^([0-9]+[dhms])+$/ && !/^[0-9]+$/ { exit 1 }
        length($0) > 12 { exit 1 }
        /^[0-9]+$/ { $0 = $0 "s" }
        {
            split("86400 3600 60 1", factor, " ")
            while (match($0, /^[0-9]+[dhms]/)) {
                total += substr($0, 1, RLENGTH - 1) * factor[index("dhms", substr($0, RLENGTH, 1))]
                $0 = substr($0, RLENGTH + 1)
            }
            printf "%.0f\n", total
        }'
}

interval_of() { # INTERVAL: its seconds
    seconds=$(seconds_of "$1") || die "--timer takes a time like 30s, 1m, 5m or 1h, not '$1'"
    if [ "$seconds" -lt "$SHORTEST" ] || [ "$seconds" -gt "$LONGEST" ]; then
        die "--timer=$1 is out of range: between ${SHORTEST}s and 24h"
    fi
    echo "$seconds"
}

# The five fields of a crontab; fails where cron has none for it.
cron_fields() { # SECONDS
    [ $(($1 % 60)) -eq 0 ] || return 1
    minutes=$(($1 / 60))
    if [ "$minutes" -eq 1 ]; then
        echo '* * * * *'
    elif [ "$minutes" -lt 60 ] && [ $((60 % minutes)) -eq 0 ]; then
        echo "*/$minutes * * * *"
    elif [ "$minutes" -eq 60 ]; then
        echo '0 * * * *'
    elif [ "$minutes" -eq 1440 ]; then
        echo '0 0 * * *'
    elif [ $((minutes % 60)) -eq 0 ] && [ $((1440 % minutes)) -eq 0 ]; then
        echo "0 */$((minutes / 60)) * * *"
    else
        return 1
    fi
}

check() { # INTERVAL
    seconds=$(interval_of "$1")
    how=$(scheduler)
    [ "$how" = systemd ] || cron_fields "$seconds" >/dev/null ||
        die "no systemd runs here, and cron cannot do '$1': it can do 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h and 24h"
}

# ---- systemd ----

print_service() { # BINARY DATA_DIR
    cat <<TEXT
$MADE
[Unit]
Description=One pass of docker autoheal: restart unhealthy and crashed containers
Documentation=man:docker-autoheal(1)
After=docker.service

[Service]
Type=oneshot
ExecStart=$(for_exec "$1") --data-dir $(for_exec "$2") run
# 75: another pass is running
SuccessExitStatus=75
# Told to stop, it waits for the restarts that are under way.
KillMode=mixed
TimeoutStopSec=6min
$(print_environment)
$(print_hardening)
TEXT
    ! is_root || print_system_hardening "$2"
}

print_timer() { # SECONDS
    cat <<TEXT
$MADE
[Unit]
Description=docker autoheal every $1 seconds

[Timer]
OnActiveSec=$1s
OnUnitActiveSec=$1s
AccuracySec=1s
RandomizedDelaySec=1s

[Install]
WantedBy=timers.target
TEXT
}

set_systemd() { # SECONDS BINARY DATA_DIR
    print_service "$2" "$3" | put "$unit_dir/$NAME.service"
    print_timer "$1" | put "$unit_dir/$NAME.timer"
    control daemon-reload
    control enable $NAME.timer
    control restart $NAME.timer
    user=
    is_root || user=' --user'
    say "To look at it:   systemctl$user list-timers $NAME.timer"
    say "What it did:     journalctl$user -u $NAME.service"
    say_linger
}

remove_systemd() {
    for unit in $NAME.timer $NAME.service; do
        is_ours "$unit_dir/$unit" || continue
        if [ "$unit" = $NAME.timer ] && has_systemd; then
            control disable --now "$unit"
        fi
        rm -f "$unit_dir/$unit"
        say "removed $unit_dir/$unit"
        ! has_systemd || control daemon-reload
    done
}

# ---- cron ----

for_shell() { # TEXT
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# To cron a % is a line break.
cron_command() { # BINARY DATA_DIR
    {
        printf 'PATH=%s ' "$SAFE_PATH"
        engine_environment | while IFS= read -r assignment; do
            printf '%s=%s ' "${assignment%%=*}" "$(for_shell "${assignment#*=}")"
        done
        printf '%s --data-dir %s run' "$(for_shell "$1")" "$(for_shell "$2")"
    } | sed 's/%/\\%/g'
}

# The crontab without our line. That there is none is no failure; that it cannot be read is one, or it would be lost.
other_cron_lines() {
    why=$(mktemp)
    if lines=$(LC_ALL=C crontab -l 2>"$why"); then
        [ -z "$lines" ] || printf '%s\n' "$lines" | awk -v mark="$MADE" 'substr($0, length($0) - length(mark) + 1) != mark'
    elif ! grep -qi 'no crontab\|no such file' "$why"; then
        cat "$why" >&2
        rm -f "$why"
        return 1
    fi
    rm -f "$why"
}

set_cron() { # SECONDS BINARY DATA_DIR
    fields=$(cron_fields "$1")
    command=$(cron_command "$2" "$3")
    if has_cron_dir; then
        printf '%s\n%s root %s\n' "$MADE" "$fields" "$command" | put "$CRON_FILE"
    else
        others=$(other_cron_lines) || die "the crontab cannot be read, so it is left as it is"
        { [ -z "$others" ] || printf '%s\n' "$others"; printf '%s %s %s\n' "$fields" "$command" "$MADE"; } | crontab -
        say "added a line to the crontab of $(id -un)"
        say "To look at it:   crontab -l"
    fi
    say "What it did:     docker autoheal events --data-dir $3; cron mails what it prints, and a pass without work prints nothing"
}

remove_cron() {
    if is_ours "$CRON_FILE" && is_root; then
        rm -f "$CRON_FILE"
        say "removed $CRON_FILE"
    fi
    command -v crontab >/dev/null 2>&1 || return 0
    case $(LC_ALL=C crontab -l 2>/dev/null) in
        *"$MADE"*) ;;
        *) return 0 ;;
    esac
    others=$(other_cron_lines) || die "the crontab cannot be read, so it is left as it is"
    if [ -n "$others" ]; then
        printf '%s\n' "$others" | crontab -
    else
        crontab -r
    fi
    say "removed the line from the crontab of $(id -un)"
}

# ---- what it is called for ----

set_timer() { # INTERVAL BINARY DATA_DIR
    check "$1"
    check_command "$2" "$3"
    say "Every $1: $2 --data-dir $3 run"
    say_environment
    if [ "$(scheduler)" = systemd ]; then
        set_systemd "$seconds" "$2" "$3"
        remove_cron
    else
        set_cron "$seconds" "$2" "$3"
        remove_systemd
    fi
    say "To take it back: ./install.sh --uninstall"
}

case ${1-} in
    check) check "$2" ;;
    set) set_timer "$2" "$3" "$4" ;;
    remove)
        remove_systemd
        remove_cron
        ;;
    *) die "usage: timer.sh check INTERVAL | set INTERVAL BINARY DATA_DIR | remove" ;;
esac
