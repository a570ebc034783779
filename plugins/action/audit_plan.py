# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action audit_plan: what an audit collects from each node and probes between them."""

from __future__ import annotations

import secrets

from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_plan, audit_runs
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import address_of

ARGUMENTS = {"inputs": {"type": "dict", "required": True}, "forks": {"type": "int", "default": 5}}
ADDRESSES = ("rtf_node_address", "ansible_host")


class ActionModule(ActionBase):
    """Runs once, on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return the plan, and the key and the identity of this run for listeners."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        inputs, groups = plain(arguments["inputs"]), plain(task_vars["groups"])
        first = next(iter(inputs.values()), {})
        catalogue = with_site_rows(catalog.load(), first.get("extra_endpoints", []), first.get("extra_ports", []))
        addresses = {node: _address(task_vars["hostvars"][node]) for node in groups["rtf_nodes"]}
        result["plan"] = audit_plan.plan_audit(catalogue, checks.load(), groups, addresses, inputs, arguments["forks"])
        result["key"] = secrets.token_hex(32)
        result["run"] = audit_runs.this_run(secrets.token_hex(8))
        result["changed"] = False
        return result


def _address(variables):
    return address_of({name: plain(variables[name]) for name in ADDRESSES if name in variables})
