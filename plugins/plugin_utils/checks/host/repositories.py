# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does the package manager reach the repositories that it is configured with?"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.listing import listed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import repository_probes

EXPECTED = "every package repository of the host answers"
ADD = {
    "apt": "Add the distribution's sources to /etc/apt/sources.list.d",
    "dnf": "Add the distribution's repositories to /etc/yum.repos.d (on RHEL `subscription-manager register`)",
}
SET_PROXY = {
    "apt": "`Acquire::http::Proxy` in a file of /etc/apt/apt.conf.d",
    "dnf": "`proxy` in /etc/dnf/dnf.conf, or /etc/yum.conf on EL7",
}
UNTRIED = ("untested", "error")


def reachable(subject, evidence):
    """The installer gets chrony and iptables from them; of the mirrors of a repository one is enough."""
    packages = part(evidence, "host", "packages")
    manager, unread = packages["manager"], list(packages["unreadable"])
    if manager is None:
        return Finding(UNKNOWN, EXPECTED, "there is neither apt nor dnf nor yum")
    if not packages["repositories"] and not unread:
        return _without_remote(manager, packages["local"])
    settings = part(evidence, "host", "proxy", "settings")
    ids = {way.name: probe_id for probe_id, way in repository_probes.ways(part(evidence, "host")).items()}
    answered, failed, open_questions = [], {}, [f"not everything could be read: {text}" for text in unread]
    for repository in packages["repositories"]:
        ways = [repository_probes.way_to(place, manager, settings) for place in repository["places"]]
        probes = [_probe_of(evidence, ids[way.name]) for way in ways]
        if any(probe and probe["verdict"] == "reachable" for probe in probes):
            answered += [
                way.name for way, probe in zip(ways, probes, strict=False) if probe and probe["verdict"] == "reachable"
            ]
            continue
        unknown = (
            [f"{repository['name']} ({repository['source']}): {repository['unknown']}"] if repository["unknown"] else []
        )
        unknown += [
            _why_untried(way, probe)
            for way, probe in zip(ways, probes, strict=False)
            if not probe or probe["verdict"] in UNTRIED
        ]
        if unknown:
            open_questions += unknown
        else:
            failed.update({way.name: (way, probe) for way, probe in zip(ways, probes, strict=False)})
    if failed:
        told = listed(_said(way, probe) for way, probe in failed.values())
        remedy = " ".join(dict.fromkeys(_remedy(subject.node, manager, way, probe) for way, probe in failed.values()))
        return Finding(FAIL, EXPECTED, told, remedy, [probe for _way, probe in failed.values()])
    if open_questions:
        return Finding(UNKNOWN, EXPECTED, listed(dict.fromkeys(open_questions)))
    return Finding(PASS, EXPECTED, "; ".join([listed(dict.fromkeys(answered), ", "), *packages["dangling"][:3]]))


def _without_remote(manager, local):
    if local:
        return Finding(PASS, EXPECTED, f"none is over the network; {local} on the host itself")
    remedy = f"{ADD[manager]}, or install chrony and iptables on the host before the platform."
    return Finding(FAIL, EXPECTED, f"{manager} has no repository", remedy)


def _probe_of(evidence, probe_id):
    return next((probe for probe in part(evidence, "repositories") if probe["id"] == probe_id), None)


def _why_untried(way, probe):
    if probe:
        return f"{way.name}: {probe['verdict']}{': ' + probe['detail'] if probe['detail'] else ''}"
    return f"{way.name} was not tried: " + (
        f"{way.source} has a proxy with a password that is not known here, or one of several"
        if way.proxy
        else "run the audit again"
    )


def _said(way, probe):
    return f"{way.name}: {probe['verdict']}{' (' + probe['detail'] + ')' if probe['detail'] else ''}"


def _remedy(node, manager, way, probe):
    verdict = probe["verdict"]
    if verdict == "unresolved":
        return f"Ask the DNS team to let {node} resolve {way.host} (`getent hosts {way.host}`)."
    if verdict == "proxy_unreachable":
        return f"Correct the proxy in {way.source}, or ask the network team to let {node} reach {way.proxy}."
    if verdict == "proxy_auth":
        return f"Give the proxy in {way.source} a user name and password that it accepts."
    if verdict.startswith("proxy_"):
        return f"Ask the proxy team to let {node} get {way.scheme}://{way.host} port {way.port}."
    if verdict.startswith("tls_"):
        return f"Ask the proxy team to exempt {way.host} from TLS inspection, or install the CA of its certificate on {node}."
    if way.proxy:
        return f"Ask the proxy team what answers {node} for {way.scheme}://{way.host} port {way.port}."
    return (
        f"Ask the network team to allow TCP {way.port} from {node} to {way.host}; where a proxy leads there, "
        f"name it for {manager}: {SET_PROXY[manager]}."
    )


CHECKS = {
    "host.repos_reachable": reachable,
}
