# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each node's check may need to know of the other nodes."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import mtu_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import address_of


def of_nodes(collected):
    """Return `{node: {"address", "os", "hostname", "mtu"}}`, each None where it is not known.

    collected: `{node: {"variables", "evidence"}}`, evidence as evidence.of_node returns it.
    """
    return {
        node: {
            "address": address_of(found["variables"]) or None,
            "os": _known(part, found["evidence"], "host", "system", "os"),
            "hostname": _known(part, found["evidence"], "host", "system", "hostname", "name"),
            "mtu": _known(mtu_of, address_of(found["variables"]) or "", found["evidence"]),
        }
        for node, found in collected.items()
    }


def sizes(groups):
    """Return `{node: {"controllers", "workers"}}` for the first controller, which answers for all; numbers of nodes.

    groups: `{group: [node, ...]}`.
    """
    nodes = {name: list(groups.get(f"rtf_{name}", ())) for name in ("controllers", "workers")}
    return {node: {name: len(found) for name, found in nodes.items()} for node in nodes["controllers"][:1]}


def _known(function, *arguments):
    try:
        return function(*arguments)
    except NoEvidence:
        return None
