# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action audit_targets: what the nodes do next in an audit, by its plan and by what earlier steps found."""

from __future__ import annotations

import json

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_targets

COLLECT, PROBE, MEASURE = "collect", "probe", "measure"


class ActionModule(ControllerAction):
    """Runs once for each step."""

    ARGUMENTS = {
        "step": {"type": "str", "choices": [COLLECT, PROBE, MEASURE], "required": True},
        "nodes": {"type": "dict", "default": {}},
        "ports": {"type": "dict", "default": {}},
        "participants": {"type": "dict", "default": {}},
        "results": {"type": "dict", "required": True},
        "outside": {"type": "bool", "default": False},
    }

    def answer(self, arguments):
        """Return the targets of a step, by node."""
        found = getattr(self, f"_{arguments['step']}")(arguments)
        # As JSON: ansible-core before 2.19 walks through a whole variable each time that a task names a part of it.
        return {**found, "nodes": {node: json.dumps(targets) for node, targets in found["nodes"].items()}}

    def _collect(self, arguments):
        plan = {
            "nodes": {node: json.loads(planned) for node, planned in arguments["nodes"].items()},
            "ports": arguments["ports"] or None,
        }
        proxies = {
            node: checked["inputs"]["http_proxy"] for node, checked in self._results(arguments, "checked").items()
        }
        return audit_targets.to_collect(plan, self._results(arguments, "host_info"), proxies, bool(self.lost()))

    def _probe(self, arguments):
        listeners = self._results(arguments, "listener")
        return audit_targets.to_probe(arguments["ports"], arguments["participants"], listeners)

    def _measure(self, arguments):
        listeners, probed = self._results(arguments, "listener"), self._results(arguments, "probes")
        return audit_targets.to_measure(
            arguments["ports"], arguments["participants"], listeners, probed, arguments["outside"]
        )

    def _results(self, arguments, part):
        """`{node: result of a module}` of the nodes of the run, empty where a task did not run."""
        found = self.registered(self.batch(), {part: arguments["results"][part]})
        return {node: of_node.get(part, {}) for node, of_node in found.items()}
