# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for Terraform, checked against what its providers take."""

from __future__ import annotations

import copy
import ipaddress
import json
import re
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import aws, azure
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import rules

FORMATS = {
    "aws": (aws.render, "aws-security-groups.tf.json"),
    "azure": (azure.render, "azure-network-security-group.tf.json"),
}


def rendered(cloud, request):
    render, name = FORMATS[cloud]
    files = render(request)
    assert list(files) == [name]
    return json.loads(files[name])


def errors_in(cloud, content):
    schema = json.loads((Path(__file__).parent / "schemas" / f"{cloud}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(content)]


def texts_in(content):
    """Every string that Terraform evaluates: comments it does not."""
    if isinstance(content, dict):
        return [text for key, value in content.items() if key != "//" for text in texts_in(value)]
    if isinstance(content, list):
        return [text for value in content for text in texts_in(value)]
    return [content] if isinstance(content, str) else []


def rules_of(cloud, content, direction=None):
    found = []
    for kind, resources in content["resource"].items():
        if "_rule" in kind and (direction is None or direction in kind):
            found += resources.values()
    return found


@pytest.mark.parametrize("cloud", FORMATS)
def test_the_provider_takes_the_file(cloud, any_request):
    assert errors_in(cloud, rendered(cloud, any_request)) == []


@pytest.mark.parametrize("cloud", FORMATS)
def test_the_schema_refuses_what_is_wrong(cloud, lab_request):
    content = rendered(cloud, lab_request)
    for spoil in (
        lambda rule: rule.update(surprise=1),
        lambda rule: rule.update(description="x" * 300),
        lambda rule: rule.pop("security_group_id" if cloud == "aws" else "priority"),
        lambda rule: rule.update({"ip_protocol" if cloud == "aws" else "protocol": "icmp"}),
    ):
        broken = copy.deepcopy(content)
        spoil(rules_of(cloud, broken)[0])
        assert errors_in(cloud, broken)


@pytest.mark.parametrize("cloud", FORMATS)
def test_every_expression_refers_to_something_declared(cloud, any_request):
    content = rendered(cloud, any_request)
    declared = {f"var.{name}" for name in content["variable"]}
    for kind, resources in content["resource"].items():
        declared |= {f"{kind}.{name}.{attribute}" for name in resources for attribute in ("id", "name")}
    for text in texts_in(content):
        if re.search(r"[$%]\{", text):
            whole = re.fullmatch(r"\$\{([A-Za-z0-9_.]+)\}", text)
            assert whole and whole[1] in declared, text


def test_aws_rules_are_all_different(any_request):
    content = rendered("aws", any_request)
    for direction in ("ingress", "egress"):
        keys = [
            tuple(sorted((name, value) for name, value in rule.items() if name != "description"))
            for rule in rules_of("aws", content, direction)
        ]
        assert len(keys) == len(set(keys))


def test_aws_groups_stay_within_the_number_of_rules(any_request):
    content = rendered("aws", any_request)
    for direction in ("ingress", "egress"):
        counts = {}
        for rule in rules_of("aws", content, direction):
            counts[rule["security_group_id"]] = counts.get(rule["security_group_id"], 0) + 1
        assert max(counts.values()) <= 60


def test_aws_says_which_nodes_belong_to_a_group(lab_request):
    groups = rendered("aws", lab_request)["resource"]["aws_security_group"]
    assert "worker-2 192.168.230.22" in groups["rtf_nodes"]["//"]
    assert "worker-2" not in groups["rtf_controllers"]["//"]


def test_azure_priorities_are_all_different(any_request):
    content = rendered("azure", any_request)
    keys = [(rule["direction"], rule["priority"]) for rule in rules_of("azure", content)]
    assert len(keys) == len(set(keys))


def test_azure_does_not_mix_families(any_request):
    for rule in rules_of("azure", rendered("azure", any_request)):
        versions = {
            ipaddress.ip_network(prefix).version
            for side in ("source", "destination")
            for prefix in rule.get(f"{side}_address_prefixes", [])
        }
        assert len(versions) == 1, rule


def test_azure_names_the_nodes(lab_request):
    found = {
        name: rule
        for name, rule in rendered("azure", lab_request)["resource"]["azurerm_network_security_rule"].items()
        if name.endswith("etcd")
    }
    (inbound,) = [rule for rule in found.values() if rule["direction"] == "Inbound"]
    assert inbound["source_address_prefixes"] == ["192.168.230.11", "192.168.230.21", "192.168.230.22"]
    assert inbound["destination_address_prefixes"] == ["192.168.230.11"]
    assert inbound["destination_port_ranges"] == ["2379-2380", "4001", "7001"]


@pytest.mark.parametrize("cloud", FORMATS)
def test_every_rule_is_there(cloud, any_request):
    text = json.dumps(rendered(cloud, any_request))
    for rule in rules(any_request.openings):
        assert rule.ids[0] in text
