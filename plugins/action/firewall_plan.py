# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action firewall_plan: what the firewall of a node has to let in, from the catalogue and the inventory."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import given, role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import firewall

display = Display()

INPUTS = (*firewall.SIDE_OF_INPUT, firewall.EXTRA_PORTS)

ARGUMENTS = {
    "release": {"type": "str", "required": True},
    "phase": {"type": "str", "required": True},
    "internal_networks": {"type": "raw", "default": []},
    "ingress_sources": {"type": "raw", "default": []},
    "extra_ports": {"type": "raw", "default": []},
    "expire": {"type": "str", "default": "24h"},
    "default_deny": {"type": "raw", "default": False},
    "applied": {"type": "dict"},
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
            firewall.addresses_of(
                name,
                role_of(name, groups),
                {key: plain(hostvars[name][key]) for key in firewall.OF_THE_NODE if key in hostvars[name]},
            )
            for name in groups.get("rtf_nodes", [])
        ]
        inputs = {name: given(plain(arguments[name.removeprefix("rtf_")])) for name in INPUTS}
        internal, ingress, extra = (value or [] for value in inputs.values())
        applied = plain(arguments["applied"] or {})
        denies = given(plain(arguments["default_deny"]))
        denies = bool(applied.get("default_deny")) if denies is None else denies
        catalogue = catalog.load()
        problems = firewall.problems(nodes, internal)
        if denies:
            problems += firewall.denying(catalog.release_of(catalogue, arguments["release"]))
        if problems:
            raise AnsibleActionFail("The firewall was not touched. " + "\n".join(problems))
        catalogue, scope = with_site_rows(catalogue, [], extra), (arguments["release"], arguments["phase"])
        role = role_of(task_vars["inventory_hostname"], groups)
        found = firewall.with_former(
            firewall.firewall(catalogue, scope, nodes, role, internal, ingress),
            applied.get("rules") or [],
            scope,
            catalogue,
            [name for name, value in inputs.items() if value is None],
        )
        for variable, ids in found["left_out"].items():
            display.warning(f"{variable} is not set, so no firewall opens: {', '.join(ids)}")
        if applied.get("default_deny") and not denies:
            found["taken_away"].append("the denial of everything else")
        result.update(changed=False, expire_after=firewall.seconds(arguments["expire"]), default_deny=denies, **found)
        return result
