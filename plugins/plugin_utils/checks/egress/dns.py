# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.dns and dns_search: each name server resolves the endpoints, and no name that does not exist.

Pods use any of the name servers, and append the node's search domains before they try the name as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.dns_client import NO_TCP
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.sinkholes import of_no_server
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import CONFIRM_WITH, Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

_SILENT = ("no_reply", "dropped", "rejected", "error")
_UNTRIED = "untested"
_MOST_NAMES = 3
_EXISTS = "anypoint.mulesoft.com"  # asked beside a name that does not exist
_SILENCE = "does not answer"


class _Problem(NamedTuple):
    """What is wrong with a name server, and with which name. doing: in short, as a title says it; remedy: who must do what."""

    server: str
    name: str
    doing: str
    what: str
    remedy: str


@check("egress.dns")
def dns(subject: Subject, evidence: Evidence) -> Finding:
    """Every server resolves what the node reaches directly, to the right addresses."""
    expected = "each name server resolves the endpoints that are reached directly, and no name that does not exist"
    found, probes = part(evidence, "name_servers"), part(evidence, "egress")
    wanted = {probe["host"]: probe for probe in probes if probe["path"] == "direct"}
    servers = found["servers"]
    if not servers:
        return Finding(
            FAIL,
            expected,
            "no name server is configured",
            f"List the site's name servers in /etc/resolv.conf of {subject.node}.",
            found,
            fault=f"No name server is configured on {subject.node}",
        )
    answers = [answer for server in servers for answer in server["names"] if answer["name"] in wanted]
    known = {answer["name"] for answer in answers if answer["status"] == "ok"}
    # A name that no server resolves is reported by its own row.
    asked = known or {answer["name"] for answer in answers}
    # A server is removed only where another one is left that works.
    works = [server["address"] for server in servers if _works(subject.node, server, servers, asked, wanted)]
    problems = [
        problem
        for server in servers
        for problem in _problems(subject.node, server, servers, asked, wanted, bool(works))
    ]
    if problems:
        return Finding(
            FAIL,
            expected,
            "; ".join([*(problem.what for problem in problems), *([_correct(works)] if works else [])]),
            " ".join(dict.fromkeys(problem.remedy for problem in problems)),
            {**found, CONFIRM_WITH: {"SERVER": problems[0].server, "NAME": problems[0].name}},
            fault=_fault(subject.node, problems, works),
        )
    names = ", ".join(server["address"] for server in servers)
    if any(answer["status"] == _UNTRIED for answer in answers):
        return Finding(
            UNKNOWN, expected, f"some queries to {names} were not answered in time", "Run the audit again.", found
        )
    return Finding(PASS, expected, f"{names}: each resolves {_count(len(asked), 'name')}", evidence=found)


@check("egress.dns_search")
def dns_search(subject: Subject, evidence: Evidence) -> Finding:
    """No search domain resolves a name that cannot be registered."""
    expected = "no search domain resolves every name"
    found = part(evidence, "name_servers")
    trapped = [
        (server, answer["name"].partition(".")[2], answer["addresses"][0])
        for server in found["servers"]
        for answer in server["invented"][1:]
        if answer["addresses"]
    ]
    if trapped:
        domains = list(dict.fromkeys(domain for dummy, domain, dummy_too in trapped))
        host = next((row["host"] for row in subject.endpoints), "a name")
        takes = (
            f"Remove {', '.join(domains)} from the search domains of {subject.node} (/etc/resolv.conf), or ask the "
            f"DNS team to remove the wildcard: pods try {host}.{domains[0]} before {host}."
        )
        follows = "Fix egress.dns first: the name server resolves every name."
        return Finding(
            FAIL,
            expected,
            "; ".join(
                f"{server['address']} resolves any name below {domain} to {address}"
                for server, domain, address in trapped
            ),
            follows if all(_knows_everything(server) for server, dummy, dummy_too in trapped) else takes,
            found,
        )
    if not found["search"]:
        return Finding(PASS, expected, "no search domain is configured", evidence=found)
    silent = [
        server["address"]
        for server in found["servers"]
        if any(answer["status"] in (_UNTRIED, *_SILENT) for answer in server["invented"][1:])
    ]
    if silent or not found["servers"]:
        return Finding(
            UNKNOWN,
            expected,
            f"some queries to {', '.join(silent)} were not answered" if silent else "no name server is configured",
            "Make egress.dns pass, then run the audit again.",
            found,
        )
    return Finding(PASS, expected, f"{', '.join(found['search'])}: no wildcard", evidence=found)


def _works(node: str, server: dict[str, Any], servers: list[Row], asked: set[str], wanted: dict[str, Any]) -> bool:
    """Whether a server resolves every name, and to the right addresses."""
    answers = [answer for answer in server["names"] if answer["name"] in asked]
    right = bool(answers) and all(answer["status"] == "ok" for answer in answers)
    return right and not list(_problems(node, server, servers, asked, wanted, False))


def _correct(works: list[str]) -> str:
    return f"{_some(works)} {'answers' if len(works) == 1 else 'answer'} correctly"


