# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints that are not reached: one cause for all of them that fail in the same manner, on the same nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import (
    Cause,
    Cluster,
    Confirmation,
    Draft,
    confirmed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.node_names import NODES, OWN
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import endpoint_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

_PROBED = re.compile(r"^egress\.(?!ntp$|dns$|dns_search$|http_proxy$|socks5_proxy$|smtp$|bandwidth$|pods$)")
# One certificate for names of several owners, as the check of the endpoint has found it: whatever the verdict of the probe.
LOGIN_PAGE = "login_page"
TITLES = {
    "unresolved": "{count} do not resolve",
    "dropped": "{count} are blocked from {nodes}: packets are dropped",
    "refused": "{count} are blocked from {nodes}: connections are refused",
    "rejected": "{count} are blocked from {nodes}: a firewall rejects the packets",
    "proxy_unreachable": "The {proxy} is not reachable from {nodes}",
    "proxy_auth": "The {proxy} refuses the credentials",
    "proxy_denied": "The {proxy} denies {count}",
    "proxy_failed": "The {proxy} itself does not reach {count}",
    "proxy_broken": "The {proxy} answers, but not as a proxy",
    "blocked": "A block page or login page answers for {count}",
    "tls_intercepted": "TLS from {nodes} to {count} is intercepted",
    "tls_untrusted": "The certificates of {count} are not trusted",
    "tls_name_mismatch": "The certificates of {count} are for other names",
    "tls_expired": "The certificates of {count} have expired",
    "certificate_refused": "{count} require a client certificate",
    "upgrade_refused": "WebSockets from {nodes} to {count} are not let through",
    "idle_cut": "Idle connections from {nodes} to {count} are cut",
    LOGIN_PAGE: "A login page or block page answers for {count}",
}
# What curl shows of an endpoint that fails so; {issuer}: of the certificate.
CURL_SHOWS = {
    "dropped": "curl reports that the connection timed out",
    "refused": "curl reports `Connection refused`",
    "rejected": "curl reports that it cannot connect, without waiting",
    "proxy_unreachable": "curl reports that it cannot connect to the proxy",
    "proxy_auth": "the proxy answers with status 407, or rejects the login",
    "proxy_denied": "the proxy answers with an error such as 403, or rejects the connection",
    "proxy_failed": "the proxy answers with an error such as 502, 503 or 504",
    "proxy_broken": "curl reports an answer that is not one of a proxy",
    "blocked": "the answer is a block page, a login page or a redirect to one",
    "tls_intercepted": "curl prints the issuer {issuer}, or reports a problem with the certificate",
    "tls_untrusted": "curl reports a problem with the certificate",
    "tls_name_mismatch": "curl reports that no name in the certificate matches",
    "tls_expired": "curl reports that the certificate has expired",
    "certificate_refused": "curl reports that the server requires a certificate",
    "tls_failed": "curl reports an error in the TLS handshake",
    "http_failed": "curl finishes the TLS handshake, and then gets no answer or an error",
    "upgrade_refused": "curl connects, though the audit still fails: curl opens no WebSocket",
    "idle_cut": "curl connects, though the audit still fails: curl leaves no connection idle",
    LOGIN_PAGE: "curl prints the issuer {issuer}, or reports a problem with the certificate",
}
_OTHER_OUTPUT = "curl reports an error instead of an answer of the server"
_OTHER_TITLE = "{count} are not reached from {nodes}"
_ONE_CERTIFICATE = "one certificate answers for "
_PROXY_ITSELF = ("proxy_unreachable", "proxy_auth", "proxy_broken")
_BY_PACKETS = ("dropped", "refused", "rejected")
_PROXY_CHECKS = {"http_proxy": "egress.http_proxy", "socks5": "egress.socks5_proxy"}
_DNS_CHECKS = ("egress.dns", "egress.dns_search")
_MOST = 4


