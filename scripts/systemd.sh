# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What timer.sh and service.sh share: finding the engine, and units of systemd. To be read in with '.', after NAME and MADE are set.

# What docker looks at to find its engine. systemd and cron start programs without the variables of any shell.
ENGINE_VARIABLES="DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH"
SAFE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

say() { printf '%s\n' "$*"; }
die() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# shellcheck disable=SC2034 # for the scripts
if is_root; then
    unit_dir=/etc/systemd/system
else
    unit_dir=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
fi

control() { # systemctl for whom this is
    if is_root; then systemctl "$@"; else systemctl --user "$@"; fi
}

has_systemd() {
    [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1 && control show-environment >/dev/null 2>&1
}

# Each NAME=value that is set here, one a line.
engine_environment() {
    for name in $ENGINE_VARIABLES; do
        value=$(printenv "$name") || continue
        [ -z "$value" ] || printf '%s=%s\n' "$name" "$value"
    done
}

home() {
    entry=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
    printf '%s\n' "${entry:-${HOME:-/root}}"
}

refuse_line_breaks() { # TEXT...
    for text in "$@"; do
        case $text in
            *'
'*) die "what holds a line break can be written into no unit and no crontab: '$text'" ;;
        esac
    done
}

endpoint_in() { # BINARY...: the engine that it finds; a remedy on standard error if it cannot start
    report=$("$@" status --format json 2>/dev/null) || [ "$report" ] || "$@" status >&2 || return 1
    printf '%s\n' "$report" | sed -n 's/.*"endpoint": *"\([^"]*\)".*/\1/p'
}

# Restarting containers of another engine than the one that was meant would be worse than not restarting any. Sets $here.
check_endpoint() { # BINARY DATA_DIR
    here=$(endpoint_in "$1" --data-dir "$2") || die "'$1' cannot run like this (its message is above), so nothing was set up"
    assignments=$(engine_environment)
    old_ifs=$IFS
    IFS='
'
    set -f
    # shellcheck disable=SC2086 # an assignment a line
    there=$(endpoint_in env -i "HOME=$(home)" "PATH=$SAFE_PATH" $assignments "$1" --data-dir "$2") || there=nothing
    set +f
    IFS=$old_ifs
    [ "$here" = "$there" ] ||
        die "without the variables of this shell it would talk to the engine at $there, not to the one at $here: name it in DOCKER_HOST and call this again"
}

# Whatever would keep it from running, or from healing what is meant, before anything is changed.
check_command() { # BINARY DATA_DIR
    refuse_line_breaks "$1" "$2" "$(printenv DOCKER_HOST || true)" "$(printenv DOCKER_CONTEXT || true)" \
        "$(printenv DOCKER_CONFIG || true)" "$(printenv DOCKER_CERT_PATH || true)"
    check_endpoint "$1" "$2"
}

say_environment() {
    say "It runs the installed binary, not the docker command, and asks the engine at $here"
    engine_environment | sed 's/=.*/ is set here and goes along/'
    env | sed -n 's/^\(AUTOHEAL_[A-Z0-9_]*\)=.*/\1 is set here and does not go along: put it into config.json (docker autoheal config set)/p' |
        grep -v '^AUTOHEAL_DATA_DIR ' || true
}

for_systemd() { # TEXT: quoted as units want it
    printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g; s/%/%%/g')"
}

for_exec() { # TEXT: the same for a word of a command
    for_systemd "$1" | sed 's/\$/$$/g'
}

print_environment() {
    ! is_root || printf 'Environment=%s\n' "$(for_systemd "HOME=$(home)")"
    engine_environment | while IFS= read -r assignment; do
        printf 'Environment=%s\n' "$(for_systemd "$assignment")"
    done
}

# An engine's socket or a data directory below /tmp has to stay in sight.
private_tmp() { # TEXT...
    for text in "$@"; do
        case $text in
            /tmp/* | /var/tmp/* | */tmp/*) echo no && return ;;
        esac
    done
    echo yes
}

# What works in a user's own manager as well.
print_hardening() {
    cat <<'TEXT'
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
TEXT
}

# It may write its data directory and nothing else. The capabilities are those for a data directory that is another user's.
print_system_hardening() { # DATA_DIR
    printf 'ReadWritePaths=%s\n' "$(for_systemd "$1")"
    printf 'PrivateTmp=%s\n' "$(private_tmp "$1" "$(engine_environment)" "$here")"
    cat <<'TEXT'
ProtectSystem=strict
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER
TEXT
}

is_ours() { # FILE
    grep -qxF "$MADE" "$1" 2>/dev/null
}

put() { # FILE, content on standard input
    [ ! -e "$1" ] || is_ours "$1" || die "'$1' was not made by install.sh: look at it, and remove it if you want this one instead"
    mkdir -p "${1%/*}"
    (umask 022 && cat >"$1.new")
    mv -f "$1.new" "$1"
    say "wrote $1"
}

say_linger() {
    if ! is_root && [ "$(loginctl show-user "$(id -un)" --property=Linger --value 2>/dev/null)" != yes ]; then
        say "It runs while you are logged in. To have it run always: sudo loginctl enable-linger $(id -un)"
    fi
}
