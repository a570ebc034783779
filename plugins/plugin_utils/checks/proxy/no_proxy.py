# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""proxy.no_proxy and no_proxy_networks: internal traffic never uses the proxy."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy.settings import (
    PREPARE,
    is_url,
    proxy_settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_table
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("proxy.no_proxy")
def no_proxy(subject: Subject, evidence: Evidence) -> Finding:
    """Nodes, loopback, the cloud's metadata and the API: no program may use the proxy for them."""
    return _direct(subject, evidence, ("host",), "every program reaches every node, itself and the API directly")


@check("proxy.no_proxy_networks")
def no_proxy_networks(subject: Subject, evidence: Evidence) -> Finding:
    """Pods, services and names of services, for programs that support networks or suffixes."""
    return _direct(
        subject,
        evidence,
        ("name", "network"),
        ("programs that support networks in NO_PROXY reach pods and services directly"),
    )


def _direct(subject: Subject, evidence: Evidence, kinds: tuple[str, ...], expected: str) -> Finding:
    version = part(evidence, "host", "proxy").get("curl")
    if not subject.proxy.http:
        return Finding(PASS, expected, "no proxy is configured")
    wanted = [destination for destination in subject.proxy.internal if destination.kind in kinds]
    lost, tables = [], {}
    for source, value, apt in _lists(subject, evidence):
        for program, destination in no_proxy_table.proxied(value, wanted, version):
            if (program == "apt") is apt:
                lost.append(f"{program} with {source} sends {destination.host} ({destination.what}) to the proxy")
        tables[source] = no_proxy_table.rows(value, wanted, version)
    if lost:
        remedy = f"Add the missing entries to NO_PROXY in the named file, or {PREPARE}."
        return Finding(FAIL, expected, joined_first(lost), remedy, tables)
    return Finding(PASS, expected, f"according to {joined_first(tables)}", evidence=tables)


def _lists(subject: Subject, evidence: Evidence) -> list[tuple[str, str, bool]]:
    """Return [(where, NO_PROXY, whether it is apt's)] of every place of the node that names a proxy.

    Where nothing is written yet, that is the list that would be.
    """
    found, listed = proxy_settings(evidence), []
    for source in dict.fromkeys((entry["reader"], entry["source"]) for entry in found if is_url(entry)):
        if source[0] in ("dnf", "yum"):  # they have no list of their own: that of their environment counts
            continue
        here = [entry for entry in found if (entry["reader"], entry["source"]) == source]
        names = ("direct",) if source[0] == "apt" else ("no_proxy", "rtf_no_proxy")
        values = {entry["value"] for entry in here if entry["variable"].lower() in names} or {""}
        listed += [(source[1], value, source[0] == "apt") for value in sorted(values)]
    return listed or [("the list that would be written", ",".join(subject.proxy.no_proxy), False)]
