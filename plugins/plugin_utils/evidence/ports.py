# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the registered results of a run to what each node knows of the ports."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import failures

# Names under which the role rtf_preflight leaves what it found for a node.
LISTENER = "__rtf_preflight_listener"
LISTENER_END = "__rtf_preflight_listener_end"
PROBES_PLAN = "__rtf_preflight_probes"
PROBES = "__rtf_preflight_probed"
LINKS_PLAN = "__rtf_preflight_links_plan"
LINKS = "__rtf_preflight_links"
BANDWIDTH = "__rtf_preflight_bandwidth_found"
BALANCER = "__rtf_preflight_balancer"
OUTSIDE = "__rtf_preflight_outside"
FAILURE = "__rtf_preflight_matrix_failure"

NEVER_STARTED = "no listener was started there"
NOTHING_PROBED = "nothing was probed"
NOTHING_MEASURED = "nothing was measured"


def of_node(name, variables, outside=None):
    """Return the evidence of one node, or None where the matrix was not tried on it.

    variables: the node's variables, the registered results among them, where they exist; outside: what from_outside
    returns. Everything that concerns other nodes only is left in them: with many nodes it is most of what there is.
    The evidence is `{"places", "alive", "lost", "probes", "left_out", "asked"}`: where it listened, whether its listener
    lived to the end, why the node was not reached in the end (empty where it was), what its probes found, whom it left
    out with the reason, and, where it probed a sample of the others only, the names of these;
    `places` and `probes` are `{"error": why}` where there are none. Where the ways to others were to be measured it has
    `links`, what link_info found, or an error likewise, and `unmeasured`, `{name: why}`; where bandwidth was, `bandwidth`,
    what bandwidth_info found, and `bandwidth_left_out`, `{name: why}`. The node that connects through a load balancer
    has `balancer`, what load_balancer_info found, or an error. `outside` is what was found of the node from outside.
    """
    listener, end, probed = (variables.get(key) or {} for key in (LISTENER, LISTENER_END, PROBES))
    planned = (variables.get(PROBES_PLAN) or {}).get("nodes", {}).get(name)
    if planned is None and not listener:
        return None
    status, failure = listener.get("listening") or {}, variables.get(FAILURE)
    evidence = {
        "places": status.get("places") or {"error": _why(listener, failure, NEVER_STARTED)},
        "alive": "places" in (end.get("listening") or {}),
        "lost": _why(end, None, "") if end.get("unreachable") else "",
        "probes": probed["peers"] if "peers" in probed else {"error": _why(probed, failure, NOTHING_PROBED)},
        "left_out": (planned or {}).get("left_out", {}),
        "asked": [peer["name"] for peer in planned["peers"]] if planned and planned.get("sampled") else None,
    }
    measuring = (variables.get(LINKS_PLAN) or {}).get("nodes", {}).get(name)
    if measuring is not None and "unmeasured" in measuring:
        links = variables.get(LINKS) or {}
        evidence["links"] = links["peers"] if "peers" in links else {"error": _why(links, failure, NOTHING_MEASURED)}
        evidence["unmeasured"] = measuring["unmeasured"]
    if measuring is not None and "bandwidth_left_out" in measuring:
        evidence["bandwidth"] = variables.get(BANDWIDTH) or []
        evidence["bandwidth_left_out"] = measuring["bandwidth_left_out"]
    through = (variables.get(LINKS_PLAN) or {}).get("load_balancer") or {}
    if through.get("from") == name:
        balancer = variables.get(BALANCER) or {}
        evidence["balancer"] = (
            {part: balancer[part] for part in ("connections", "reached", "failures")}
            if "reached" in balancer
            else {"error": _why(balancer, failure, NOTHING_MEASURED)}
        )
    if outside:
        tried = [peer for peer in outside.get("peers", ()) if peer["name"] == name]
        evidence["outside"] = tried[0] if tried else {"error": _why(outside, failure, NOTHING_PROBED)}
    return evidence


def from_outside(variables):
    """Return what was found from outside, which one node has for all; variables: a list of those of each node."""
    found = (one.get(OUTSIDE) or {} for one in variables)
    return next((result for result in found if result and not result.get("skipped")), {})


def held_ports(places):
    """Return `{address: {transport: set of ports}}` of the ports that processes of the node's own hold."""
    return {
        place["address"]: {
            transport: {
                port for holder in place[transport]["occupied"] for port in port_ranges.numbers(holder["ports"])
            }
            for transport in ("tcp", "udp")
        }
        for place in places
    }


def _why(result, failure, otherwise):
    return failures.reason(result.get("msg") or failure or otherwise)
