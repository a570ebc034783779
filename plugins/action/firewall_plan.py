# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action firewall_plan: what the firewall of a node has to let in, from the catalogue and the inventory."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog, firewall_plan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.site_rows import with_site_rows

display = Display()

ARGUMENTS = {
    "release": {"type": "str", "required": True},
    "phase": {"type": "str", "required": True},
    "internal_networks": {"type": "list", "elements": "str", "default": []},
    "ingress_sources": {"type": "list", "elements": "str", "default": []},
    "extra_ports": {"type": "list", "elements": "dict", "default": []},
    "expire": {"type": "str", "default": "24h"},
    "default_deny": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return sets and rules for the host of the task; fail where the inventory does not say enough."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        groups, hostvars = plain(task_vars["groups"]), task_vars["hostvars"]
        nodes = [
            firewall_plan.addresses_of(
                name,
                role_of(name, groups),
                {key: plain(hostvars[name][key]) for key in firewall_plan.OF_THE_NODE if key in hostvars[name]},
            )
            for name in groups.get("rtf_nodes", [])
        ]
        internal, ingress = plain(arguments["internal_networks"]), plain(arguments["ingress_sources"])
        catalogue = catalog.load()
        problems = firewall_plan.problems(nodes, internal)
        if arguments["default_deny"]:
            problems += firewall_plan.denying(catalog.release_of(catalogue, arguments["release"]))
        if problems:
            raise AnsibleActionFail("The firewall was not touched. " + "\n".join(problems))
        found = firewall_plan.firewall(
            with_site_rows(catalogue, [], plain(arguments["extra_ports"])),
            (arguments["release"], arguments["phase"]),
            nodes,
            role_of(task_vars["inventory_hostname"], groups),
            internal,
            ingress,
        )
        for variable, ids in found["left_out"].items():
            display.warning(f"{variable} is not set, so no firewall opens: {', '.join(ids)}")
        result.update(changed=False, expire_after=firewall_plan.seconds(arguments["expire"]), **found)
        return result
