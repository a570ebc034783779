# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances, their nodes and their networks."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import instance, network
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import DEFAULT_NAME, Instance
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lifecycle import CLUSTER
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import LabError, upper_limit


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path):
    def write(text):
        path = tmp_path / "cluster.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_default_cluster_is_at_the_documented_addresses():
    lab = Instance(DEFAULT_NAME, nodes=instance.load_nodes(CLUSTER))
    assert {node.name: lab.address(node) for node in lab.nodes} == {
        "controller-1": "192.168.230.11",
        "worker-1": "192.168.230.21",
        "worker-2": "192.168.230.22",
    }
    assert lab.internet_address == "192.168.230.2"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("nodes: [{name: a, group: g}]", "host_number"),
        ("nodes: [{name: a, group: g, host_number: 9}, {name: a, group: g, host_number: 10}]", "same name"),
        ("nodes: [{name: a, group: g, host_number: 9}, {name: b, group: g, host_number: 9}]", "same host_number"),
        ("nodes: [{name: internet, group: g, host_number: 9}]", "reserved: internet"),
        ("nodes: [{name: a, group: g, host_number: 2}]", "reserved: a"),
        ("hosts: []", "nodes"),
        ("nodes: [", "not a cluster file"),
    ],
)
def test_a_wrong_cluster_file_is_refused(cluster, text, reason):
    with pytest.raises(LabError, match=reason):
        instance.load_nodes(cluster(text))


@pytest.mark.parametrize("name", ["Upper", "-x", "a b", "a" * 32])
def test_a_name_that_cannot_name_a_container_is_refused(name):
    with pytest.raises(LabError, match="cannot name a lab"):
        instance.instance_name(name)


@pytest.mark.parametrize(
    "present, chosen, expected",
    [
        ({}, None, 1),
        ({"other": ["192.168.231.0/24"]}, None, 2),
        ({"other": ["192.168.231.0/24"], "mine": ["192.168.235.0/24"]}, None, 5),
        ({"mine": ["10.0.0.0/24"]}, None, 1),
        ({}, "7", 7),
    ],
)
def test_another_instance_gets_a_subnet_that_no_network_has(present, chosen, expected):
    assert network.subnet_index(Instance("mine"), present, chosen) == expected


def test_the_default_instance_keeps_its_subnet():
    assert network.subnet_index(Instance(DEFAULT_NAME), {}, None) == 0


@pytest.mark.parametrize("chosen", ["20", "-1", "x"])
def test_a_subnet_out_of_range_is_refused(chosen):
    with pytest.raises(LabError, match="LAB_SUBNET_INDEX"):
        network.subnet_index(Instance("mine"), {}, chosen)


def test_no_free_subnet_is_an_error():
    present = {f"n{number}": [f"192.168.{number}.0/24"] for number in range(231, 250)}
    with pytest.raises(LabError, match="in use"):
        network.subnet_index(Instance("mine"), present, None)


def test_the_smallest_limit_counts_unless_it_is_infinite():
    assert upper_limit(20000, 1048576) == 20000
    assert upper_limit(-1, 1048576, 32768) == 32768
