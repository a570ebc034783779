# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program of ours on the host that loads rules beside those of the site, and the systemd unit that calls it.

For firewalls whose own files have no place for rules of another program. The unit follows the site's own one: when
that is restarted or reloaded, and with it everything is flushed, ours loads again behind it.
"""

DIRECTORY = "/etc/systemd/system"

UNIT = """\
# Written by hostprep.runtime_fabric.
[Unit]
Description=Firewall rules called {label}, beside those of the site
DefaultDependencies=no
After=local-fs.target {site}
PartOf={site}
ReloadPropagatedFrom={site}
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={program} load
ExecReload={program} load
ExecStop={program} unload

[Install]
WantedBy=multi-user.target {site}
"""


class Loader(object):
    """The program and the unit for a label. site_units: names of the units that load the rules of the site."""

    def __init__(self, host, label, site_units):
        self.host, self.label, self.site_units = host, label, site_units
        name = label.replace("_", "-") + "-firewall"
        self.program = "/usr/local/sbin/" + name
        self.unit = name + ".service"
        self.unit_path = "{0}/{1}".format(DIRECTORY, self.unit)

    def files(self):
        """Every path that install writes, the links of the enabled unit among them."""
        wanted_by = ("multi-user.target",) + tuple(self.site_units)
        links = ["{0}/{1}.wants/{2}".format(DIRECTORY, target, self.unit) for target in wanted_by]
        return [self.program, self.unit_path] + links

    def unit_text(self):
        """The unit as it is written."""
        return UNIT.format(label=self.label, program=self.program, site=" ".join(self.site_units))

    def in_place(self, program_text):
        """Whether program and unit are as install would write them, and the unit comes at boot."""
        return (
            self.host.read(self.program) == program_text
            and self.host.read(self.unit_path) == self.unit_text()
            and self.host.unit_is("is-enabled", self.unit)
        )

    def install(self, program_text):
        """Write program and unit, let systemd know, and start the unit, which loads the rules."""
        self.host.write(self.program, program_text, 0o755)
        self.host.write(self.unit_path, self.unit_text())
        self.host.run(["systemctl", "daemon-reload"])
        self.host.run(["systemctl", "enable", "--quiet", self.unit])

    def load(self):
        """Load the rules; the unit then counts as active, so that it follows the unit of the site."""
        if self.host.unit_is("is-active", self.unit):
            self.host.run([self.program, "load"])
        else:
            self.host.run(["systemctl", "start", self.unit])

    def uninstall(self):
        """Take the rules out of the kernel, and program and unit off the host."""
        if self.host.read(self.unit_path) is not None:
            self.host.run(["systemctl", "disable", "--quiet", "--now", self.unit])
        if self.host.read(self.program) is not None:
            self.host.run([self.program, "unload"])
        self.host.remove(self.program)
        self.host.remove(self.unit_path)
        self.host.run(["systemctl", "daemon-reload"])

    def restore_commands(self):
        """Shell lines for a rollback, when the files are back."""
        if self.host.read(self.program) is None:
            return [
                "systemctl daemon-reload",
                "systemctl stop {0} 2>/dev/null".format(self.unit),
                "systemctl reset-failed {0} 2>/dev/null".format(self.unit),
            ]
        # Only an active unit follows a reload of the site's own.
        load = "if systemctl is-active --quiet {0}; then {1} load; else systemctl start {0}; fi"
        return ["systemctl daemon-reload", load.format(self.unit, self.program)]
