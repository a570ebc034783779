# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as one Azure network security group for the subnet of the nodes, in Terraform's JSON syntax."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import open_questions, shared_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import ANYWHERE
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import Rule, in_family, rules

_FIRST_PRIORITY = 1000
_DESCRIPTION_LENGTH = 140
_NAME_LENGTH = 80
_DIRECTIONS = {"in": "Inbound", "out": "Outbound"}


def _description(text: str) -> str:
    """Keep a text to what Azure takes; "${" and "%{" would besides start an expression of Terraform."""
    plain = shared_text.one_line(text).replace("${", "$ {").replace("%{", "% {")
    return shared_text.shortened(plain, _DESCRIPTION_LENGTH)


def _ports(bounds: Iterable[tuple[int, int]]) -> list[str]:
    return [str(first) if first == last else f"{first}-{last}" for first, last in bounds]


def _own(request: Request, rule: Rule) -> list[str]:
    nodes = request.site.nodes
    return [node.address for node in nodes if rule.own == "nodes" or node.role == "controller"]


def _peers(request: Request, rule: Rule) -> Iterator[list[str]]:
    """Yield the addresses of the other side, one list for each rule that Azure needs: families do not mix."""
    if rule.peer:
        yield [node.address for node in request.site.nodes if rule.peer == "nodes" or node.role == "controller"]
    elif ANYWHERE in rule.networks:
        # Outbound: what is outside the virtual network. Inbound: any source, load balancers included.
        yield ["Internet" if rule.direction == "out" else "*"]
    else:
        for version in (4, 6):
            networks = in_family(rule.networks, version)
            if networks:
                yield networks


def _prefixes(side: str, values: list[str]) -> dict[str, Any]:
    if values in (["Internet"], ["*"]):
        return {f"{side}_address_prefix": values[0]}
    return {f"{side}_address_prefixes": values}


def _arguments(request: Request, rule: Rule, peers: list[str], priority: int, name: str) -> dict[str, Any]:
    own = _own(request, rule)
    if any(":" in peer for peer in peers):
        own = ["*"]  # the nodes' IPv6 addresses are not known, and one rule takes one family
    source, destination = (peers, own) if rule.direction == "in" else (own, peers)
    return {
        "name": name,
        "description": _description(rule.about),
        "priority": priority,
        "direction": _DIRECTIONS[rule.direction],
        "access": "Allow",
        "protocol": rule.transport.capitalize(),
        "source_port_range": "*",
        "destination_port_ranges": _ports(rule.ports),
        **_prefixes("source", source),
        **_prefixes("destination", destination),
        "resource_group_name": "${var.resource_group_name}",
        "network_security_group_name": "${azurerm_network_security_group.rtf.name}",
    }


def _resources(request: Request) -> dict[str, Any]:
    made = {}
    priorities = dict.fromkeys(_DIRECTIONS, _FIRST_PRIORITY)
    for rule in rules(request.openings):
        for peers in _peers(request, rule):
            priority = priorities[rule.direction]
            priorities[rule.direction] += 1
            name = f"rtf-{rule.direction}-{priority}-{rule.ids[0]}"[:_NAME_LENGTH].rstrip("-")
            made[name.replace("-", "_")] = _arguments(request, rule, peers, priority, name)
    return made


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}."""
    variables = {
        "location": "The region of the nodes.",
        "resource_group_name": "The resource group that the security group belongs to.",
    }
    content = {
        "//": shared_text.header(
            request,
            "Network security groups cannot match host names: restrict outbound traffic in a proxy or firewall.",
            *open_questions.omissions(request),
        ),
        "variable": {name: {"type": "string", "description": about} for name, about in variables.items()},
        "resource": {
            "azurerm_network_security_group": {
                "rtf": {
                    "name": "rtf-nodes",
                    "location": "${var.location}",
                    "resource_group_name": "${var.resource_group_name}",
                }
            },
            "azurerm_network_security_rule": _resources(request),
        },
    }
    return {"azure-network-security-group.tf.json": json.dumps(content, indent=2) + "\n"}
