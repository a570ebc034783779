# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A systemd timer that removes expired rules, for firewalls without timeouts of their own."""

import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import change_lock
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.own_rules_service import DIRECTORY

TIMER = """\
# Written by hostprep.runtime_fabric.
[Unit]
Description=Close the ports that the firewall rules called {label} opened temporarily

[Timer]
OnCalendar={when} UTC
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
"""

SERVICE = """\
# Written by hostprep.runtime_fabric.
[Unit]
Description=Close the ports that the firewall rules called {label} opened temporarily
After=firewalld.service ufw.service

[Service]
Type=oneshot
UMask=0077
ExecStartPre=-/bin/sh -c "[ ! -e {guard} ] || sh {guard} expiring"
ExecStart=/usr/bin/flock {lock} {command}
ExecStartPost=-/bin/sh -c "[ ! -e {guard} ] || sh {guard} expired"
"""

# The rollback script of a change that waits to be confirmed when the time is over, if any.
GUARD = "/var/lib/hostprep-runtime-fabric/firewall/restore"


class ExpiryTimer:
    """The timer for a label."""

    def __init__(self, host, label):
        self.host, self.label = host, label
        name = label.replace("_", "-") + "-firewall-expiry"
        self.timer = name + ".timer"
        self.timer_path = f"{DIRECTORY}/{name}.timer"
        self.service_path = f"{DIRECTORY}/{name}.service"
        self.service = name + ".service"
        self.link = f"{DIRECTORY}/timers.target.wants/{self.timer}"
        self.stamp = "/var/lib/systemd/timers/stamp-" + self.timer

    def files(self):
        """Every path that keep writes."""
        return [self.timer_path, self.service_path, self.link, self.stamp]

    def _texts(self, expires_at, command):
        # A second later, so that the rule has expired when it is checked.
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(expires_at + 1))
        timer = TIMER.format(label=self.label, when=when)
        return timer, SERVICE.format(label=self.label, command=" ".join(command), guard=GUARD, lock=change_lock.PATH)

    def is_kept(self, expires_at, command):
        """Whether keep(expires_at, command) has nothing to do."""
        if not expires_at:
            return self.host.read(self.timer_path) is None
        timer, service = self._texts(expires_at, command)
        return (
            self.host.read(self.timer_path) == timer
            and self.host.read(self.service_path) == service
            and self.host.unit_is("is-enabled", self.timer)
        )

    def keep(self, expires_at, command):
        """Run `command` (an argv) at a time, in seconds since the epoch, over reboots too; 0: no timer."""
        if self.is_kept(expires_at, command):
            return
        if not expires_at:
            self.host.run(["systemctl", "disable", "--quiet", "--now", self.timer])
            self.host.remove(self.timer_path)
            self.host.remove(self.service_path)
            self.host.remove(self.stamp)
            self.host.run(["systemctl", "daemon-reload"])
            return
        timer, service = self._texts(expires_at, command)
        self.host.write(self.timer_path, timer)
        self.host.write(self.service_path, service)
        self.host.run(["systemctl", "daemon-reload"])
        self.host.run(["systemctl", "enable", "--quiet", self.timer])
        self.host.run(["systemctl", "restart", self.timer])

    def restore_commands(self):
        """Shell lines for a rollback, when the files are back and systemd has read them."""
        if self.host.read(self.timer_path) is not None:
            return ["systemctl daemon-reload", f"systemctl restart {self.timer}"]
        # A timer whose service is gone already counts as failed.
        return [
            "systemctl daemon-reload",
            f"systemctl stop {self.timer} 2>/dev/null",
            f"systemctl reset-failed {self.timer} {self.service} 2>/dev/null",
        ]
