# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as nftables rules for a node of each role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import open_questions, shared_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import ANYWHERE, Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import (
    Rule,
    for_role,
    in_family,
    rules,
)

TABLE = "inet filter"
_CHAINS = {"in": ("rtf_input", "saddr"), "out": ("rtf_output", "daddr")}
# As long as nft lets a comment be.
_COMMENT_LENGTH = 128


def comment(rule: Rule) -> str:
    """Return what a Rule is for, as nft takes it."""
    return shared_text.shortened(shared_text.one_line(rule.about), _COMMENT_LENGTH)


def _ports(bounds: Iterable[tuple[int, int]]) -> str:
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in bounds]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"


def _matches(rule: Rule) -> Iterator[str]:
    """Yield the address match of a rule, one for each IP version that is needed; "" matches everything."""
    field = _CHAINS[rule.direction][1]
    if rule.peer:
        yield f"ip {field} @rtf_{rule.peer} "
    elif ANYWHERE in rule.networks:
        yield ""
    else:
        for version, family in ((4, "ip"), (6, "ip6")):
            networks = in_family(rule.networks, version)
            if networks:
                yield f"{family} {field} {{ {', '.join(networks)} }} "


def _chain(name: str, found: Iterable[Rule]) -> list[str]:
    lines = [f"\tchain {name} {{"]
    for rule in found:
        for match in _matches(rule):
            lines.append(f'\t\t{match}{rule.transport} dport {_ports(rule.ports)} accept comment "{comment(rule)}"')
    return [*lines, "\t}"]


def _sets(nodes: Sequence[Node]) -> dict[str, list[str]]:
    """Return {set name: addresses}."""
    return {
        "rtf_nodes": [node.address for node in nodes],
        "rtf_controllers": [node.address for node in nodes if node.role == "controller"],
    }


def _file(request: Request, role: str, found: Iterable[Rule]) -> str:
    about = shared_text.header(
        request,
        f"Rules for each {role}, in chains of their own. The table is Debian's default; rename it if yours differs.",
        "They take effect where your own chains jump to them: `jump rtf_input` and `jump rtf_output`.",
        *open_questions.omissions(request),
    )
    chains = [name for name, _field in _CHAINS.values()]
    sets = _sets(request.site.nodes)
    lines = [
        *(f"# {line}" for line in about),
        "",
        "# Loading this file again replaces the rules and sets that it loaded before.",
        f"add table {TABLE}",
        *(f"add chain {TABLE} {name}" for name in chains),
        *(f"flush chain {TABLE} {name}" for name in chains),
        *(f"add set {TABLE} {name} {{ type ipv4_addr; }}" for name in sets),
        *(f"flush set {TABLE} {name}" for name in sets),
        *(f"add element {TABLE} {name} {{ {', '.join(addresses)} }}" for name, addresses in sets.items() if addresses),
        "",
        f"table {TABLE} {{",
    ]
    for direction, (name, _field) in _CHAINS.items():
        lines += _chain(name, [rule for rule in found if rule.direction == direction])
    return "\n".join([*lines, "}", ""])


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}, one file for each role that has nodes."""
    made = rules(request.openings)
    roles = dict.fromkeys(node.role for node in request.site.nodes)
    return {f"nftables-{role}.nft": _file(request, role, for_role(made, role)) for role in roles}
