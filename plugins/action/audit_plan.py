# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action audit_plan: what an audit collects from each node and probes between them."""

from __future__ import annotations

import json
import secrets

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inventory
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_plan, concurrent_audits

ROLE = "rtf_preflight"


class ActionModule(ControllerAction):
    """Runs once."""

    ARGUMENTS = {"checked": {"type": "str", "required": True}, "forks": {"type": "int", "default": 5}}

    def answer(self, arguments):
        """Return the plan, and the key and the identity of this run for listeners."""
        found = self.registered(self.batch(), {"checked": arguments["checked"]})
        inputs = {node: of_node["checked"]["inputs"] for node, of_node in found.items()}
        problems = inventory.disagreements_of_role(inputs, input_declarations.load().of_role(ROLE))
        if problems:
            raise ValueError("\n".join(problems))
        first = next(iter(inputs.values()), {})
        catalogue = of_site(catalog.load(), first)
        addresses = {node: address_of(entry) for node, entry in self.inventory().items()}
        plan = audit_plan.plan_audit(catalogue, checks.load(), self.groups(), addresses, inputs, arguments["forks"])
        ports = plan["ports"]
        return {
            # As JSON: ansible-core before 2.19 walks through a whole variable each time that a task names a part of it.
            "nodes": {node: json.dumps(of_node) for node, of_node in plan["nodes"].items()},
            "ports": json.dumps(ports or {}),
            "times": ports["times"] if ports else {},
            "outside_host": ports["outside_host"] if ports else "",
            "key": secrets.token_hex(32),
            "run": concurrent_audits.this_run(secrets.token_hex(8)),
        }
