#!/bin/sh
# Usage: customize.sh ROOT
set -eu
root=$1
# shellcheck source=/dev/null
suite=$(. "$root/etc/os-release" && echo "$VERSION_CODENAME")
sed -i "s/SUITE/$suite/" "$root/etc/apt/sources.list.d/lab.sources"
chroot "$root" useradd --uid 1000 --create-home --shell /bin/bash ops
chroot "$root" install -d -m 0700 -o ops -g ops /home/ops/.ssh
chmod 0440 "$root/etc/sudoers.d/ops"
# update-ca-certificates forks several times for every authority in the store: with those that vouch for the real
# endpoints it takes a second at a node's first boot, with all of them ten on a busy machine.
sed -i -E '/^mozilla\/(Amazon_|DigiCert_Global_Root|GTS_Root)/!s/^mozilla/!mozilla/' "$root/etc/ca-certificates.conf"
chroot "$root" update-ca-certificates --fresh
# Each node gets its own when it is created.
rm -f "$root"/etc/ssh/ssh_host_*
chroot "$root" systemctl enable lab-machine.service lab-route.service lab-trust.service
# They would hold apt's lock at moments of their own choosing. The audit socket: see journald.conf.d/lab.conf.
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer systemd-journald-audit.socket
