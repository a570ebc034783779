# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge one node: every check of the catalogue, in its order, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks import access, fw, kernel
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import (
    bandwidth,
    dns,
    endpoints,
    proxies,
    smtp,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    SKIPPED,
    UNKNOWN,
    Finding,
    NoEvidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host import (
    platform,
    programs,
    repositories,
    selinux,
    swap,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net import (
    addresses,
    links,
    load_balancer,
    pod_traffic,
    subnets,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy import files
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.storage import (
    directories,
    disk_writes,
    disks,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time import clock

# check id -> function of (subject, evidence); a check with `each` takes the row as well.
FUNCTIONS: dict[str, Any] = {
    **access.CHECKS,
    **platform.CHECKS,
    **programs.CHECKS,
    **repositories.CHECKS,
    **directories.CHECKS,
    **disks.CHECKS,
    **disk_writes.CHECKS,
    **kernel.CHECKS,
    **swap.CHECKS,
    **selinux.CHECKS,
    **pod_traffic.CHECKS,
    **clock.CHECKS,
    **addresses.CHECKS,
    **subnets.CHECKS,
    **links.CHECKS,
    **load_balancer.CHECKS,
    **files.CHECKS,
    **dns.CHECKS,
    **proxies.CHECKS,
    **fw.CHECKS,
    **endpoints.CHECKS,
    **smtp.CHECKS,
    **bandwidth.CHECKS,
    **rows.CHECKS,
}

# Checks that exist only where there is such evidence.
ONLY_WITH = {
    "access.preparation": "preparation_failure",
    "host.cluster_size": "cluster_size",
    "time.between_nodes": "clock_offsets",
    "time.between_nodes_margin": "clock_offsets",
    "time.timezone_uniform": "timezones",
    "net.latency": "links",
    "net.loss": "links",
    "net.mtu_path": "links",
    "net.bandwidth": "bandwidth",
    "net.load_balancer": "load_balancer",
    "net.load_balancer_tls": "load_balancer",
    "net.load_balancer_source": "load_balancer",
    "ports.free": "installation_ports",
    "ports.closed": "port_exposures",
    "ports.outside": "outside",
}

AGAIN = "Run the audit again; if the result stays, look into the reason on the node."
Check = Mapping[str, Any]  # a row of catalog/checks/


def judge_node(
    checks: Iterable[Check],
    subject: Subject,
    evidence: Mapping[str, Any],
    only: Sequence[str] = ("*",),
    insist: Sequence[str] = (),
    expected: Collection[str] = (),
) -> list[Result]:
    """Return the check results of one node.

    checks: rows of catalog/checks/. evidence: a NodeEvidence. only: globs of check ids. insist: globs of checks that are made
    although the release or its line does not ask for them. expected: ids of checks that have a result although the
    evidence with which they exist was not collected.
    """
    results: list[Result] = []
    for check in checks:
        there = check["id"] not in ONLY_WITH or ONLY_WITH[check["id"]] in evidence
        if not there and check["id"] not in expected:
            continue
        insisted = any(fnmatchcase(check["id"], pattern) for pattern in insist)
        if subject.line not in check["lines"] and not insisted:
            continue
        if check.get("phase", subject.phase) != subject.phase or check.get("role", subject.role) != subject.role:
            continue
        for result_id, row in _instances(check, subject):
            if not any(fnmatchcase(result_id, pattern) for pattern in only):
                continue
            if row is None and not insisted and _is_not_asked(check, subject):
                finding = Finding(SKIPPED, "", "this release does not ask for it", severity="info")
            else:
                finding = _judge(FUNCTIONS[check["id"]], subject, evidence, row)
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
                    "evidence": finding.evidence,
                    "waiver": None,
                }
            )
    return results


def _instances(check: Check, subject: Subject) -> list[tuple[str, Any]]:
    if "each" in check:
        return [(f"{check['id']}.{row['id']}", row) for row in getattr(subject, check["each"])]
    return [(check["id"], None)]


def _severity(check: Check, subject: Subject, row: Any) -> str:
    """A row's own where the check is made for it, or where its severity is another in other releases."""
    decisive = row or subject.settings.get(check.get("severity_of"))
    return decisive["severity"] if decisive else check["severity"]


def _is_not_asked(check: Check, subject: Subject) -> bool:
    """Whether a check proves requirements of other releases only."""
    return bool(check["requirements"]) and subject.not_asked.issuperset(check["requirements"])


def _judge(function: Callable[..., Finding], subject: Subject, evidence: Mapping[str, Any], row: Any) -> Finding:
    if "not_run" in evidence:
        return Finding(SKIPPED, "", evidence["not_run"])
    again = AGAIN
    try:
        if "unreachable" in evidence:
            again = f"Make `ansible -m ping {subject.node}` work, then run the audit again."
            if function is not access.shell:
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
