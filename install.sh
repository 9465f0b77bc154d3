#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets docker-autoheal up: packages, build, plugin. Also the demo and the tests, each from a bare machine.
set -eu

cd "$(dirname "$0")"

PLUGIN=docker-autoheal
USER_DIR=${DOCKER_CONFIG:-${HOME:-/root}/.docker}/cli-plugins
USER_MAN=${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/man/man1
SYSTEM_DIR=/usr/local/lib/docker/cli-plugins
SYSTEM_MAN=/usr/local/share/man/man1
SYSTEM_DATA=/data

say() { printf '%s\n' "$*"; }
step() { printf '\n==> %s\n' "$*"; }
die() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

usage() {
    cat <<TEXT
Usage:  ./install.sh [OPTION]

Without an option: install what the build needs, build, install the plugin for this user, and make a dry run.

Options:
  --system           Install for all users, with the data directory $SYSTEM_DATA
  --data-dir DIR     With --system: make DIR the data directory instead
  --timer[=1m]       Have a pass made every minute, or as often as given: a systemd timer, or cron where
                     no systemd runs. As root it installs as --system does, and the timer is the system's
  --serve            Have it watch and heal all the time, with a page and an HTTP API: a service of systemd. As root
                     it installs as --system does, and the service is the system's
  --demo             Show it at work, on a private engine if none answers; removes all it made
  --check            Install what the tests need and run all of them (make check)
  --uninstall        Remove the plugin, the timer and the service; the data directory stays
  --help             Print this
TEXT
}

# ---- packages ----

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "packages are missing and only root can install them: run as root: $*"
    fi
}

# Debian's and Ubuntu's names on the left of each line; other distributions are asked for what they call the same.
install_packages() {
    if command -v apt-get >/dev/null 2>&1; then
        missing=
        for p in "$@"; do
            dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
        done
        [ -n "$missing" ] || return 0
        step "Installing:$missing"
        as_root apt-get update -qq
        # shellcheck disable=SC2086 # a list of names
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove $missing >/dev/null ||
            die "apt-get could not install (without removing anything):$missing"
    else
        die "this script knows Debian's and Ubuntu's package manager only; install the equivalents of: $*, then run: make"
    fi
}

# The Dockerfile reads this line.
BUILD_PACKAGES="gcc libc6-dev make libcurl4-openssl-dev libjsmn-dev"
CHECK_PACKAGES="clang clang-format cppcheck shellcheck valgrind libcmocka-dev libc6-dbg curl openssl openssh-client openssh-server tmux util-linux cron systemd groff-base bash-completion prometheus prometheus-node-exporter debootstrap docker-compose iproute2 python3-aiosmtpd chromium fonts-dejavu-core"
# Node.js from somewhere else brings an npm of its own.
command -v npm >/dev/null 2>&1 || CHECK_PACKAGES="$CHECK_PACKAGES nodejs npm"
# Whoever has an engine from somewhere else keeps it: Debian's would have to remove it.
ENGINE_PACKAGES="iptables busybox-static procps"
command -v dockerd >/dev/null 2>&1 || ENGINE_PACKAGES="docker.io $ENGINE_PACKAGES"

# ---- build and install ----

build() {
    # shellcheck disable=SC2086
    install_packages $BUILD_PACKAGES
    step "Building"
    make -s -j"$(nproc 2>/dev/null || echo 2)" all
    make -s smoke
}

put_plugin() { # DIR
    mkdir -p "$1"
    rm -f "$1/.$PLUGIN.new"
    cp build/$PLUGIN "$1/.$PLUGIN.new"
    strip "$1/.$PLUGIN.new" 2>/dev/null || true
    chmod 755 "$1/.$PLUGIN.new"
    mv -f "$1/.$PLUGIN.new" "$1/$PLUGIN"
    say "installed $1/$PLUGIN"
}

put_man() { # DIR
    [ -e build/$PLUGIN.1 ] || return 0
    mkdir -p "$1"
    cp build/$PLUGIN.1 "$1/$PLUGIN.1"
    chmod 644 "$1/$PLUGIN.1"
    say "installed $1/$PLUGIN.1"
}

# A file that root runs every minute must be nobody else's to replace: neither itself nor a directory above it.
check_roots_alone() { # PATH
    path=$1
    while :; do
        if [ -n "$(find "$path" -prune \( ! -user 0 -o -perm -020 -o -perm -002 \))" ]; then
            die "'$path' can be changed by others than root, and what they put there would be run as root: chown root '$path' && chmod go-w '$path'"
        fi
        [ "$path" != / ] || return 0
        path=$(dirname "$path")
    done
}

# One of them in the end, never both; and the one that works stays until the other one does.
set_up() { # BINARY DATA_DIR
    if [ -n "$serve" ]; then
        step "Setting up the service"
        scripts/service.sh set "$1" "$2"
        scripts/timer.sh remove
    else
        step "Setting up the timer"
        scripts/timer.sh set "$interval" "$1" "$2"
        scripts/service.sh remove
    fi
}

first_steps() {
    if ! command -v docker >/dev/null 2>&1; then
        say "The docker command is not here yet; the plugin waits for it. Until then: build/$PLUGIN --help"
        return 0
    fi
    if docker version >/dev/null 2>&1; then
        step "A dry run (nothing is changed)"
        docker autoheal run --dry-run --verbose "$@" || true
    else
        say "No engine answers here. Where one does: docker autoheal run --dry-run"
    fi
    say ""
    say "The first real pass:   docker autoheal${1:+ $*}"
    [ -n "$interval$serve" ] || say "Every minute:          ./install.sh --timer"
    [ -n "$interval$serve" ] || say "All the time:          ./install.sh --serve"
}

