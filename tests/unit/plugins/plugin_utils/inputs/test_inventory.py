# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as a whole, and what a person reads where it is not valid."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inventory, type_conversion

DECLARED = input_declarations.load()
GROUPS = {"rtf_nodes": ["a", "b"], "rtf_controllers": ["a"], "rtf_workers": ["b"]}


@pytest.mark.parametrize(
    "groups, said",
    [
        ({}, "rtf_nodes: the inventory has no such group"),
        ({"rtf_nodes": []}, "rtf_nodes: the inventory has no such group or it is empty"),
        ({"rtf_nodes": ["a", "b"], "rtf_controllers": ["a"]}, "b is in neither rtf_controllers nor rtf_workers"),
        ({"rtf_nodes": ["a"], "rtf_workers": ["a"]}, "rtf_controllers: the group is empty"),
        (
            {"rtf_nodes": ["a"], "rtf_controllers": ["a"], "rtf_workers": ["a"]},
            "a is in rtf_controllers and in rtf_workers",
        ),
        (
            {"rtf_nodes": ["a"], "rtf_controllers": ["a"], "rtf_workers": ["b"]},
            "b is a controller or worker but not in",
        ),
    ],
)
def test_groups_that_leave_a_nodes_role_open_are_refused(groups, said):
    problems = inventory.group_problems(groups)
    assert len(problems) == 1 and said in problems[0]


def test_good_groups_are_accepted():
    assert inventory.group_problems({"rtf_nodes": ["a", "b"], "rtf_controllers": ["a"], "rtf_workers": ["b"]}) == []


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"ansible_host": "192.0.2.1"}, []),
        ({"ansible_host": "10.244.0.1"}, []),
        (
            {"rtf_pod_cidr": "10.64.0.0/10"},
            ["rtf_pod_cidr: 10.64.0.0/10 and the network of the services, 10.100.0.0/16, overlap"],
        ),
        (
            {"rtf_pod_cidr": "10.0.0.0/16", "ansible_host": "10.0.3.1"},
            ["rtf_pod_cidr: 10.0.0.0/16 contains the address of a, 10.0.3.1; choose a network nothing else uses"],
        ),
        (
            {
                "ansible_host": "bastion.example.com",
                "rtf_node_address": "10.100.3.1",
                "rtf_service_cidr": "10.100.0.0/16",
            },
            [
                "rtf_service_cidr: 10.100.0.0/16 contains the address of a, 10.100.3.1; choose a network nothing else uses"
            ],
        ),
    ],
)
def test_networks_of_the_cluster_keep_clear_of_each_other_and_of_the_nodes(variables, said):
    assert inventory.network_problems({"a": variables}) == said


def test_what_must_hold_for_the_cluster_must_be_the_same_on_every_node():
    found = inventory.disagreements(
        {"a": {"rtf_release": "1.4"}, "b": {"rtf_release": "1.13"}, "c": {}}, ["rtf_release"]
    )
    assert found == ["rtf_release: must be the same for the whole cluster, found '1.4' on a; '1.13' on b"]


def test_a_number_agrees_with_itself_written_with_a_decimal_point():
    values = [type_conversion.typed("float", "", written) for written in (15, 15.0, "15", "15.0")]
    named = {f"node-{number}": {"rtf_max_latency_ms": value} for number, value in enumerate(values)}
    assert inventory.disagreements(named, ["rtf_max_latency_ms"]) == []
    assert inventory.disagreements({"a": {"rtf_x": True}, "b": {"rtf_x": 1}}, ["rtf_x"])


def test_the_variable_of_a_role_must_agree_like_the_input_that_it_stands_for():
    options = DECLARED.of_role("rtf_preflight")
    same = {"max_latency_ms": 15.0, "checks": ["*"], "timeout": 5.0}
    assert inventory.disagreements_of_role({"a": same, "b": {**same, "timeout": 9.0}}, options) == []
    found = inventory.disagreements_of_role({"a": same, "b": {**same, "max_latency_ms": 9.0}}, options)
    assert found == ["rtf_preflight_max_latency_ms: must be the same for the whole cluster, found 15.0 on a; 9.0 on b"]
    assert "rtf_preflight_checks" in inventory.disagreements_of_role({"a": same, "b": {"checks": ["fw.*"]}}, options)[0]


