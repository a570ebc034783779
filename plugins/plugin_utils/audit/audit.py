# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit: evidence of all nodes in, a report out. A pure function, without Ansible."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import (
    cluster_evidence,
    coverage,
    left_out_checks,
    nodes_to_judge,
    readiness,
    report_document,
    switched_off_checks,
    waivers,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import endpoints, grouping
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import (
    ClusterNote,
    Document,
    Report,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks, collection_version
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import tls_interception
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    check_patterns,
    proxy_url,
    waiver_list,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import PortPlan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import scope_of

Inputs = Mapping[str, Any]


def audit(
    catalogue: Catalog,
    inputs: Inputs,
    evidence: Evidence,
    now: datetime.datetime,
    ports: PortPlan | None = None,
    not_collected: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Report:
    """Judge the evidence of every node.

    inputs: those of the role rtf_preflight, with their types. now: of UTC; it dates the report and ends waivers. ports: the
    plan of the port matrix, None where the run had none. not_collected: `{node: {id of a result: why}}` of what the evidence
    does not answer, because it was collected for other inputs.
    """
    rows, scope, today = checks.load(), scope_of(inputs), now.date()
    catalogue = of_site(catalogue, inputs)
    matrix = matrix_outcome.Matrix(ports, evidence) if ports else None
    evidence = cluster_evidence.with_shared_parts(evidence, matrix)
    inventory = {node: own["inventory"] for node, own in evidence.items()}
    cluster = nodes_to_judge.of_cluster(catalogue, inputs, inventory)

    # Everything below follows from this list of results.
    off, expected = switched_off_checks.switched_off(inputs), switched_off_checks.without_evidence(inputs)
    results = [
        result
        for subject in cluster
        for result in judge_node(
            rows,
            subject,
            evidence[subject.node],
            expected=expected,
            not_collected=not_collected.get(subject.node, {}),
        )
    ]
    selected = left_out_checks.summary(results, inputs["checks"], inputs["skip_checks"], off)
    left_out = left_out_checks.left_out(results, selected, evidence)
    accepted = waiver_list.parse(inputs["waivers"], check_patterns.globs(rows, catalogue))
    judged = left_out_checks.leave_out(results, selected)
    results = waivers.apply(judged, accepted, today, left_out)
    blocking = readiness.blocking(results, left_out)
    nodes = report_document.nodes(cluster, results, evidence)
    known = grouping.cluster_of(
        evidence,
        {node["name"]: node["address"] or "" for node in nodes},
        matrix.document["cells"] if matrix else (),
        rows,
        blocking,
        _proxies(inputs),
    )

    found_causes = grouping.of_report(results, known)
    nodes = report_document.as_causes_say(nodes, found_causes, blocking)
    probed = {node: own.get("egress") for node, own in evidence.items()}
    found: Document = {
        "format": report_document.FORMAT,
        "collection": collection_version.installed(),
        "generated": now.isoformat(timespec="seconds"),
        "release": scope.release,
        "control_plane": scope.control_plane,
        "phase": scope.phase,
        "readiness": report_document.readiness_of(nodes),
        "nodes": nodes,
        "blocking": len(blocking),
        "causes": found_causes,
        "selection": selected,
        "waivers": waivers.summary(judged, accepted, today, left_out),
        "results": results,
        "not_verified": coverage.not_verified(rows, judged, coverage.titles(catalogue, scope)),
        "cluster": cast(
            list[ClusterNote],
            tls_interception.notes(probed, endpoints.named_issuers(found_causes, results)),
        ),
    }
    if matrix:
        found["port_matrix"] = matrix.document
    return Report(found, blocking, evidence)


def _proxies(inputs: Inputs) -> dict[str, str]:
    """The URLs of the proxies that are set, by path, without credentials."""
    found = {}
    for path, name in (("http_proxy", "http_proxy"), ("socks5", "monitoring_proxy")):
        with contextlib.suppress(ValueError):
            known = proxy_url.parse(inputs.get(name, ""))
            if known:
                found[path] = known.text("")
    return found