install_user() {
    build
    step "Installing for $(id -un)"
    put_plugin "$USER_DIR"
    put_man "$USER_MAN"
    first_steps
    [ -n "$interval$serve" ] || return 0
    report=$("$USER_DIR/$PLUGIN" status --format json) || [ "$report" ] || die "the data directory cannot be told (the message is above), so nothing was set up"
    data_dir=$(printf '%s\n' "$report" | sed -n 's/.*"data_dir": *"\([^"]*\)".*/\1/p')
    # It is made here because a service may be allowed to write into a directory, but not to make it.
    (umask 077 && mkdir -p "$data_dir")
    set_up "$USER_DIR/$PLUGIN" "$data_dir"
}

holds_foreign_files() { # DIR: something is in it, but nothing of ours
    [ -d "$1" ] || return 1
    [ -n "$(ls -A "$1")" ] || return 1
    for f in config.json events.json quarantine.json restart_counts.json maintenance.json containers.json pass.json; do
        [ ! -e "$1/$f" ] || return 1
    done
}

install_system() {
    [ "$(id -u)" -eq 0 ] || die "--system needs root"
    if holds_foreign_files "$data_dir"; then
        die "'$data_dir' holds files of somebody else: choose a directory with --data-dir"
    fi
    build
    step "Installing for all users"
    put_plugin "$SYSTEM_DIR"
    put_man "$SYSTEM_MAN"
    if [ ! -d "$data_dir" ]; then
        mkdir -p "$data_dir"
        chmod 700 "$data_dir"
        say "made the data directory $data_dir"
    fi
    if [ "$data_dir" = "$SYSTEM_DATA" ]; then
        first_steps
    else
        say "Tell it of this directory with --data-dir or AUTOHEAL_DATA_DIR=$data_dir"
        first_steps --data-dir "$data_dir"
    fi
    [ -n "$interval$serve" ] || return 0
    check_roots_alone "$SYSTEM_DIR/$PLUGIN"
    set_up "$SYSTEM_DIR/$PLUGIN" "$data_dir"
}

uninstall() {
    scripts/timer.sh remove
    scripts/service.sh remove
    found=
    for page in "$USER_MAN/$PLUGIN.1" "$SYSTEM_MAN/$PLUGIN.1"; do
        [ -e "$page" ] || continue
        if rm -f "$page" 2>/dev/null; then say "removed $page"; fi
    done
    for dir in "$USER_DIR" "$SYSTEM_DIR"; do
        [ -e "$dir/$PLUGIN" ] || continue
        if rm -f "$dir/$PLUGIN" 2>/dev/null; then
            say "removed $dir/$PLUGIN"
        else
            die "cannot remove $dir/$PLUGIN: run as root"
        fi
        found=1
    done
    [ -n "$found" ] || say "the plugin is not installed"
    say "Data directories stay as they are ('docker autoheal status' named yours)."
}

check() {
    # shellcheck disable=SC2086
    install_packages $BUILD_PACKAGES $CHECK_PACKAGES $ENGINE_PACKAGES
    # The sanitizers' and the fuzzer's run-time library belongs to one version of clang.
    install_packages "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
    exec make check
}

demo() {
    if ! docker version >/dev/null 2>&1; then
        [ "$(id -u)" -eq 0 ] ||
            die "no engine answers this user, and starting a private one needs root: run it as root, or as a user who may use docker"
        # shellcheck disable=SC2086
        install_packages $ENGINE_PACKAGES
    fi
    build
    exec scripts/demo.sh build/$PLUGIN
}

# ---- arguments ----

mode=user
data_dir=$SYSTEM_DATA
interval=
timer_given=
serve=
while [ $# -gt 0 ]; do
    case $1 in
        --system) mode=system ;;
        --data-dir)
            [ $# -ge 2 ] || die "--data-dir needs a directory"
            data_dir=$2
            shift
            ;;
        --data-dir=*) data_dir=${1#*=} ;;
        --timer) interval=1m timer_given=1 ;;
        --timer=*) interval=${1#*=} timer_given=1 ;;
        --serve) serve=1 ;;
        --demo) mode=demo ;;
        --check) mode=check ;;
        --uninstall) mode=uninstall ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            die "unknown option '$1'"
            ;;
    esac
    shift
done
if [ -n "$timer_given$serve" ]; then
    case $mode in
        user) [ "$(id -u)" -ne 0 ] || mode=system ;;
        system) ;;
        *) die "${timer_given:+--timer}${serve:+--serve} does not go with --$mode" ;;
    esac
fi
[ -z "$timer_given" ] || [ -z "$serve" ] || die "--timer and --serve do the same work in two ways: choose one"
[ -z "$timer_given" ] || scripts/timer.sh check "$interval"
[ -z "$serve" ] || scripts/service.sh check
case $data_dir in
    /*) ;;
    *) die "--data-dir takes an absolute path, not '$data_dir'" ;;
esac
if [ "$mode" != system ] && [ "$data_dir" != "$SYSTEM_DATA" ]; then
    die "--data-dir goes with --system; otherwise name the directory to the plugin: docker autoheal --data-dir DIR"
fi

case $mode in
    user) install_user ;;
    system) install_system ;;
    demo) demo ;;
    check) check ;;
    uninstall) uninstall ;;
esac
