# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One inspection of a node for several roles, and the evidence of one of them out of it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import Host

JUDGING = ("checks", "must_pass")

# What Role.inspection returns.
Inspection = Mapping[str, Any]


def merged(inspections: Iterable[Inspection]) -> dict[str, Any]:
    """Return the arguments of host_info that collect the evidence for all of them, each entry once."""
    options: dict[str, Any] = {}
    for inspection in inspections:
        for name, wanted in inspection.items():
            if name in JUDGING:
                continue
            if isinstance(wanted, Mapping):
                options[name] = {**options.get(name, {}), **wanted}
            elif isinstance(wanted, (str, bool)):  # an option of one caller alone
                options[name] = wanted
            else:
                found = options.setdefault(name, [])
                found.extend(entry for entry in wanted if entry not in found)
    return options


def evidence_for(inspection: Inspection, host: Host) -> Host:
    """Return the evidence as if it had been collected for one role alone.

    Sections and options of the roles are of different names; blocks are not, and host_info looks for each name in more files.
    """
    names = {place["name"] for place in inspection.get("blocks", ())}
    blocks = [block for block in host.get("blocks", ()) if block["name"] in names]
    return {**host, "blocks": blocks} if "blocks" in host else host
