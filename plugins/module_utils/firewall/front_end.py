# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewalld and ufw have in common: a service whose rules a person writes with a program of its own."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend import Backend


class FrontEnd(Backend):
    """program: its command. undo_path: commands that restore what runs. script_path: a script that removes expired rules."""

    program = ""
    works_through = ("nftables", "iptables")
    has_service = True
    closes_by_itself = False

    def __init__(self, host, label):
        super().__init__(host, label)
        self.prefix = label + "-"
        self.undo_path = f"/run/{label}-{self.name}.undo"
        self.script_path = f"/var/lib/hostprep-runtime-fabric/{label}-{self.name}-close"

    def installed(self):
        return self.host.program(self.program) is not None

    def running(self):
        return self._is_active() and self.host.unit_is("is-enabled", self.unit)

    def _is_active(self):
        raise NotImplementedError

    def closing_command(self):
        return ["/bin/sh", self.script_path]
