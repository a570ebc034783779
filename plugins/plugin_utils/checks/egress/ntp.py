# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.ntp: every NTP server answers."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdict_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time import chrony_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time.chrony import authentication_mode
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN


@check("egress.ntp")
def ntp(subject: Subject, evidence: Evidence) -> Finding:
    """Every NTP server of the site answers a query on UDP 123 from this node: one that does not is one opening that lacks."""
    if not subject.ntp_servers:
        return _ntp_by_chrony(subject, evidence, "an answer on UDP 123 from an NTP server")
    expected = f"an answer on UDP 123 from {', '.join(subject.ntp_servers)}"
    rows = {row["host"]: row for row in part(evidence, "egress") if row["protocol"] == "ntp"}
    known = _answering_with_keys(subject, evidence)
    answered, failed, untried, refusing = [], {}, [], []
    for server in subject.ntp_servers:
        row = rows.get(server)
        if row and row["verdict"] == "reachable":
            answered.append(f"{server} answered{': ' + row['detail'] if row['detail'] else ''}")
        elif server in known:
            answered.append(f"{server} answered chrony, with authentication")
        elif row is None or row["verdict"] in ("untested", "error"):
            untried.append(f"{server} was not queried{': ' + row['detail'] if row and row['detail'] else ''}")
        else:
            failed[server] = f"{server}: {row['detail'] or row['verdict']}"
            if row.get("cause") == verdict_causes.REFUSES_TIME:
                refusing.append(server)
    observed = "; ".join([*failed.values(), *untried, *answered])
    if failed:
        silent = [server for server in failed if server not in refusing]
        asked = [f"Ask the operators of {', '.join(refusing)} to serve time to {subject.node}"] if refusing else []
        asked += [f"Ask the network team to open UDP 123 from {subject.node} to {', '.join(silent)}"] if silent else []
        remedy = f"{'. '.join(asked)}, or set rtf_ntp_servers to servers that answer."
        return Finding(FAIL, expected, observed, remedy, list(rows.values()))
    if untried:
        return Finding(UNKNOWN, expected, observed, "Run the audit again.", list(rows.values()))
    return Finding(PASS, expected, observed, evidence=list(rows.values()))


def _answering_with_keys(subject: Subject, evidence: Evidence) -> list[str]:
    """Servers that answer authenticated queries only are known to chrony alone."""
    try:
        sources = part(evidence, "host", "time", "chrony", "sources")
    except NoEvidence:
        return []
    names = [
        source.get("name") or source["address"]
        for source in sources
        if source["reach"] and authentication_mode(source) != "none"
    ]
    return [name for name in names if name in subject.ntp_servers]


def _ntp_by_chrony(subject: Subject, evidence: Evidence, expected: str) -> Finding:
    """Without rtf_ntp_servers the servers are whatever chrony has; its reach register knows who answered."""
    chrony = part(evidence, "host", "time", "chrony")
    sources = part(evidence, "host", "time", "chrony", "sources")
    answered = [source["address"] for source in sources if source["reach"]]
    if answered:
        return Finding(PASS, expected, f"{', '.join(answered)} answered chrony", evidence=sources)
    found = chrony_causes.causes(chrony)
    remedy = chrony_causes.remedy(found, subject.node, subject.ntp_servers)
    return Finding(FAIL, expected, chrony_causes.observed_text(found), remedy, sources)
