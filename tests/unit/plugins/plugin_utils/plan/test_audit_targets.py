# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of an audit, narrowed by what earlier steps found."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_targets, port_matrix
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.plan.test_audit_plan import plan

NODES = ("c1", "w1", "w2")
MEMBERS = [
    port_matrix.Node(name, "controller" if name == "c1" else "worker", f"10.0.0.{number}")
    for number, name in enumerate(NODES, 1)
]
HOSTS = {name: {"host": {"privileged": True}} for name in NODES}
BOTH = {"c1": "http://proxy.example.com:3128", "w1": ""}
HELD_BY = {"run": {"id": "x", "started": 0, "controller": "ci", "user": "jo", "process": ""}, "ends_in": 9.0, "pid": 7}


def ports(**inputs):
    return clusters.ports_of(MEMBERS, **inputs)


def listening(*occupied):
    holders = [{"ports": list(occupied), "process": "nginx", "pid": 7, "user": "root", "address": "0.0.0.0"}]
    held = {"tcp": {"occupied": holders if occupied else []}, "udp": {"occupied": []}}
    return {"listening": {"places": [{"address": "10.0.0.2", **held}], "held_by": []}}


def probed(*names, tcp=("4242",), udp=("8472",)):
    """What a node's probes found where the ports of others are open."""
    return {
        "peers": [
            {
                "name": name,
                "address": next(node.address for node in MEMBERS if node.name == name),
                "tcp": {"ports": {"open": list(tcp)}},
                "udp": {"ports": {"open": list(udp)}},
            }
            for name in names
        ]
    }


ALL_OPEN = {name: probed(*(other for other in NODES if other != name)) for name in NODES}


def host_with_repositories(proxy=""):
    host = samples.evidence()["host"]
    for repository in host["packages"]["repositories"]:
        for place in repository["places"]:
            place.update(proxy=proxy, password="none")
    return {"host": host}


def test_repositories_are_dialled_with_the_endpoints():
    planned = plan(nodes=("c1",))
    found = audit_targets.to_collect(planned, {"c1": host_with_repositories()}, BOTH)["nodes"]["c1"]
    endpoints = [endpoint["id"] for endpoint in planned["nodes"]["c1"]["egress_info"]["endpoints"]]
    dialled = [endpoint["id"] for endpoint in found["egress_info"]["endpoints"]]
    assert dialled[: len(endpoints)] == endpoints and dialled[len(endpoints) :]
    assert all(name.startswith("repository:") for name in dialled[len(endpoints) :])
    assert found["egress_info"]["name_servers"]


def test_repositories_are_dialled_alone_where_no_endpoint_is_selected():
    planned = plan(nodes=("c1",), checks=["host.repos_reachable"])
    found = audit_targets.to_collect(planned, {"c1": host_with_repositories()}, BOTH)["nodes"]["c1"]
    assert {endpoint["id"].partition(":")[0] for endpoint in found["egress_info"]["endpoints"]} == {"repository"}
    assert not found["egress_info"]["name_servers"]


def test_repositories_behind_another_proxy_are_dialled_in_the_same_call():
    planned = plan(nodes=("c1",))
    found = audit_targets.to_collect(planned, {"c1": host_with_repositories("http://other.example:80")}, BOTH)["nodes"][
        "c1"
    ]
    proxies = {endpoint.get("http_proxy") for endpoint in found["egress_info"]["endpoints"]}
    assert proxies == {None, "http://other.example:80"}


@pytest.mark.parametrize("result", [{}, {"unreachable": True, "msg": "no route"}, {"failed": True, "msg": "no python"}])
def test_a_host_of_which_nothing_is_known_dials_the_endpoints_alone(result):
    planned = plan(nodes=("c1",))
    found = audit_targets.to_collect(planned, {"c1": result}, BOTH)["nodes"]["c1"]
    assert found["egress_info"] == planned["nodes"]["c1"]["egress_info"]
    assert found["listen"] is None


def test_nothing_is_done_that_is_not_planned():
    planned = plan(checks=["kernel.*"])
    nothing = {"egress_info": None, "listen": None}
    found = audit_targets.to_collect(planned, HOSTS, {})
    assert found == {"nodes": {"c1": nothing, "w1": nothing}, "participants": None, "steps": []}


@pytest.mark.parametrize(
    "inputs, lost, steps",
    [
        ({}, False, ["egress", "port_matrix"]),
        ({"checks": ["egress.ntp"], "ntp_servers": ["ntp.example.com"]}, True, ["lost", "egress"]),
        ({"disk_writes": True, "port_matrix": False}, False, ["egress", "disk_writes"]),
        ({"outbound_bandwidth_url": "http://x/y", "checks": ["egress.bandwidth*"]}, False, ["download"]),
    ],
)
def test_only_steps_with_something_to_do_follow(inputs, lost, steps):
    defaults = {"disk_writes": False, "outbound_bandwidth_url": ""}
    planned = plan(**{**defaults, **inputs})
    assert audit_targets.to_collect(planned, HOSTS, {}, lost)["steps"] == steps


def test_nodes_that_are_reached_listen():
    planned = {"nodes": plan(checks=["kernel.*"])["nodes"], "ports": ports()}
    hosts = {**HOSTS, "w1": {"unreachable": True, "msg": "no route"}}
    found = audit_targets.to_collect(planned, hosts, {})["nodes"]
    assert [place["address"] for place in found["c1"]["listen"]] == ["10.0.0.1", "127.0.0.1"]
    assert found["w1"]["listen"] is None


