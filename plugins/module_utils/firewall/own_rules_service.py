# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A script on the host that loads our rules in addition to those of the site, and the systemd units that run it.

For firewalls whose own configuration has no place for rules of others. The rules are in a directory that no other program
reads. The unit follows the units of the site: when one is restarted or reloaded, which flushes everything, ours is loaded
again after it. A second unit does the same when a unit of the site is started while ours is active already.
"""

from collections import OrderedDict

DIRECTORY = "/etc/systemd/system"
RULES_DIRECTORY = "/var/lib/hostprep-runtime-fabric/firewall"
HEAD = "# Written by hostprep.runtime_fabric"

UNIT = """\
# Written by hostprep.runtime_fabric.
[Unit]
Description=Firewall rules called {label}, beside those of the site
DefaultDependencies=no
RequiresMountsFor={directory}
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

BEHIND_SITE = """\
# Written by hostprep.runtime_fabric.
[Unit]
Description=Load the firewall rules called {label} again, behind those of the site
DefaultDependencies=no
RequiresMountsFor={directory}
After=local-fs.target {site} {unit}
Before={rollback}

[Service]
Type=oneshot
ExecStart={program} load

[Install]
WantedBy={site}
"""


class Loader:
    """The script and the units for a label.

    site_units: names of the units that load the rules of the site. former_files: where earlier versions kept the rules.
    """

    def __init__(self, host, label, site_units, former_files=()):
        self.host, self.label, self.site_units, self.former_files = host, label, site_units, former_files
        name = label.replace("_", "-") + "-firewall"
        self.program = "/usr/local/sbin/" + name
        self.unit = name + ".service"
        self.behind_site = name + "-behind-site.service"

    def rules_path(self, suffix):
        """The file with the rules that the script loads."""
        return f"{RULES_DIRECTORY}/{self.label}.{suffix}"

    def _units(self):
        """Return {name: text} of the units."""
        values = {
            "label": self.label,
            "program": self.program,
            "site": " ".join(self.site_units),
            "unit": self.unit,
            "rollback": self.label.replace("_", "-") + "-firewall-rollback-at-boot.service",  # of rollback_timer.py
            "directory": RULES_DIRECTORY,
        }
        return OrderedDict([(self.unit, UNIT.format(**values)), (self.behind_site, BEHIND_SITE.format(**values))])

    def files(self):
        """Every path that install and uninstall write or remove, the links of the enabled units among them."""
        links = [(target, self.unit) for target in ("multi-user.target",) + tuple(self.site_units)]
        links += [(target, self.behind_site) for target in self.site_units]
        return (
            [self.program]
            + [_path(name) for name in self._units()]
            + [f"{DIRECTORY}/{target}.wants/{name}" for target, name in links]
            + list(self.former_files)
        )

    def in_place(self, program_text):
        """Whether script and units are as install would write them, and the units are enabled."""
        return self.host.read(self.program) == program_text and all(
            self.host.read(_path(name)) == text and self.host.unit_is("is-enabled", name)
            for name, text in self._units().items()
        )

    def left_behind(self):
        """Return the files that an earlier version wrote to a directory which the site's own loader may read."""
        return [path for path in self.former_files if (self.host.read(path) or "").startswith(HEAD)]

    def install(self, program_text):
        """Write script and units, and enable the units. Files of earlier versions elsewhere are removed."""
        self.host.write(self.program, program_text, 0o755)
        for name, text in self._units().items():
            self.host.write(_path(name), text)
        self.host.run(["systemctl", "daemon-reload"])
        self.host.run(["systemctl", "enable", "--quiet"] + list(self._units()))
        self._remove_left_behind()

    def _remove_left_behind(self):
        for path in self.left_behind():
            self.host.remove(path)

    def load(self):
        """Load the rules; the unit then counts as active, so that it follows the unit of the site."""
        if self.host.unit_is("is-active", self.unit):
            self.host.run([self.program, "load"])
        else:
            self.host.run(["systemctl", "start", self.unit])

    def uninstall(self):
        """Remove the rules from the kernel, and script and units from the host."""
        for name in self._units():
            if self.host.read(_path(name)) is not None:
                self.host.run(["systemctl", "disable", "--quiet", "--now", name])
        if self.host.read(self.program) is not None:
            self.host.run([self.program, "unload"])
        self.host.remove(self.program)
        for name in self._units():
            self.host.remove(_path(name))
        self._remove_left_behind()
        self.host.run(["systemctl", "daemon-reload"])

    def restore_commands(self):
        """Shell lines for a rollback, after the files are restored."""
        if self.host.read(self.program) is None:
            return [
                "systemctl daemon-reload",
                f"systemctl stop {self.unit} 2>/dev/null",
                f"systemctl reset-failed {self.unit} 2>/dev/null",
            ]
        # Only an active unit follows a reload of the site's own.
        load = "if systemctl is-active --quiet {0}; then {1} load; else systemctl start {0}; fi"
        return ["systemctl daemon-reload", load.format(self.unit, self.program)]


def _path(unit):
    return f"{DIRECTORY}/{unit}"
