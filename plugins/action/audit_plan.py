# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action port_matrix_plan: who listens where and who probes whom, from the inventory and what the nodes said."""

from __future__ import annotations

import secrets

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node as evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import ports as port_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import (
    audit_runs,
    measurements,
    participants,
    port_matrix,
)

ARGUMENTS = {
    "release": {"type": "str", "required": True},
    "phase": {"type": "str", "required": True},
    "most_peers": {"type": "int", "required": True},
    "extra_ports": {"type": "list", "elements": "dict", "default": []},
    "outside_host": {"type": "str", "default": ""},
    "links": {"type": "bool", "default": True},
    "load_balancer": {"type": "str", "default": ""},
    "bandwidth": {
        "type": "str",
        "choices": [measurements.RING, measurements.ALL, measurements.NONE],
        "default": measurements.RING,
    },
    "step": {"type": "str", "choices": ["listen", "probe", "measure"], "required": True},
}


class ActionModule(ActionBase):
    """Runs once, on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return what each node of the batch has to do in a step; with the step listen also the run and its key."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        if arguments["step"] != "listen" and audit_runs.in_the_way(_listeners(task_vars)):
            # Nothing is proven beside another audit: preflight_report says so.
            result.update(changed=False, nodes={}, outside=[], rounds=[], load_balancer=None)
            return result
        catalogue = with_site_rows(catalog.load(), [], plain(arguments["extra_ports"]))
        nodes, absent = participants.members(_collect(task_vars), plain(task_vars["groups"]))
        taking_part = [node for node in nodes if node.name not in absent]
        planned = port_matrix.plan_for(
            catalogue,
            arguments["release"],
            arguments["phase"],
            taking_part,
            absent,
            arguments["most_peers"],
            bool(arguments["load_balancer"]),
        )
        if arguments["step"] == "listen":
            doing = {node.name: {"listen": port_matrix.listening(planned, node)} for node in taking_part}
            result["key"] = secrets.token_hex(32)
            result["run"] = audit_runs.this_run(secrets.token_hex(8))
        elif arguments["step"] == "measure":
            result["load_balancer"] = measurements.through_balancer(taking_part, arguments["load_balancer"])
            probed = {node.name: _probed(task_vars["hostvars"], node.name) for node in taking_part}
            which = arguments["bandwidth"] if arguments["links"] else measurements.NONE
            result["rounds"], lost = measurements.bandwidth(taking_part, probed, which)
            doing = {}
            for node in taking_part if arguments["links"] else ():
                peers, left_out = measurements.measurable(node, probed[node.name], "udp")
                doing[node.name] = {"peers": peers, "left_out": left_out, "bandwidth_left_out": lost.get(node.name, {})}
        else:
            held = _held(task_vars["hostvars"], taking_part)
            doing = {node.name: port_matrix.probes(planned, node, held) for node in taking_part}
            if arguments["outside_host"] in task_vars["groups"]["rtf_nodes"]:
                raise AnsibleActionFail(
                    f"rtf_preflight_outside_host: {arguments['outside_host']} is a node; name a host that is none"
                )
            result["outside"] = port_matrix.from_outside(planned, held)
        result.update(changed=False, nodes=doing)
        return result


def _collect(task_vars):
    hostvars, batch = task_vars["hostvars"], set(task_vars["ansible_play_batch"])
    names = (evidence.HOST_RESULT, evidence.COLLECTION_FAILURE, "rtf_node_address", "ansible_host")
    collected = {}
    for node in task_vars["groups"]["rtf_nodes"]:
        of_host = hostvars[node]  # put together anew each time
        variables = {name: plain(of_host[name]) for name in names if name in of_host}
        found = evidence.of_node(variables, True) if node in batch else {"not_run": evidence.OUTSIDE_RUN}
        collected[node] = {"variables": variables, "evidence": found}
    return collected


def _listeners(task_vars):
    """Return `{node: result of port_listener, or None}` of the nodes of this batch."""
    hostvars = task_vars["hostvars"]
    return {node: plain(hostvars[node].get(port_evidence.LISTENER)) for node in task_vars["ansible_play_batch"]}


def _probed(hostvars, name):
    return plain(hostvars[name].get(port_evidence.PROBES) or {}).get("peers")


def _held(hostvars, nodes):
    """Return `{node: {address: {transport: ports}}}` of what the listeners could not have because others hold it."""
    held = {}
    for node in nodes:
        result = plain(hostvars[node.name].get(port_evidence.LISTENER) or {})
        held[node.name] = port_evidence.held_ports((result.get("listening") or {}).get("places", []))
    return held