def _fault(node: str, problems: Sequence[_Problem], works: list[str]) -> str:
    """What is wrong, as a title; "" where that is several things. works: the servers that answer correctly."""
    servers = list(dict.fromkeys(problem.server for problem in problems))
    doing = {problem.doing for problem in problems}
    beside = f", while {_correct(works)}" if works else ""
    if len(servers) > 1 and doing != {_SILENCE}:
        return f"Name servers {_some(servers)} of {node} answer wrongly{beside}" if works else ""
    if len(servers) > 1:
        return f"No answer from the name servers {_some(servers)} of {node}{beside}"
    return f"Name server {servers[0]} of {node} {doing.pop() if len(doing) == 1 else 'answers wrongly'}{beside}"


def _problems(
    node: str, server: dict[str, Any], servers: list[Row], asked: set[str], wanted: dict[str, Any], removable: bool
) -> Iterator[_Problem]:
    """What is wrong with one server. removable: whether the node has others that work."""
    address = server["address"]
    removal = f", or remove it from {server['source']} on {node}" if removable else ""
    any_server = ": pods use any of the servers, not only the first that works." if removable else "."
    answers = [answer for answer in server["names"] if answer["name"] in asked]
    if answers and all(answer["status"] in _SILENT for answer in answers):
        reason = answers[0]["detail"] or answers[0]["status"]
        yield _Problem(
            address,
            answers[0]["name"],
            _SILENCE,
            f"{address} does not answer ({reason})",
            f"Ask the DNS team why {address} does not answer {node} on UDP and TCP 53{removal}: pods use any of the servers, not "
            "only the first that works.",
        )
        return
    truncated = [answer for answer in answers if answer["status"] == NO_TCP]
    if truncated:
        names = _some([answer["name"] for answer in truncated])
        yield _Problem(
            address,
            truncated[0]["name"],
            "does not answer over TCP",
            f"{address} truncates its answers for {names} over UDP, and does not answer over TCP ({truncated[0]['detail']})",
            f"Ask the network team to allow TCP 53 from {node} to {address}, as long answers need it{removal}.",
        )
    missing = [answer for answer in answers if answer["status"] not in ("ok", _UNTRIED, NO_TCP)]
    if missing:
        names = _some([answer["name"] for answer in missing])
        yield _Problem(
            address,
            missing[0]["name"],
            f"does not resolve {missing[0]['name'] if len(missing) == 1 else f'{len(missing)} names'}",
            f"{address} does not resolve {names} ({', '.join(sorted({answer['status'] for answer in missing}))})",
            f"Ask the DNS team to make {address} resolve {names}{removal}{any_server}",
        )
    sunk = [
        (answer["name"], reason)
        for answer in answers
        for reason in [of_no_server(answer["name"], answer["addresses"])]
        if reason
    ]
    if sunk:
        names = _some([name for name, dummy in sunk])
        yield _Problem(
            address,
            sunk[0][0],
            "filters names",
            f"{address}: {sunk[0][1]}" + (f", and so {_count(len(sunk) - 1, 'other name')}" if len(sunk) > 1 else ""),
            f"Ask the DNS team to exempt {names} from the filter of {address}{removal}{any_server}",
        )
    for answer in answers:
        wrong = _wrong_address(answer, server, servers, wanted)
        if wrong:
            yield _Problem(
                address,
                answer["name"],
                "has wrong addresses",
                f"{address} resolves {answer['name']} to {answer['addresses'][0]}, where it is {wrong}",
                f"Ask the DNS team why {address} returns {answer['addresses'][0]} for {answer['name']}{removal}{any_server}",
            )
    if _knows_everything(server):
        invented = server["invented"][0]
        yield _Problem(
            address,
            _EXISTS,
            "resolves names that do not exist",
            f"{address} resolves every name, even {invented['name']} ({invented['addresses'][0]})",
            f"Ask the DNS team to make {address} return NXDOMAIN for names that do not exist{removal}{any_server}",
        )


def _wrong_address(
    answer: dict[str, Any], server: dict[str, Any], servers: list[Row], wanted: dict[str, Any]
) -> str | None:
    """The verdict of the endpoint at this server's addresses, where another server's addresses are right."""
    if answer["verdict"] is not None:
        at_others = wanted[answer["name"]]["verdict"]
        return (
            answer["verdict"] if at_others == "reachable" and answer["verdict"] not in ("reachable", _UNTRIED) else None
        )
    # The first server's addresses are what the node itself dialled.
    used = wanted[answer["name"]]["verdict"]
    right = [
        other
        for each in servers
        if each is not server
        for other in each["names"]
        if other["name"] == answer["name"]
        and other["verdict"] == "reachable"
        and not set(other["addresses"]) & set(answer["addresses"])
    ]
    return used if right and used not in ("reachable", _UNTRIED) and answer["addresses"] else None


def _knows_everything(server: dict[str, Any]) -> bool:
    return bool(server["invented"] and server["invented"][0]["addresses"])


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
