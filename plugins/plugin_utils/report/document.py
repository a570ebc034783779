# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as data: what report.json holds and every rendering starts from."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import selection
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import (
    blocking,
    cluster_readiness,
    node_readiness,
)

FORMAT = 1  # raised when a field changes its meaning or goes away


def build(scope, subjects, results, requirements, verified, generated, chosen=None, waivers=(), absent=None):
    """Return the report.

    scope: `{"release", "control_plane", "phase"}`. subjects: Subjects in inventory order. results: check results of all
    nodes. requirements: `{row id: title}` of every row that holds for the scope. verified: ids of the rows that some
    check looked at. generated: a UTC time as text. chosen: what selection.summary says. waivers: what waivers.summary says.
    absent: `{node: evidence}` of the nodes that could not be reached, or take no part in the run.
    """
    chosen, absent = chosen or selection.summary(results), absent or {}
    by_node = {subject.node: [result for result in results if result["node"] == subject.node] for subject in subjects}
    nodes = [
        {
            "name": subject.node,
            "role": subject.role,
            "address": subject.address or None,
            "readiness": node_readiness(by_node[subject.node]),
            "unreachable": absent.get(subject.node, {}).get("unreachable"),
        }
        for subject in subjects
    ]
    return {
        "format": FORMAT,
        "generated": generated,
        **scope,
        "readiness": cluster_readiness({node["name"]: node["readiness"] for node in nodes}),
        "nodes": nodes,
        "blocking": len(blocking(results, left_out(results, chosen, absent))),
        "selection": chosen,
        "waivers": list(waivers),
        "results": results,
        "not_verified": [
            {"id": row_id, "title": title} for row_id, title in requirements.items() if row_id not in verified
        ],
    }


def left_out(results, chosen, absent):
    """Return `{(id of a check, node)}` of what the site left out on nodes of the run; arguments as for build."""
    return {
        (result["id"], result["node"])
        for result in results
        if result["id"] in chosen["left_out"] and "not_run" not in absent.get(result["node"], {})
    }
