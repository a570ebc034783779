# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of clusters of any size: those of an audit of four nodes, of which each stands for many."""

import copy
import functools
import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

CONTROLLERS = 3
# What markup, terminals, XML and tables take for their own. It ends as it began, so that texts can be told apart by their ends.
HOSTILE = '<script>alert(1)</script> ]]> --> \x00\x1b[31m `x` | *y* __z__ ~~s~~ ![i](j) [k](l) {{ m }} "q" & \u2028 \ud83d\ude00'.encode(
    "utf-16", "surrogatepass"
).decode("utf-16")
# What a host or a peer can choose.
FREE = (
    "observed",
    "remedy",
    "expected",
    "title",
    "what",
    "ask",
    "confirm",
    "confirmed_by",
    "reason",
    "detail",
    "unreachable",
    "address",
    "before",
)
_UNSHOWN = re.compile("[\u0000-\u001f\u007f-\u009f]")


def report(count, broken=False, hostile=False):
    """Return the Report of so many nodes, of which each has measured its links to all others."""
    found = _audited(broken)
    document = grown(found.document, count)
    return Report(hostile_text(document) if hostile else document, found.blocking, found.evidence)


def unreachable(document, reason):
    """Return a document in which no check of any node has an answer, for one reason."""
    results = [{**one, "status": "unknown", "observed": reason, "waiver": None} for one in document["results"]]
    return {**document, "nodes": [{**node, "unreachable": reason} for node in document["nodes"]], "results": results}


def hostile_text(value):
    """Return a value with hostile text at the end of every text that a host or a peer can choose."""
    if isinstance(value, dict):
        return {
            key: f"{found}{HOSTILE}" if key in FREE and isinstance(found, str) else hostile_text(found)
            for key, found in value.items()
        }
    return [hostile_text(entry) for entry in value] if isinstance(value, list) else value


def shown(text):
    """Return a text as formats of one line show it."""
    return " ".join(_UNSHOWN.sub("?", " ".join(text.split())).split())


@functools.lru_cache
def _audited(broken):
    """The Report of one controller and three workers."""
    evidence = copy.deepcopy(test_audit.collected())
    if broken:
        for own in evidence.values():
            for probe in own["egress"][::5]:
                probe.update(verdict="dropped", detail=None)
        for parameter in evidence["w1"]["host"]["kernel"]["sysctls"].values():
            parameter["live"] = "0"
        clusters.spoil({name: own["ports"] for name, own in evidence.items()}, "w1", "w2", "tcp", "dropped", "10250")
    waivers = [{"checks": ["host.*"], "reason": "samples", "expires": "2999-12-31"}]
    return test_audit.audit_of(samples.audit_inputs(waivers=waivers), evidence)


def grown(document, count):
    """Return the document of so many nodes, each of which is like one of the document."""
    like = _templates([node["name"] for node in document["nodes"]], count)
    copies = {}
    for name, template in like.items():
        copies.setdefault(template, []).append(name)
    nodes = {node["name"]: node for node in document["nodes"]}
    results = {name: [one for one in document["results"] if one["node"] == name] for name in nodes}
    return {
        **document,
        "nodes": [{**nodes[template], "name": name} for name, template in like.items()],
        "results": [{**one, "node": name} for name, template in like.items() for one in results[template]],
        "causes": [_grown_cause(cause, copies) for cause in document["causes"]],
        "port_matrix": _matrix(document["port_matrix"], like),
    }


def _templates(names, count):
    """`{name of a node: name of the node that it is like}`."""
    controllers, workers = names[:1], names[1:]
    many = min(CONTROLLERS, count - 1)
    return {
        **{f"controller-{number + 1}": controllers[0] for number in range(many)},
        **{f"worker-{number + 1}": workers[number % len(workers)] for number in range(count - many)},
    }


def _grown_cause(cause, copies):
    return {
        **cause,
        "nodes": [name for node in cause["nodes"] for name in copies.get(node, ())],
        "explains": [{**entry, "node": name} for entry in cause["explains"] for name in copies.get(entry["node"], ())],
    }


def _matrix(matrix, like):
    by_pair = {(pair["source"], pair["destination"]): pair for pair in matrix["pairs"]}
    others = {template: next(name for name in like.values() if name != template) for template in like.values()}
    pairs, cells = [], []
    for source, one in like.items():
        for destination, other in like.items():
            pair = (one, other) if source == destination or one != other else (one, others[one])
            pairs.append({**by_pair[pair], "source": source, "destination": destination})
            cells += [
                {**cell, "source": source, "destination": destination}
                for cell in matrix["cells"]
                if (cell["source"], cell["destination"]) == pair
            ]
    ways = [(source, destination) for source in like for destination in like if source != destination]
    links = [_link(number, *way) for number, way in enumerate(ways)]
    rates = [
        {"source": source, "destination": destination, "mean_mbit": 900.0 + number, "peak_mbit": 1000.0 + number}
        for number, (source, destination) in enumerate(ways[: 2 * len(like)])
    ]
    return {**matrix, "nodes": list(like), "pairs": pairs, "cells": cells, "links": links, "bandwidth": rates}


def _link(number, source, destination):
    middle = 0.2 + number % 7 / 10
    return {
        "source": source,
        "destination": destination,
        "loss_percent": 0.0,
        "rtt_ms": {"min": 0.1, "p50": middle, "p95": 2 * middle, "max": 3 * middle},
        "clock": {"offset_ms": (-1) ** number * middle / 10, "error_ms": 0.01},
        "path": {"mtu": 1500, "arrives": True, "icmp": False, "interface": "eth0", "interface_mtu": 1500},
    }
