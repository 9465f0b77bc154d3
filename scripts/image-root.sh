#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes what is in the image: the program, the libraries that it needs, certificates, time zones, and what Debian says of all of them (their
# licences, and the records by which scanners know their versions). Called by the Dockerfile; Debian only.
#
#   image-root.sh BINARY ROOT
set -eu

binary=$1 root=$2
mkdir -p "$root/usr/local/bin" "$root/usr/share" "$root/etc/ssl/certs" "$root/data" "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/docker-autoheal"
chmod 700 "$root/data"
strip -o "$root/usr/local/bin/docker-autoheal" "$binary"

libraries=$(ldd "$binary" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p')
for library in $libraries; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -a /usr/share/zoneinfo "$root/usr/share/"
cp -L /etc/os-release "$root/etc/os-release"
echo 'root:x:0:0:root:/:/' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

# By their file names alone: where a library was installed and where the linker finds it may differ (/lib, /usr/lib).
for library in $libraries; do
    printf '*/%s\n' "${library##*/}"
done | xargs dpkg-query -S | sed 's/:.*//' | { sort -u; echo ca-certificates; echo tzdata; } | while read -r package; do
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
    mkdir -p "$root/usr/share/doc/$package"
    cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
done
cp LICENSE "$root/usr/share/doc/docker-autoheal/copyright"
