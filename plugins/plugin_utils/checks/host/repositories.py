# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.repos_reachable: the package repositories that the host is configured with are reachable."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress.endpoint_remedies import by_cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import repository_probes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

EXPECTED = "every package repository of the host is reachable"
ADD = {
    "apt": "Add the distribution's sources to /etc/apt/sources.list.d",
    "dnf": "Add the distribution's repositories to /etc/yum.repos.d (on RHEL `subscription-manager register`)",
}
SET_PROXY = {
    "apt": "`Acquire::http::Proxy` in a file of /etc/apt/apt.conf.d",
    "dnf": "`proxy` in /etc/dnf/dnf.conf, or /etc/yum.conf on EL7",
}
UNTRIED = ("untested", "error")


@check("host.repos_reachable")
def repos_reachable(subject: Subject, evidence: Evidence) -> Finding:
    """The installer gets chrony and iptables from them; of the mirrors of a repository one is enough."""
    packages = part(evidence, "host", "packages")
    manager, unread = packages["manager"], list(packages["unreadable"])
    if manager is None:
        return Finding(UNKNOWN, EXPECTED, "neither apt, dnf nor yum is installed")
    if not packages["repositories"] and not unread:
        return _without_remote(manager, packages["local"])
    settings = part(evidence, "host", "proxy", "settings")
    ids = {way.name: probe_id for probe_id, way in repository_probes.ways(part(evidence, "host")).items()}
    answered, failed, open_questions = [], {}, [f"could not be read: {text}" for text in unread]
    for repository in packages["repositories"]:
        ways = [repository_probes.way_to(place, manager, settings) for place in repository["places"]]
        probes = [_probe_of(evidence, ids[way.name]) for way in ways]
        if any(probe and probe["verdict"] == "reachable" for probe in probes):
            answered += [way.name for way, probe in zip(ways, probes) if probe and probe["verdict"] == "reachable"]
            continue
        unknown = (
            [f"{repository['name']} ({repository['source']}): {repository['unknown']}"] if repository["unknown"] else []
        )
        unknown += [
            _why_untried(way, probe) for way, probe in zip(ways, probes) if not probe or probe["verdict"] in UNTRIED
        ]
        if unknown:
            open_questions += unknown
        else:
            failed.update({way.name: (way, probe) for way, probe in zip(ways, probes) if probe})
    if failed:
        observed = joined_first(_probe_text(way, probe) for way, probe in failed.values())
        remedy = " ".join(dict.fromkeys(_remedy(subject.node, manager, way, probe) for way, probe in failed.values()))
        return Finding(FAIL, EXPECTED, observed, remedy, [probe for _way, probe in failed.values()])
    if open_questions:
        return Finding(UNKNOWN, EXPECTED, joined_first(dict.fromkeys(open_questions)))
    return Finding(PASS, EXPECTED, "; ".join([joined_first(dict.fromkeys(answered), ", "), *packages["dangling"][:3]]))


def _without_remote(manager: str, local: int) -> Finding:
    if local:
        return Finding(PASS, EXPECTED, f"no remote repository, {local} on the host itself")
    remedy = f"{ADD[manager]}, or install chrony and iptables on the host before the platform."
    return Finding(FAIL, EXPECTED, f"{manager} has no repository", remedy)


def _probe_of(evidence: Evidence, probe_id: str) -> dict[str, Any] | None:
    return next((probe for probe in part(evidence, "repositories") if probe["id"] == probe_id), None)


def _why_untried(way: repository_probes.Way, probe: dict[str, Any] | None) -> str:
    if probe:
        return f"{way.name}: {probe['verdict']}{': ' + probe['detail'] if probe['detail'] else ''}"
    return f"{way.name} was not probed: " + (
        f"{way.source} names a proxy whose password the audit does not have" if way.proxy else "run the audit again"
    )


def _probe_text(way: repository_probes.Way, probe: Row) -> str:
    return f"{way.name}: {probe['verdict']}{' (' + probe['detail'] + ')' if probe['detail'] else ''}"


def _remedy(node: str, manager: str, way: repository_probes.Way, probe: Row) -> str:
    verdict = probe["verdict"]
    cause = by_cause(verdict, probe)
    if cause:
        issuer = (probe.get("tls") or {}).get("issuer") or "an unknown issuer"
        return cause.format(
            node=node, host=way.host, port=way.port, row=way.source or "a package repository", issuer=issuer
        )
    if verdict == "unresolved":
        return f"Ask the DNS team to let {node} resolve {way.host} (`getent hosts {way.host}`)."
    if verdict == "proxy_unreachable":
        return f"Correct the proxy in {way.source}, or ask the network team to let {node} reach {way.proxy}."
    if verdict == "proxy_auth":
        return f"Set a user name and password that the proxy accepts in {way.source}."
    if verdict.startswith("proxy_"):
        return f"Ask the proxy team to allow {node} to fetch {way.scheme}://{way.host} port {way.port}."
    if verdict.startswith("tls_"):
        return f"Ask the proxy team to exempt {way.host} from TLS inspection, or install the CA of its certificate on {node}."
    if way.proxy:
        return f"Ask the proxy team which device answers {node} for {way.scheme}://{way.host} port {way.port}."
    return (
        f"Ask the network team to allow TCP {way.port} from {node} to {way.host}; if a proxy is required, configure "
        f"it for {manager}: {SET_PROXY[manager]}."
    )