def test_an_address_that_only_the_node_knows_is_listened_on():
    planned = {
        "nodes": plan(checks=["kernel.*"])["nodes"],
        "ports": clusters.ports_of([node._replace(address="") for node in MEMBERS]),
    }
    found = audit_targets.to_collect(planned, {"c1": {"host": samples.evidence()["host"]}}, {})["nodes"]["c1"]
    assert found["listen"][0]["address"] == "192.168.230.11"


def taking_part(planned, hosts=HOSTS):
    """Who takes part in the matrix of a plan, as the step before says it."""
    nodes = plan(checks=["kernel.*"])["nodes"]
    return audit_targets.to_collect({"nodes": nodes, "ports": planned}, hosts, {})["participants"]


def to_probe(planned, listeners, hosts=HOSTS):
    return audit_targets.to_probe(planned, taking_part(planned, hosts), listeners)


def to_measure(planned, listeners, probes, outside=False):
    return audit_targets.to_measure(planned, taking_part(planned), listeners, probes, outside)


def test_a_port_that_a_service_holds_is_only_connected_to():
    listeners = {"c1": listening(), "w1": listening("30000"), "w2": listening()}
    found = to_probe(ports(), listeners)["nodes"]
    w1 = next(peer for peer in found["c1"]["peers"] if peer["name"] == "w1")
    w2 = next(peer for peer in found["c1"]["peers"] if peer["name"] == "w2")
    assert "30000" in w1["connect"] and "30000" not in w2["connect"]


def test_nodes_that_are_lost_or_not_part_of_the_run_are_left_out_with_the_reason():
    hosts = {"c1": HOSTS["c1"], "w1": {"unreachable": True, "msg": "Task failed: no route"}}
    found = to_probe(ports(), {}, hosts)["nodes"]
    assert list(found) == ["c1"]
    assert found["c1"]["left_out"] == {
        "w1": {"status": "unknown", "reason": "unreachable: no route"},
        "w2": {"status": "skipped", "reason": node_evidence.OUTSIDE_RUN},
    }


def test_a_host_outside_probes_where_one_is_named():
    assert to_probe(ports(), {})["outside"] == []
    outside = to_probe(ports(outside_host="localhost"), {})["outside"]
    assert [peer["name"] for peer in outside] == list(NODES)
    with pytest.raises(ValueError, match="rtf_preflight_outside_host: w1 is a node; name a host outside the cluster"):
        to_probe(ports(outside_host="w1"), {})


def test_without_checks_of_ports_between_nodes_nothing_is_probed():
    found = to_probe(clusters.ports_of(MEMBERS, needed={"listeners"}), {})
    assert found == {"nodes": {}, "outside": []}


def test_nothing_is_proven_beside_another_audit():
    listeners = {"c1": listening(), "w1": {"listening": {"held_by": [HELD_BY]}}}
    planned = ports(outside_host="localhost", load_balancer="lb.example.com")
    assert to_probe(planned, listeners) == {"nodes": {}, "outside": []}
    assert to_measure(planned, listeners, ALL_OPEN) == {
        "nodes": {},
        "load_balancer": None,
        "steps": [],
    }


def test_links_are_measured_over_ports_that_are_open():
    found = to_measure(ports(), {}, {**ALL_OPEN, "w1": probed("c1", udp=("30000",))})
    assert found["nodes"]["w1"]["links"] == [{"name": "c1", "address": "10.0.0.1", "port": 30000}]
    assert {peer["name"]: peer["port"] for peer in found["nodes"]["c1"]["links"]} == {"w1": 8472, "w2": 8472}
    assert [step["file"] for step in found["steps"]] == ["links", "bandwidth"] and found["load_balancer"] is None


@pytest.mark.parametrize(
    "needed, links, rounds",
    [({"links"}, True, 0), ({"bandwidth"}, False, 1), ({"links", "bandwidth"}, True, 1), ({"probes"}, False, 0)],
)
def test_only_what_is_needed_is_measured(needed, links, rounds):
    found = to_measure(clusters.ports_of(MEMBERS, needed=needed), {}, ALL_OPEN)
    assert all(("unmeasured" in node) == links and bool(node.get("links")) == links for node in found["nodes"].values())
    assert all(("bandwidth_left_out" in node) == bool(rounds) for node in found["nodes"].values())
    assert [step["file"] for step in found["steps"]] == ["links"] * links + ["bandwidth"] * rounds


def test_a_pair_without_an_open_port_says_why():
    found = to_measure(ports(), {}, {**ALL_OPEN, "w2": probed(), "c1": probed("w1")})
    assert found["nodes"]["c1"]["bandwidth_left_out"] == {"w2": "w2 did not probe the ports of c1"}
    found = to_measure(ports(), {}, {name: probed(*NODES[:2], udp=()) for name in NODES})
    assert found["nodes"]["w2"]["unmeasured"] == {
        "c1": "no UDP port of c1 answered w2 with proof",
        "w1": "no UDP port of w1 answered w2 with proof",
    }


def test_a_worker_connects_through_the_load_balancer():
    found = to_measure(ports(load_balancer="lb.example.com:8443"), {}, {})
    assert found["load_balancer"] == {"from": "w1", "host": "lb.example.com", "port": 8443}
    assert [name for name, node in found["nodes"].items() if node["through_load_balancer"]] == ["w1"]
    assert [step["file"] for step in found["steps"]] == ["links", "load_balancer"]


def test_a_host_outside_probes_before_anything_is_measured():
    found = to_measure(ports(outside_host="localhost"), {}, ALL_OPEN, outside=True)
    assert [step["file"] for step in found["steps"]] == ["outside", "links", "bandwidth"]
