# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as AWS security groups, in Terraform's JSON syntax.

Two groups: one for every node, one for the controllers besides. Rules between nodes name the groups instead of
addresses, so that their number does not grow with the cluster (AWS allows 60 in each direction).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import shared_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import Rule, in_family, rules

# What AWS takes in a description.
_REFUSED = re.compile(r"[^0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]")
_DESCRIPTION_LENGTH = 255
_RESOURCES = {"in": "aws_vpc_security_group_ingress_rule", "out": "aws_vpc_security_group_egress_rule"}
_GROUPS = {"nodes": "rtf_nodes", "controllers": "rtf_controllers"}


def _description(text: str) -> str:
    """Keep a text to what AWS takes; "${" would besides start an expression of Terraform."""
    plain = _REFUSED.sub(" ", text.replace("'", "")).replace("${", "$ {")
    return shared_text.shortened(plain, _DESCRIPTION_LENGTH)


def _peers(rule: Rule) -> Iterator[dict[str, str]]:
    """Yield the attribute that names the other side, one for each rule that AWS needs."""
    if rule.peer:
        yield {"referenced_security_group_id": f"${{aws_security_group.{_GROUPS[rule.peer]}.id}}"}
    for version, attribute in ((4, "cidr_ipv4"), (6, "cidr_ipv6")):
        for network in in_family(rule.networks, version):
            yield {attribute: network}


def _resources(found: Iterable[Rule]) -> dict[str, dict[str, Any]]:
    """Return {resource type: {name: arguments}} of Rules."""
    made: dict[str, dict[str, Any]] = {kind: {} for kind in _RESOURCES.values()}
    for rule in found:
        resources = made[_RESOURCES[rule.direction]]
        base = f"{_GROUPS[rule.own]}_{rule.ids[0].replace('-', '_')}"
        for peer in _peers(rule):
            for first, last in rule.ports:
                name = base
                while name in resources:
                    name = f"{base}_{sum(other.startswith(base) for other in resources)}"
                resources[name] = {
                    "security_group_id": f"${{aws_security_group.{_GROUPS[rule.own]}.id}}",
                    "ip_protocol": rule.transport,
                    "from_port": first,
                    "to_port": last,
                    **peer,
                    "description": _description(rule.about),
                }
    return {kind: resources for kind, resources in made.items() if resources}


def _group(name: str, about: str, members: Sequence[Node]) -> dict[str, str]:
    listed = ", ".join(f"{node.name} {node.address}" for node in members)
    return {
        "//": f"Attach it to {shared_text.one_line(listed)}.",
        "name": name,
        "description": _description(about),
        "vpc_id": "${var.vpc_id}",
    }


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}."""
    nodes = request.site.nodes
    controllers = [node for node in nodes if node.role == "controller"]
    content = {
        "//": shared_text.header(
            request, ("Security groups cannot match host names: restrict outbound traffic in a proxy or firewall.")
        ),
        "variable": {"vpc_id": {"type": "string", "description": "The VPC of the nodes."}},
        "resource": {
            "aws_security_group": {
                "rtf_nodes": _group("rtf-nodes", "Every node of Runtime Fabric", nodes),
                "rtf_controllers": _group(
                    "rtf-controllers", "The controllers of Runtime Fabric, besides rtf-nodes", controllers
                ),
            },
            **_resources(rules(request.openings)),
        },
    }
    return {"aws-security-groups.tf.json": json.dumps(content, indent=2) + "\n"}
