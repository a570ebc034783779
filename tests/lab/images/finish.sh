#!/bin/sh
# Removes what an image must not carry from the machine that built it. Runs last, for every image.
# Usage: finish.sh ROOT
set -eu
root=$1
rm -f "$root/etc/apt/sources.list" "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/resolv.conf" \
    "$root/etc/hostname"
# Each container writes its own.
: >"$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id"