def test_addresses_by_which_no_rule_can_be_made():
    groups = {"rtf_controllers": ["a"], "rtf_nodes": ["a", "b"]}
    nodes = {"a": {"ansible_host": "192.0.2.1"}, "b": {"ansible_host": "b.example.com"}}
    assert inventory.address_problems(nodes, groups) == []
    nodes["a"]["rtf_firewall_backend"] = "nftables"
    assert "rtf_node_address: not set for b" in inventory.address_problems(nodes, groups)[0]
    nodes["b"] = {"ansible_host": "10.1.1.1"}
    nodes["a"]["rtf_internal_networks"] = ["192.0.2.0/24", "2001:db8::/32"]
    assert inventory.address_problems(nodes, groups) == [
        "rtf_internal_networks: 10.1.1.1 of b is in none of 192.0.2.0/24; name the nodes' own network, too"
    ]


def problems(a, b=None, broken=()):
    nodes = {
        "a": inventory.NodeVariables({"rtf_control_plane": "us", **a}, list(broken)),
        "b": inventory.NodeVariables({"rtf_control_plane": "us", **(a if b is None else b)}, []),
    }
    return inventory.problems(nodes, GROUPS, DECLARED, catalog.load())


def test_a_good_inventory_has_no_problems():
    assert problems({"rtf_ntp_servers": "ntp.example.com", "ansible_host": "192.0.2.1", "rtf_of_the_site": "x"}) == []


@pytest.mark.parametrize(
    "a, b, said",
    [
        (
            {"rtf_spare_addresses": "x"},
            None,
            ["rtf_spare_addresses: must be a whole number of addresses, at least 0, not 'x'"],
        ),
        (
            {"rtf_spare_addresses": "x"},
            {},
            ["rtf_spare_addresses: must be a whole number of addresses, at least 0, not 'x' (on a)"],
        ),
        ({"rtf_kernel_swap_off": "maybe"}, {}, ["rtf_kernel_swap_off: must be true or false, not 'maybe' (on a)"]),
        (
            {"rtf_release": "1.4"},
            {"rtf_release": "1.13"},
            ["rtf_release: must be the same for the whole cluster, found '1.4' on a; '1.13' on b"],
        ),
        (
            {"rtf_preflight_checks": ["kernel.*"]},
            {"rtf_preflight_checks": ["fw.*"]},
            [
                "rtf_preflight_checks: must be the same for the whole cluster, found ['kernel.*'] on a; ['fw.*'] on b",
            ],
        ),
        ({"rtf_http_proxy_user": "u"}, {}, ["rtf_http_proxy: credentials are set, but no proxy (on a)"]),
        (
            {"rtf_ntp_servers": [{"host": "ntp.example.com", "key": "7"}]},
            None,
            ["rtf_ntp_servers: ntp.example.com uses key 7, which rtf_ntp_keys does not contain"],
        ),
        (
            {"rtf_kernel_oops": "http://u:s3cret@proxy.example.com:3128"},
            {},
            [
                "rtf_kernel_oops: contains a URL with credentials, which only rtf_http_proxy and rtf_monitoring_proxy may; "
                "it is not shown (on a)"
            ],
        ),
        (
            {"rtf_waivers": [{"checks": ["net.*"], "nodes": ["c"], "reason": "r"}]},
            None,
            ["rtf_waivers: 'c' matches no node; valid: a, b"],
        ),
        (
            {"rtf_control_plane": "jp"},
            None,
            ["rtf_control_plane: 'jp' is not a control plane of release 1.4; valid: us, eu"],
        ),
        ({"rtf_control_plane": ""}, None, ["rtf_control_plane: not set for the group rtf_nodes, in the inventory"]),
    ],
)
def test_every_problem_names_its_variable_and_its_nodes(a, b, said):
    found = problems(a, b)
    assert len(found) == len(said)
    assert all(problem.startswith(begin) for problem, begin in zip(found, said, strict=True))


def test_a_value_whose_template_breaks_is_named():
    assert problems({}, broken=["rtf_smtp: 'x' is undefined"]) == ["rtf_smtp: 'x' is undefined (on a)"]
