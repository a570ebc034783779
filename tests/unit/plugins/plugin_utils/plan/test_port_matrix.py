# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import collections
import math

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

SMALL = clusters.nodes(1, 2)
CONTROLLER, WORKER, OTHER = SMALL


def peer(planned, node, name, held=None):
    return next(entry for entry in port_matrix.probes(planned, node, held or {})["peers"] if entry["name"] == name)


def test_every_row_between_nodes_and_within_one_is_proven():
    rows = {row["id"] for row in clusters.plan_of(SMALL).rows}
    assert {"etcd", "node-ports-udp", "overlay-vxlan", "serf-rpc", "install-bandwidth-checker"} <= rows
    assert rows.isdisjoint({"ntp", "ingress-https", "platform-https", "ops-center-ui"})


def test_a_node_listens_on_what_its_role_offers():
    planned = clusters.plan_of(SMALL)
    (controller, loopback), (worker, _dummy) = (
        port_matrix.listening(planned, CONTROLLER),
        port_matrix.listening(planned, WORKER),
    )
    assert "2379-2380" in controller["tcp"] and "2379-2380" not in worker["tcp"]
    assert "30000-32767" in worker["tcp"] and worker["udp"] == ["7496", "8472", "30000-32767"]
    assert worker["address"] == WORKER.address
    assert loopback == {"address": "127.0.0.1", "tcp": ["53", "7373"], "udp": ["53"]}


def test_only_the_directions_that_are_asked_for_are_probed():
    planned = clusters.plan_of(SMALL)
    assert "2379-2380" in peer(planned, WORKER, "c1")["tcp"]
    assert "2379-2380" not in peer(planned, CONTROLLER, "w1")["tcp"]
    assert "2379-2380" not in peer(planned, WORKER, "w2")["tcp"]


def test_a_node_probes_what_is_its_own_over_the_loopback():
    own = peer(clusters.plan_of(SMALL), WORKER, "w1")
    assert own == {
        "name": "w1",
        "address": "127.0.0.1",
        "tcp": ["53", "7373"],
        "udp": ["53"],
        "vxlan": [],
        "connect": [],
        "query": [],
    }


def test_the_overlay_gets_datagrams_of_its_shape():
    planned = clusters.plan_of(SMALL)
    assert peer(planned, WORKER, "c1")["vxlan"] == ["8472"]
    address = next(node.address for node in planned.nodes if node.name == "c1")
    held = {"c1": {address: {"udp": {8472}}}}
    found = next(each for each in port_matrix.probes(planned, WORKER, held)["peers"] if each["name"] == "c1")
    assert found["vxlan"] == []


def test_ports_of_localhost_are_tried_from_elsewhere_without_a_proof():
    found = peer(clusters.plan_of(SMALL), WORKER, "c1")
    assert found["connect"] == ["53", "7373"] and found["query"] == ["53"]


def test_installation_ports_must_be_closed_in_operation():
    planned = clusters.plan_of(SMALL, "operate")
    assert peer(planned, WORKER, "w2")["connect"] == ["53", "4242", "7373", "61008-61010", "61022-61024"]
    assert "4242" not in port_matrix.listening(planned, WORKER)[0]["tcp"]


def test_live_ports_are_only_connected_to():
    held = {"w2": {OTHER.address: {"tcp": {7575}, "udp": {8472}}}}
    found = peer(clusters.plan_of(SMALL, "operate"), WORKER, "w2", held)
    assert "7575" in found["connect"] and "7575" not in found["tcp"]
    assert "8472" not in found["udp"]


def test_rows_of_the_site_take_part():
    catalogue = with_site_rows(
        catalog.load(),
        [],
        [
            {"ports": [9100], "from": "nodes", "to": "controllers"},
            {"ports": [9200], "from": "10.0.0.0/8", "to": "nodes"},
        ],
    )
    planned = clusters.plan_of(SMALL, catalogue=catalogue)
    assert "9100" in peer(planned, WORKER, "c1")["tcp"]
    assert all("9200" not in place["tcp"] for place in port_matrix.listening(planned, CONTROLLER))


def test_who_is_absent_is_left_out_with_the_reason():
    absent = {"w2": port_matrix.Absent("unknown", "unreachable: timed out")}
    work = port_matrix.probes(clusters.plan_of(SMALL, absent=absent), WORKER, {})
    assert {entry["name"] for entry in work["peers"]} == {"c1", "w1"}
    assert work["left_out"] == {"w2": {"status": "unknown", "reason": "unreachable: timed out"}}


@pytest.mark.parametrize("count", [21, 22, 30, 100, 1000])
def test_a_sample_is_even_and_always_the_same(count):
    members = clusters.nodes(3, count - 3)
    planned = clusters.plan_of(members)
    chosen = {node.name: [other.name for other in port_matrix.peers_of(planned, node)] for node in members}
    assert chosen == {node.name: [other.name for other in port_matrix.peers_of(planned, node)] for node in members}
    workers = [name for name in chosen if name.startswith("w")]
    probed = collections.Counter(other for others in chosen.values() for other in others)
    assert {len(others) for others in chosen.values()} <= {20, 21}
    assert max(probed[name] for name in workers) <= 20 <= min(probed.values())
    assert all(name not in others and len(set(others)) == len(others) for name, others in chosen.items())
    assert all(any(other.startswith("c") for other in others) for others in chosen.values())


@pytest.mark.parametrize("count", [22, 30, 100, 1000])
def test_a_sample_has_one_of_each_neighbours_in_the_inventory(count):
    """So a firewall before a subnet whose nodes follow each other is found by every other node: docs/scale.md."""
    members = clusters.nodes(3, count - 3)
    planned = clusters.plan_of(members)
    places = {node.name: place for place, node in enumerate(members)}
    neighbours = math.ceil((count - 1) / 20)
    for node in (members[0], members[count // 2], members[-1]):
        asked = {places[other.name] for other in port_matrix.peers_of(planned, node)}
        blocks = (set(range(first, first + neighbours)) for first in range(count - neighbours + 1))
        assert all(block & asked for block in blocks if places[node.name] not in block)


def test_a_sample_says_that_it_is_one_and_has_no_reason_for_each_of_the_others():
    members = clusters.nodes(1, 9)
    for most_peers, sampled in ((4, True), (9, False)):
        work = port_matrix.probes(clusters.plan_of(members, most_peers=most_peers), members[1], {})
        assert work["left_out"] == {} and work["sampled"] is sampled


def test_nobody_starts_with_the_same_peer():
    members = clusters.nodes(3, 6)
    planned = clusters.plan_of(members)
    assert len({port_matrix.peers_of(planned, node)[0].name for node in members}) == len(members)
