# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.*: one endpoint of the allowlist, over the path that the platform uses for it."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import endpoint_operators
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import (
    endpoint_remedies,
    shared_certificate,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

UNTRIED = ("untested", "error")


@check("egress")
def endpoint(subject: Subject, evidence: Evidence, row: Row) -> Finding:
    """Judge the probe of one catalogue row."""
    expected = f"{row['host']}:{row['port']} is reachable and authentic"
    probe = next((probe for probe in part(evidence, "egress") if probe["id"] == row["id"]), None)
    if probe is None:
        return Finding(UNKNOWN, expected, "not probed", "Run the audit again.")
    if probe["verdict"] == "reachable":
        return _reached(subject, row, probe, expected)
    other = _reachable_alternate(subject, evidence, row)
    if other:
        observed = f"{probe['verdict']}, but {other['host']} is reachable, and one of the two is enough"
        return Finding(PASS, expected, observed, evidence=probe)
    if row.get("retired"):
        reason = f"retired by its owner: {row['retired']['reason']}"
        return Finding(SKIPPED, expected, reason, evidence=probe, severity="info")
    status = UNKNOWN if probe["verdict"] in UNTRIED else FAIL
    hosts = shared_certificate.hosts_of_one_certificate(part(evidence, "egress"), probe)
    if hosts:
        observed = shared_certificate.observed_text(probe["tls"], hosts)
        remedy = shared_certificate.remedy(subject.node, endpoint_remedies.WAYS[probe["path"]])
        return Finding(FAIL, expected, observed, remedy, probe)
    observed = "; ".join([_verdict_text(probe), *_other_paths(probe)])
    return Finding(status, expected, observed, endpoint_remedies.remedy(subject.node, row, probe), probe)


def _reached(subject: Subject, row: Row, probe: dict[str, Any], expected: str) -> Finding:
    """Reached; report the issuer of the certificate. Mutual TLS has to prove more than that."""
    shown, vendor = probe.get("tls") or {}, endpoint_operators.of_host(row["host"])
    path_text = endpoint_remedies.WAYS[probe["path"]]
    texts = [f"reachable{' ' + path_text if probe['path'] != 'direct' else ''}"]
    if probe.get("passthrough"):
        texts.append(probe["passthrough"])
    if shown.get("issuer"):
        texts.append(f"issuer {shown['issuer']}")
    observed = ", ".join(texts)
    if vendor and shown.get("issuer_organisation") and shown["issuer_organisation"] not in vendor["issuers"]:
        observed += f"; that is a public authority, but not one that {vendor['name']} is known to use"
    if probe.get("detail"):
        observed += f"; {probe['detail']}"
    if probe.get("passthrough") == "inconclusive" and not vendor:
        remedy = (
            f"Make sure that no proxy decrypts TLS between {subject.node} and {row['host']}: the server requested no "
            "client certificate."
        )
        return Finding(UNKNOWN, expected, observed, remedy, probe)
    return Finding(PASS, expected, observed, evidence=probe)


def _verdict_text(probe: Row) -> str:
    """The verdict of the path in use."""
    verdict = (
        probe["verdict"] if probe["path"] == "direct" else f"{probe['verdict']} {endpoint_remedies.WAYS[probe['path']]}"
    )
    return f"{verdict}: {probe['detail']}" if probe["detail"] else verdict


def _other_paths(probe: Row) -> list[str]:
    """The verdicts of the other paths, which the platform does not use for this row."""
    return [
        f"{endpoint_remedies.WAYS[other['path']]} it is {other['verdict']}"
        for other in probe.get("other_paths") or ()
        if other["path"] in endpoint_remedies.CONFIGURED or other["verdict"] not in UNTRIED
    ]


def _reachable_alternate(subject: Subject, evidence: Evidence, row: Row) -> Row | None:
    """Return the row that this one is an alternate of, or an alternate of it, if the node reaches that one."""
    reached = {probe["id"] for probe in part(evidence, "egress") if probe["verdict"] == "reachable"}
    for other in subject.endpoints:
        if other["id"] in reached and (row["alternate_of"] == other["id"] or other["alternate_of"] == row["id"]):
            return other
    return None
