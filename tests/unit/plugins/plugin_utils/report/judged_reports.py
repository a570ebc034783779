# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of two nodes, built from the judge's own results."""

import datetime

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import (
    coverage,
    left_out_checks,
    readiness,
    report_document,
    waivers,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import grouping
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import waiver_list
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import scope_of
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

NODES = [samples.subject("n1"), samples.subject("n2", address="")]


def document_of(results, selected=None, told=(), evidence=None):
    """The content of report.json."""
    evidence = evidence or {"n1": {}, "n2": {}}
    nodes = report_document.nodes(NODES, results, evidence)
    cluster = grouping.cluster_of(
        evidence, {node.node: node.address for node in NODES}, (), checks.load(), readiness.blocking(results)
    )
    asked, proven = (
        coverage.titles(catalog.load(), scope_of(samples.SCOPE)),
        {i for entry in results for i in entry["requirement"]},
    )
    return {
        **samples.SCOPE,
        "readiness": report_document.readiness_of(nodes),
        "causes": grouping.of_report(results, cluster),
        "nodes": nodes,
        "selection": selected or left_out_checks.summary(results),
        "waivers": list(told),
        "results": results,
        "not_verified": [{"id": name, "title": title} for name, title in asked.items() if name not in proven],
    }


def report(**evidence_by_node):
    """A report of the nodes n1 and n2; evidence that is not given is in order."""
    evidence = {node.node: evidence_by_node.get(node.node, samples.evidence(node.node)) for node in NODES}
    results = [result for node in NODES for result in judge_node(checks.load(), node, evidence[node.node])]
    return document_of(results, evidence=evidence)


def waived(found, *entries, skip=()):
    """The report as it is with entries of rtf_waivers, and of rtf_skip_checks."""
    parsed, today = waiver_list.parse(entries, lambda value: None), datetime.date(2027, 1, 31)
    selected = left_out_checks.summary(found["results"], skip=skip)
    judged = left_out_checks.leave_out(found["results"], selected)
    results, told = waivers.apply(judged, parsed, today), waivers.summary(judged, parsed, today)
    return {
        **document_of(results, selected, told),
        "not_verified": [],
    }


def broken():
    evidence = samples.evidence("n2")
    evidence["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]["live"] = "0"
    evidence["host"]["network"]["resolvers"]["nameservers"] = ["127.0.0.53"]
    return evidence
