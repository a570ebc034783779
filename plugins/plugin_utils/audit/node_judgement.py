# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge one node: every check of the catalogue, in its order, each on its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks import access
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import function_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.selected_checks import Check, applying
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import SKIPPED, UNKNOWN

NOT_COLLECTED = "the run did not collect "
WITH_THESE_INPUTS = "Run the audit again with these inputs: a saved run has only the evidence that it collected."
AGAIN = "Run the audit again; if the result is the same, investigate the reason on the node."


def judge_node(
    checks: Iterable[Check],
    subject: Subject,
    evidence: Mapping[str, Any],
    only: Sequence[str] = ("*",),
    insist: Sequence[str] = (),
    expected: Collection[str] = (),
    not_collected: Mapping[str, str] = MappingProxyType({}),
) -> list[Result]:
    """Return the check results of one node.

    checks: rows of catalog/checks/. evidence: a NodeEvidence. only: globs of check ids. insist: globs of checks that are made
    although the release or its line does not ask for them. expected: ids of checks that have a result although the
    evidence with which they exist was not collected. not_collected: `{id of a result: why}` of those that cannot be judged.
    """
    results: list[Result] = []
    for result_id, check, row, required in applying(checks, subject, insist):
        needed = check.get("only_with")
        if needed and needed not in evidence and check["id"] not in expected and check["id"] not in not_collected:
            continue
        if not any(fnmatchcase(result_id, pattern) for pattern in only):
            continue
        if required:
            finding = _judge(check["id"], subject, evidence, row, not_collected.get(result_id, ""))
        else:
            finding = Finding(SKIPPED, "", "not required by this release of Runtime Fabric", severity="info")
        results.append(
            {
                "id": result_id,
                "node": subject.node,
                "title": check["title"].format(**row) if row else check["title"],
                "requirement": [row["id"]] if row else check["requirements"],
                "severity": finding.severity or _severity(check, subject, row),
                "status": finding.status,
                "expected": finding.expected,
                "observed": finding.observed,
                "remedy": finding.remedy,
                "fault": finding.fault,
                "evidence": finding.evidence,
                "waiver": None,
            }
        )
    return results


def _severity(check: Check, subject: Subject, row: Any) -> str:
    """A row's own where the check is made for it, or where its severity is another in other releases."""
    decisive = row or subject.settings.get(check.get("severity_of", ""))
    return decisive["severity"] if decisive else check["severity"]


def _judge(check_id: str, subject: Subject, evidence: Mapping[str, Any], row: Any, not_collected: str) -> Finding:
    if "not_run" in evidence:
        return Finding(SKIPPED, "", evidence["not_run"])
    if not_collected and "unreachable" not in evidence:
        return Finding(UNKNOWN, "", not_collected, WITH_THESE_INPUTS)
    function, again = function_of(check_id), AGAIN
    try:
        if "unreachable" in evidence:
            again = f"Make `ansible -m ping {subject.node}` work, then run the audit again."
            if check_id != "access.shell":
                raise NoEvidence(f"unreachable: {evidence['unreachable']}")
        return function(subject, evidence, row) if row else function(subject, evidence)
    except NoEvidence as reason:
        return Finding(UNKNOWN, "", str(reason), access.BECOME if access.is_no_root(str(reason)) else again)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
    ) as problem:  # evidence of an unexpected shape
        return Finding(UNKNOWN, "", f"the evidence cannot be read: {type(problem).__name__}: {problem}")
