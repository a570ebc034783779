#!/bin/sh
# Removes what an image must not carry from the machine that built it. Runs last, for every image.
# Usage: finish.sh ROOT
set -eu
root=$1
chroot "$root" apt-get clean
find "$root/var/lib/apt/lists" -mindepth 1 -delete
# Programs read from its time when the lists were fetched last: never.
touch --date=@0 "$root/var/lib/apt/lists"
rm -f "$root/etc/apt/sources.list" "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/resolv.conf" \
    "$root/etc/hostname"
