#!/bin/sh
# Usage: customize.sh ROOT
set -eu
root=$1
chroot "$root" systemctl enable lab-addresses.service lab-sink.socket lab-ntp@ntp.service lab-ntp@ntp2.service
# Its place is taken by one lab-ntp@ instance per NTP server. The audit socket: see journald.conf.d/lab.conf.
chroot "$root" systemctl mask chrony.service apt-daily.timer apt-daily-upgrade.timer systemd-journald-audit.socket
