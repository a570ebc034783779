#!/bin/sh
# Usage: customize.sh ROOT
set -eu
root=$1
# Both proxies that ask for a password know the same user.
chroot "$root" useradd --no-create-home --shell /usr/sbin/nologin proxy-user
printf 'proxy-user:%s\n' "$(cat "$root/etc/lab/proxy-password")" | chroot "$root" chpasswd
hash=$(chroot "$root" openssl passwd -apr1 -in /etc/lab/proxy-password)
printf 'proxy-user:%s\n' "$hash" >"$root/etc/lab/proxy-users"
# What tests add to the rules of each squid.
for name in proxy proxy-auth proxy-inspect; do
    install -D -m 0644 /dev/null "$root/etc/lab/squid/rules/$name.conf"
done
chroot "$root" systemctl enable lab-squid@proxy.service lab-squid@proxy-auth.service lab-squid@proxy-inspect.service \
    lab-dante@socks.service lab-dante@socks-auth.service
chroot "$root" systemctl enable lab-smtp.service lab-dns@dns-wrong.service lab-dns@dns-wildcard.service
chroot "$root" systemctl enable lab-addresses.service lab-broker.service lab-sink.socket \
    lab-ntp@ntp.service lab-ntp@ntp2.service lab-ntp@ntp3.service lab-ntp@ntp-auth.service lab-ntp@ntp-late.service
# Their places are taken by the lab's own units, one per server. The audit socket: see journald.conf.d/lab.conf.
chroot "$root" systemctl mask chrony.service danted.service exim4.service haproxy.service squid.service \
    apt-daily.timer apt-daily-upgrade.timer systemd-journald-audit.socket
