# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as firewall-cmd commands for a node of each role.

Inbound only: firewalld lets everything out unless a site has written policies against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import open_questions, shared_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import ANYWHERE, Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import (
    Rule,
    for_role,
    in_family,
    rules,
)

_SETS = {"nodes": "rtf-nodes", "controllers": "rtf-controllers"}


def _ports(bounds: Iterable[tuple[int, int]]) -> list[str]:
    return [str(first) if first == last else f"{first}-{last}" for first, last in bounds]


def rich_rules(rule: Rule) -> list[str]:
    """Return the rich rules of one inbound rule: one for each port range, and for each source that is not a set."""
    if rule.peer:
        sources = [("ipv4", f'source ipset="{_SETS[rule.peer]}"')]
    else:
        sources = [
            (family, f'source address="{network}"')
            for version, family in ((4, "ipv4"), (6, "ipv6"))
            for network in in_family(rule.networks, version)
        ]
    return [
        f'rule family="{family}" {source} port port="{port}" protocol="{rule.transport}" accept'
        for family, source in sources
        for port in _ports(rule.ports)
    ]


def _commands(rule: Rule) -> list[str]:
    lines = [f"# {shared_text.one_line(rule.about)}"]
    if ANYWHERE in rule.networks:
        return lines + [
            f"firewall-cmd --permanent --zone=public --add-port={port}/{rule.transport}" for port in _ports(rule.ports)
        ]
    return lines + [f"firewall-cmd --permanent --zone=public --add-rich-rule='{text}'" for text in rich_rules(rule)]


def _set_commands(name: str, nodes: Sequence[Node]) -> list[str]:
    return [
        f"firewall-cmd --permanent --new-ipset={name} --type=hash:ip",
        *(f"firewall-cmd --permanent --ipset={name} --add-entry={node.address}" for node in nodes),
    ]


def _file(request: Request, role: str, found: Iterable[Rule]) -> str:
    about = shared_text.header(
        request,
        f"Commands for each {role}, inbound only. The zone is the one that holds the node's interface; rename public",
        "if yours differs. Nothing takes effect before the reload at the end.",
        *open_questions.omissions(request),
    )
    members = {
        "nodes": request.site.nodes,
        "controllers": [node for node in request.site.nodes if node.role == "controller"],
    }
    lines = [*(f"# {line}" for line in about), ""]
    for peer in dict.fromkeys(rule.peer for rule in found if rule.peer):
        lines += _set_commands(_SETS[peer], members[peer])
    for rule in found:
        lines += ["", *_commands(rule)]
    return "\n".join([*lines, "", "firewall-cmd --reload", ""])


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}, one file for each role that has nodes."""
    made = [rule for rule in rules(request.openings) if rule.direction == "in"]
    roles = dict.fromkeys(node.role for node in request.site.nodes)
    return {f"firewalld-{role}.sh": _file(request, role, for_role(made, role)) for role in roles}
