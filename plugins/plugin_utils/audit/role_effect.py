# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role verifies of its own effect on one node, with the functions of the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import nodes_to_judge
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import blocking
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import InventoryEntry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.check_patterns import matches
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, UNKNOWN


class Effect(NamedTuple):
    """failures: the results that fail the role. warnings: others that failed or are unknown, recommendations."""

    results: list[Result]
    failures: list[Result]
    warnings: list[Result]


def judge_effect(
    catalogue: Catalog,
    inputs: Mapping[str, Any],
    inventory: Mapping[str, InventoryEntry],
    node: str,
    evidence: Mapping[str, Any],
    only: Sequence[str],
    must_pass: Sequence[str] = (),
) -> Effect:
    """Judge the evidence of one node.

    inputs: of the role, with their types. inventory: of every node of the cluster. only: globs of checks. must_pass: globs of
    those whose failure counts like that of a required one, with every release.
    """
    of_cluster = of_site(catalogue, {"cluster_profile": given(inputs.get("cluster_profile"))})
    [subject] = [found for found in nodes_to_judge.of_cluster(of_cluster, inputs, inventory) if found.node == node]
    results = judge_node(checks.load(), subject, evidence, only, must_pass)
    wrong = [entry for entry in results if entry["severity"] != "info" and entry["status"] in (FAIL, UNKNOWN)]
    required = blocking(results)
    failures = [entry for entry in wrong if entry in required or matches(entry["id"], must_pass)]
    return Effect(results, failures, [entry for entry in wrong if entry not in failures])


def sentence(result: Result) -> str:
    """Return a result in one line."""
    return f"{result['id']}: {result['title']}: {result['status']}: {result['observed']}. {result['remedy']}"
