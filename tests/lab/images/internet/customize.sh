#!/bin/sh
# Usage: customize.sh ROOT
set -eu
root=$1
# Both proxies that ask for a password know the same user.
chroot "$root" useradd --no-create-home --shell /usr/sbin/nologin proxy-user
printf 'proxy-user:%s\n' "$(cat "$root/etc/lab/proxy-password")" | chroot "$root" chpasswd
hash=$(chroot "$root" openssl passwd -apr1 -in /etc/lab/proxy-password)
printf 'proxy-user:%s\n' "$hash" >"$root/etc/lab/proxy-users"
chroot "$root" systemctl enable lab-squid@proxy.service lab-squid@proxy-auth.service \
    lab-dante@socks.service lab-dante@socks-auth.service
chroot "$root" systemctl enable lab-addresses.service lab-sink.socket lab-ntp@ntp.service lab-ntp@ntp2.service
# Their places are taken by the lab's own units, one per server. The audit socket: see journald.conf.d/lab.conf.
chroot "$root" systemctl mask chrony.service danted.service haproxy.service squid.service \
    apt-daily.timer apt-daily-upgrade.timer systemd-journald-audit.socket
