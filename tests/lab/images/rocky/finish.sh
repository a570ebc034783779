#!/bin/sh
# Puts Debian's package tools, and what programs know Debian by, out of sight. Runs after everything that needs them.
# Usage: finish.sh ROOT
set -eu
root=$1
mkdir -p "$root/opt/debian/bin"
for name in apt apt-cache apt-cdrom apt-config apt-get apt-key apt-mark dpkg dpkg-deb dpkg-divert dpkg-query \
    dpkg-realpath dpkg-split dpkg-statoverride dpkg-trigger; do
    [ ! -e "$root/usr/bin/$name" ] || mv "$root/usr/bin/$name" "$root/opt/debian/bin"
done
mv "$root/etc/dpkg" "$root/opt/debian"
# Programs that find this module take apt for the package manager.
rm -r "$root/usr/lib/python3/dist-packages/apt" "$root/usr/lib/python3/dist-packages/apt_pkg"*
rm -r "$root/etc/debian_version" "$root/etc/nftables.conf" "$root/etc/systemd/system/chrony.service.d"
