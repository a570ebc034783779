# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action audit_targets: what the nodes do next in an audit, by its plan and by what earlier steps found."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.door import Door
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_targets

COLLECT, PROBE, MEASURE = "collect", "probe", "measure"


class ActionModule(Door):
    """Runs once for each step."""

    ARGUMENTS = {
        "step": {"type": "str", "choices": [COLLECT, PROBE, MEASURE], "required": True},
        "plan": {"type": "dict", "required": True},
        "hosts": {"type": "dict", "required": True},
        "proxies": {"type": "dict", "default": {}},
        "listeners": {"type": "dict", "default": {}},
        "probed": {"type": "dict", "default": {}},
    }

    def answer(self, arguments):
        """Return the targets of a step, by node."""
        plan, hosts, listeners = arguments["plan"], arguments["hosts"], arguments["listeners"]
        if arguments["step"] == COLLECT:
            return {"nodes": audit_targets.to_collect(plan, hosts, arguments["proxies"])}
        if arguments["step"] == PROBE:
            return dict(audit_targets.to_probe(plan["ports"], hosts, listeners))
        return dict(audit_targets.to_measure(plan["ports"], hosts, listeners, arguments["probed"]))
