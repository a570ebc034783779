# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of the firewall that undoes itself unless somebody confirms it over a connection made after it.

Before the change the guard keeps every file that will be written and a shell script that puts all of it back, and lets
systemd run that script when the time is over, or at the next boot. Neither needs the controller, Python or this code.
Confirming and rolling back both begin by renaming the same file, so that only one of them can happen.
"""

import json
import os
import shutil
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.host import FirewallError

UNITS = "/etc/systemd/system"
SITE_UNITS = "nftables.service netfilter-persistent.service iptables.service ip6tables.service ufw.service firewalld.service"

SCRIPT = r"""#!/bin/sh
# Puts the firewall back as it was before a change that nobody confirmed in time.
cd {directory} || exit 1
mv pending rolling-back 2>/dev/null || [ -e rolling-back ] || exit 0
echo "the change of the firewall was not confirmed: putting back what was there before"
put_back() {{
    rm -rf "$1.put-back"
    if [ -e "before/$2" ] || [ -L "before/$2" ]; then
        cp -a "before/$2" "$1.put-back" && rm -rf "$1" && mv "$1.put-back" "$1"
    else
        rm -rf "$1"
    fi
}}
{lines}
rm -f {units}/multi-user.target.wants/{unit} {units}/{unit}
systemctl daemon-reload
mv rolling-back rolled-back
"""

AT_BOOT = """\
# Written by hostprep.runtime_fabric while a change of the firewall waits to be confirmed.
[Unit]
Description=Put the firewall back as it was before a change that nobody confirmed
After=local-fs.target {site} {own}
ConditionPathExists=|{directory}/pending
ConditionPathExists=|{directory}/rolling-back

[Service]
Type=oneshot
ExecStart=/bin/sh {directory}/restore

[Install]
WantedBy=multi-user.target
"""


class Guard(object):
    """Keeps what was there before a change. directory: where; label: as in Wanted."""

    def __init__(self, host, label, directory):
        self.host, self.directory = host, directory
        name = label.replace("_", "-") + "-firewall"
        self.timer = name + "-rollback"
        self.unit = name + "-rollback-at-boot.service"
        self.own = name + ".service"

    def at(self, name):
        """A path in the guard's directory."""
        return os.path.join(self.directory, name)

    def is_pending(self):
        """Whether a change waits to be confirmed, or is being rolled back."""
        return os.path.exists(self.at("pending")) or os.path.exists(self.at("rolling-back"))

    def was_rolled_back(self):
        """Whether the last change was taken back, because nobody confirmed it."""
        return os.path.exists(self.at("rolled-back"))

    def arm(self, files, commands, seconds, connection):
        """Keep files, and let the host restore itself in `seconds` or at boot.

        files: paths that the change writes. commands: as Backend.restore_commands returns them. connection: text that
        tells the connection apart over which this was asked for, None where there is none to tell.
        """
        if not os.path.isdir("/run/systemd/system"):
            raise FirewallError("systemd does not run this host, so nothing could take back a change that locks you out")
        self._clear()
        for directory in (self.directory, self.at("before")):
            if not os.path.isdir(directory):
                os.makedirs(directory, 0o700)
        lines = []
        for number, path in enumerate(files):
            self._keep(path, self.at(os.path.join("before", str(number))))
            lines.append("put_back '{0}' {1}".format(path, number))
        text = SCRIPT.format(
            directory=self.directory, units=UNITS, unit=self.unit, lines="\n".join(lines + list(commands))
        )
        self.host.write(self.at("restore"), text, 0o700)
        boot = AT_BOOT.format(directory=self.directory, site=SITE_UNITS, own=self.own)
        self.host.write("{0}/{1}".format(UNITS, self.unit), boot)
        self.host.write(self.at("pending"), json.dumps({"connection": connection, "seconds": seconds}), 0o600)
        try:
            self.host.run(["systemctl", "daemon-reload"])
            self.host.run(["systemctl", "enable", "--quiet", self.unit])
            self.host.run(
                [
                    "systemd-run",
                    "--quiet",
                    "--unit=" + self.timer,
                    "--on-active={0}s".format(seconds),
                    "--timer-property=AccuracySec=100ms",
                    "/bin/sh",
                    self.at("restore"),
                ]
            )
        except FirewallError:
            self._clear()
            raise

    @staticmethod
    def _keep(path, kept):
        try:
            if os.path.islink(path):
                os.symlink(os.readlink(path), kept)
            elif os.path.isdir(path):
                shutil.copytree(path, kept, symlinks=True)
            elif os.path.lexists(path):
                shutil.copy2(path, kept)
        except (OSError, shutil.Error) as problem:
            raise FirewallError("{0} cannot be kept for a rollback: {1}".format(path, problem))

    def confirm(self, connection):
        """Let the change stay. Raises FirewallError where it is gone already, or where the connection is older than it."""
        text = self.host.read(self.at("pending"))
        if text is not None:
            if connection is not None and json.loads(text)["connection"] == connection:
                raise FirewallError(
                    "the change cannot be confirmed over the connection that it was made over: only a new one proves "
                    "that the host can still be reached"
                )
            try:
                os.rename(self.at("pending"), self.at("confirmed"))
            except OSError:
                text = None
        if text is None:
            self.wait_for_rollback()
            if self.was_rolled_back():
                raise FirewallError("nobody confirmed the change in time, and the host has taken it back")
            return False
        self._clear()
        return True

    def roll_back(self):
        """Take the change back at once, where one is pending; return whether one was."""
        if not self.is_pending():
            return False
        if os.path.exists(self.at("pending")):
            self.host.run(["/bin/sh", self.at("restore")], timeout=120.0)
        self.wait_for_rollback()
        self._stop_timer()
        return True

    def wait_for_rollback(self, seconds=60):
        """Wait while a rollback is under way."""
        for dummy in range(seconds * 2):
            if not os.path.exists(self.at("rolling-back")):
                return
            time.sleep(0.5)

    def _stop_timer(self):
        for kind in ("timer", "service"):
            self.host.try_run(["systemctl", "stop", "{0}.{1}".format(self.timer, kind)])
            self.host.try_run(["systemctl", "reset-failed", "{0}.{1}".format(self.timer, kind)])

    def _clear(self):
        self._stop_timer()
        if os.path.exists("{0}/{1}".format(UNITS, self.unit)):
            self.host.run(["systemctl", "disable", "--quiet", self.unit])
            self.host.remove("{0}/{1}".format(UNITS, self.unit))
            self.host.run(["systemctl", "daemon-reload"])
        for name in ("pending", "confirmed", "rolled-back", "rolling-back", "restore"):
            self.host.remove(self.at(name))
        shutil.rmtree(self.at("before"), ignore_errors=True)
        for directory in (self.directory, os.path.dirname(self.directory)):
            try:
                os.rmdir(directory)
            except OSError:  # something else is in it, or it was never made
                return