def endpoints(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Group by verdict, path, issuer of the certificate and the nodes that have it."""
    probed = [
        result
        for result in results
        if _PROBED.match(result["id"]) and result["status"] == "fail" and _is_probe(result["evidence"])
    ]
    nodes_of: dict[tuple[Any, ...], set[str]] = {}
    for result in probed:
        nodes_of.setdefault(_kind(result, cluster), set()).add(result["node"])
    groups: dict[tuple[Any, ...], list[Result]] = {}
    for result in probed:
        kind = _kind(result, cluster)
        groups.setdefault((*kind[:3], frozenset(nodes_of[kind])), []).append(result)
    return [_draft(group, results, cluster) for group in groups.values()]


def _is_probe(evidence: Any) -> bool:
    return isinstance(evidence, Mapping) and {"verdict", "path", "host", "port"} <= set(evidence)


def _kind(result: Result, cluster: Cluster) -> tuple[Any, ...]:
    probe = result["evidence"]
    issuer = (probe.get("tls") or {}).get("issuer") if probe["verdict"].startswith("tls_") else None
    if result["observed"].startswith(_ONE_CERTIFICATE):
        return LOGIN_PAGE, probe["path"], issuer, result["observed"]
    # What a proxy says of itself holds for all endpoints behind it.
    which = None if probe["verdict"] in _PROXY_ITSELF else result["id"]
    detail = probe.get("detail") or ""
    said = cluster.without_node(detail, result["node"])
    return probe["verdict"], probe["path"], issuer or (said if which is None else None), which


def _draft(group: Sequence[Result], results: Sequence[Result], cluster: Cluster) -> Draft:
    first = group[0]["evidence"]
    shared = group[0]["observed"].startswith(_ONE_CERTIFICATE)
    verdict, path = LOGIN_PAGE if shared else first["verdict"], first["path"]
    nodes = cluster.in_order({result["node"] for result in group})
    targets = list(dict.fromkeys(f"{result['evidence']['host']}:{result['evidence']['port']}" for result in group))
    title = TITLES.get(verdict, _OTHER_TITLE)
    title = _agreed(title if NODES in title else f"{title} ({NODES})", len(targets))
    title = cluster.title(title.format(count=_counted(targets), proxy=_proxy(path, cluster), nodes=NODES), nodes)
    said = [result for result in results if result["node"] in nodes and _is_about_the_way(result, verdict, path)]
    leaders = [result for result in said if result["status"] == FAIL]
    # What the check of the proxy or of the name servers found is the cause; the endpoints behind them follow.
    explained = leaders and (verdict in _PROXY_ITSELF or verdict == "unresolved")
    way = f" {endpoint_remedies.WAYS[path]}" if path in endpoint_remedies.WAYS and path != "direct" else ""
    others = cluster.others_passed(list({result["id"] for result in group}), nodes)
    where, beside = f"{cluster.named(nodes)}{way}", _beside(others, targets, cluster)
    what = f"{where}: {_how(first)}{beside}: {_listed(targets)}"
    if shared:
        what = f"{where}: {_one_certificate(targets, first['tls'])}{beside}"
    if explained and verdict == "unresolved":
        what = f"{cluster.named(nodes)}: {_of_all(leaders[0], 'observed', nodes, cluster)}"
    return Draft(
        f"egress:{verdict}:{path}:{targets[0] if verdict not in _PROXY_ITSELF else ''}:{','.join(nodes)}",
        _name_servers(leaders, nodes, cluster) if explained and verdict == "unresolved" else title,
        owners.OF_ENDPOINTS.get(verdict, owners.OF_OTHER_ENDPOINTS),
        what,
        [*said, *group],
        _of_all(leaders[0], "remedy", nodes, cluster)
        if explained and verdict != "proxy_unreachable"
        else _ask(verdict, path, targets, nodes, others, cluster, group[0]),
        cluster.confirmation([leaders[0]["id"]])
        if explained and verdict == "unresolved"
        else _confirm(verdict, path, group[0], cluster),
        [
            *_instead(verdict, path, cluster),
            *_own_firewall(verdict, path, targets, nodes, others),
            *_without_proxy(path, targets, group),
            *_left_open(group),
        ],
        [*(result for result in said if result not in leaders), *(group if explained else ())],
    )


def _name_servers(leaders: Sequence[Result], nodes: Sequence[str], cluster: Cluster) -> str:
    """The title of what the check of the name servers found."""
    found = {cluster.without_node(result["fault"], result["node"]) for result in leaders}
    title = found.pop() if len(found) == 1 else ""
    return cluster.title(title or f"Name servers fail ({OWN})", nodes, OWN)


def _is_about_the_way(result: Result, verdict: str, path: str) -> bool:
    """Whether a result is of the check of the proxy, or of the name servers, that a verdict blames."""
    if verdict == "unresolved":
        return result["id"] in _DNS_CHECKS
    return verdict.startswith("proxy_") and result["id"] == _PROXY_CHECKS.get(path)


def _how(probe: Mapping[str, Any]) -> str:
    """How an endpoint is not reached, with what the probe knows besides."""
    issuer = (probe.get("tls") or {}).get("issuer") if probe["verdict"].startswith("tls_") else None
    detail = "" if probe["verdict"] in _BY_PACKETS else probe.get("detail") or ""
    if issuer:
        # The detail of the probe repeats both the verdict and the issuer.
        detail = detail.removeprefix("intercepted, and ").replace(f": signed by {issuer}", "")
    known = ", ".join(filter(None, (f"issuer {issuer}" if issuer and issuer not in detail else "", detail)))
    said = probe["verdict"].replace("_", " ").replace("tls ", "TLS ")
    return f"{said} ({known})" if known else said


def _counted(targets: Sequence[str]) -> str:
    return targets[0] if len(targets) == 1 else f"{len(targets)} endpoints"


def _agreed(title: str, count: int) -> str:
    """A title with its verb in the singular where there is one endpoint."""
    if count != 1 or not title.startswith(("{count}", "The certificates of {count}")):
        return title
    for plural, singular in (("do", "does"), ("are", "is"), ("have", "has"), ("require", "requires")):
        title = title.replace(f"{{count}} {plural} ", f"{{count}} {singular} ")
    return title.replace("The certificates of", "The certificate of")


def _listed(targets: Sequence[str]) -> str:
    shown = ", ".join(targets[:_MOST])
    return f"{shown} and {len(targets) - _MOST} more" if len(targets) > _MOST else shown


def _beside(others: Sequence[str], targets: Sequence[str], cluster: Cluster) -> str:
    """Which nodes reach the endpoints that some do not reach: where to look is what tells these apart."""
    if not others:
        return ""
    reach, them = "reaches" if len(others) == 1 else "reach", "it" if len(targets) == 1 else "them"
    return f", while {cluster.named(others)} {reach} {them}"


def _ask(
    verdict: str,
    path: str,
    targets: Sequence[str],
    nodes: Sequence[str],
    others: Sequence[str],
    cluster: Cluster,
    one: Result,
) -> str:
    whom, listed = cluster.from_whom(nodes), ", ".join(targets)
    if path == "direct" and verdict in _BY_PACKETS:
        return f"Allow TCP {_ports(targets)} from {whom} to {listed}."
    if verdict == "unresolved":
        hosts = dict.fromkeys(target.rpartition(":")[0] for target in targets)
        return f"Make the name servers of {whom} resolve {', '.join(hosts)}."
    if verdict == "proxy_unreachable":
        return f"Make the {_proxy(path, cluster)} accept connections from {whom}."
    if verdict == "proxy_denied":
        return f"Allow {whom} to connect through the {_proxy(path, cluster)} to {listed}."
    if verdict == "proxy_failed":
        return f"Make the {_proxy(path, cluster)} itself resolve and reach {listed}."
    if verdict == LOGIN_PAGE:
        return f"Exempt {whom} from the login page or block page that answers{_signed(one)} for {listed}."
    if verdict == "tls_intercepted":
        issuer = (one["evidence"].get("tls") or {}).get("issuer")
        by = f" by {issuer}, a CA that containers do not trust," if issuer else ", whose CA containers do not trust,"
        alike = f", as {cluster.named(others)} {'is' if len(others) == 1 else 'are'}," if others else ""
        return f"Exempt {whom}{alike} from the TLS inspection{by} on TCP {_ports(targets)} to {listed}."
    return _of_all(one, "remedy", nodes, cluster)


def _one_certificate(targets: Sequence[str], shown: Mapping[str, Any]) -> str:
    """What was found, of the endpoints that the title counts; a check counts names that are not required, too."""
    subject = shown.get("subject") or "without a subject"
    return f"one certificate ({subject}, issued by {shown['issuer']}) answers for {_listed(targets)}"


def _signed(one: Result) -> str:
    issuer = (one["evidence"].get("tls") or {}).get("issuer")
    return f", with one certificate issued by {issuer}," if issuer else ""


def _of_all(one: Result, part: Literal["observed", "remedy"], nodes: Sequence[str], cluster: Cluster) -> str:
    """A text of a result, for all nodes that have it."""
    text = cluster.without_node(one[part], one["node"])
    return cluster.for_nodes(text, nodes)


def _ports(targets: Sequence[str]) -> str:
    numbers = sorted({int(target.rpartition(":")[2]) for target in targets})
    return ", ".join(map(str, numbers))


def named_issuers(causes: Iterable[Cause], results: Iterable[Result]) -> set[str]:
    """Return who issues the certificates that a cause of interception, or of a login page, names."""
    explained = {
        (entry["id"], entry["node"])
        for cause in causes
        if cause["id"].startswith(("egress:tls_", f"egress:{LOGIN_PAGE}:"))
        for entry in cause["explains"]
    }
    probes = [result["evidence"] for result in results if (result["id"], result["node"]) in explained]
    issuers = ((probe.get("tls") or {}).get("issuer") for probe in probes if _is_probe(probe))
    return {str(issuer) for issuer in issuers if issuer}


def _proxy(path: str, cluster: Cluster) -> str:
    """A proxy by its kind, and by its host and port where the site has one."""
    return " ".join(filter(None, (endpoint_remedies.PROXIES.get(path, "proxy"), _host_and_port(path, cluster))))


def _host_and_port(path: str, cluster: Cluster) -> str:
    return cluster.proxies.get(path, "").rpartition("//")[2]


def _instead(verdict: str, path: str, cluster: Cluster) -> list[str]:
    """What else may keep nodes from a proxy."""
    host, dummy, port = _host_and_port(path, cluster).rpartition(":")
    if verdict != "proxy_unreachable" or not host:
        return []
    return [
        f"A firewall between the nodes and the proxy: `nc -vz {host} {port}` succeeds on a host beside the proxy. Then ask the "
        f"network team to allow TCP {port} to {host}."
    ]


def _confirm(verdict: str, path: str, one: Result, cluster: Cluster) -> Confirmation:
    probe = one["evidence"]
    if verdict == "unresolved":
        return confirmed(f"getent ahostsv4 {probe['host']}; cat /etc/resolv.conf", "getent prints no address")
    options = {
        "http_proxy": f"--proxy {cluster.proxies.get(path, 'PROXY')}",
        "socks5": f"--socks5-hostname {_host_and_port(path, cluster) or 'PROXY'}",
    }.get(path, "--noproxy '*'")
    issuer = (probe.get("tls") or {}).get("issuer") or "of another authority"
    return confirmed(
        f"curl -v -m 10 {options} https://{probe['host']}:{probe['port']}",
        CURL_SHOWS.get(verdict, _OTHER_OUTPUT).format(issuer=issuer),
    )


def _own_firewall(
    verdict: str, path: str, targets: Sequence[str], nodes: Sequence[str], others: Sequence[str]
) -> list[str]:
    """What else stops packets of some nodes while those of others get through."""
    if verdict not in _BY_PACKETS or path != "direct" or not others:
        return []
    return [
        f"A rule for outgoing packets on {nodes[0]} itself: `sudo nft list ruleset` or `sudo iptables -S OUTPUT` shows one for "
        f"TCP {_ports(targets)}. Then the node administrator has to remove it."
    ]


def _without_proxy(path: str, targets: Sequence[str], group: Sequence[Result]) -> list[str]:
    """Who decides, by which setting, whether the proxy is used at all, where the endpoints answered over other paths."""
    variable = endpoint_remedies.VARIABLES.get(path)
    reachable = [
        {
            other["path"]
            for other in result["evidence"].get("other_paths") or ()
            if other.get("verdict") == "reachable" and other["path"] in endpoint_remedies.CONFIGURED
        }
        for result in group
    ]
    everywhere = set.intersection(*reachable)
    ways = [way for name, way in endpoint_remedies.WAYS.items() if name in everywhere]
    if not variable or not ways:
        return []
    proxy = endpoint_remedies.PROXIES[path]
    return [
        f"The nodes need no {proxy}: {_counted(targets)} answered {' and '.join(ways)}, too. The platform team decides; if so, "
        f"unset {variable}. Otherwise the {proxy} is at fault."
    ]


def _left_open(group: Sequence[Result]) -> list[str]:
    """What the probe itself left open."""
    return list(dict.fromkeys(str(text) for result in group for text in result["evidence"].get("alternatives") or ()))
