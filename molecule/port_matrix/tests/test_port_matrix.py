# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put several things in the way of one audit, each between nodes of its own, and exactly their cells turn red."""

import contextlib
import itertools
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.audits import (
    NODES,
    OF_LOCALHOST,
    TCP_OF_CONTROLLERS,
    TCP_OF_NODES,
    UDP_OF_NODES,
    cells,
    red_checks,
    statuses,
)
from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.faults import (
    LISTENER,
    answering,
    asymmetric_route,
    filtered,
    listener_killed,
    load_balancer,
    power_cut,
    serving,
    slowed,
)
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults

IN_BATCHES = (
    "- hosts: rtf_nodes\n  become: true\n  gather_facts: false\n  serial: 1\n"
    "  roles: [hostprep.runtime_fabric.rtf_preflight]\n"
)


@pytest.fixture(scope="module")
def two_controllers(lab, tmp_path_factory):
    """An inventory in which worker-1 is a controller, so that a load balancer has something to balance."""
    path = tmp_path_factory.mktemp("inventory") / "inventory.yml"
    groups = {"rtf_controllers": ["controller-1", "worker-1"], "rtf_workers": ["worker-2"]}
    children = {
        group: {"hosts": {name: {"ansible_host": lab.nodes[name]} for name in names}} for group, names in groups.items()
    }
    variables = {"ansible_user": "ops", "ansible_python_interpreter": "/usr/bin/python3", "rtf_control_plane": "us"}
    path.write_text(json.dumps({"rtf_nodes": {"vars": variables, "children": children}}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def filters_and_rate(lab, packages, play, two_controllers):
    """One audit with a packet filter on each node, each with faults of its own, and a port taken on the controller.

    Besides, worker-2 sends slowly, which no port minds; what iperf3 makes of that in Mbit/s is returned, too. The load
    balancer knows one of the two controllers only, and ends TLS.
    """
    one, two, three = (lab.nodes[name] for name in NODES)
    with contextlib.ExitStack() as stack:
        stack.enter_context(serving(lab, "controller-1", 5000))
        stack.enter_context(serving(lab, "worker-2", 7496, address="127.0.0.1"))
        stack.enter_context(
            filtered(
                lab,
                "controller-1",
                "input",
                f"ip saddr {two} tcp dport 7496 drop",
                f"ip saddr {three} udp dport 8472 drop",
            )
        )
        stack.enter_context(
            filtered(
                lab,
                "worker-1",
                "input",
                f"ip saddr {three} tcp dport 30005 drop",
                # What NSX does to the overlay network of others: it drops what is shaped like VXLAN.
                f"ip saddr {one} udp dport 8472 @th,64,8 0x08 drop",
            )
        )
        stack.enter_context(
            filtered(
                lab,
                "worker-2",
                "input",
                f"ip saddr {one} tcp dport 30100-30200 reject with icmp type admin-prohibited",
                f"ip saddr {two} tcp dport 3022 reject with tcp reset",
                f"ip saddr {two} udp dport 31000-31010 reject",
            )
        )
        stack.enter_context(slowed(lab, "worker-2", "200mbit"))
        balancer = stack.enter_context(load_balancer(lab, ["controller-1"], tls=True))
        outcome = play(
            inventories=[str(two_controllers)],
            rtf_load_balancer=balancer,
            rtf_preflight_bandwidth="ring",
            rtf_min_node_bandwidth_mbit=300,
        )
        return outcome, iperf3_mbit(lab, "worker-2", "worker-1")


def iperf3_mbit(lab, source, destination):
    """What iperf3 carries from one node to another."""
    lab.exec(destination, "iperf3", "--server", "--daemon", "--one-off")
    done = lab.exec(source, "iperf3", "--client", lab.nodes[destination], "--time", "2", "--json")
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e6


@pytest.fixture(scope="module")
def packet_filters(filters_and_rate):
    return filters_and_rate[0]


def test_exactly_the_filtered_cells_are_red(packet_filters):
    """Among them one direction only (worker-1 to controller-1), UDP only, and datagrams of one shape only (8472)."""
    assert statuses(packet_filters) == dict.fromkeys(
        [
            ("worker-1", "controller-1", "serf-tcp"),
            ("worker-2", "controller-1", "overlay-vxlan"),
            ("controller-1", "worker-1", "overlay-vxlan"),
            ("worker-2", "worker-1", "node-ports-tcp"),
            ("controller-1", "worker-2", "node-ports-tcp"),
            ("worker-1", "worker-2", "internal-ssh"),
            ("worker-1", "worker-2", "node-ports-udp"),
        ],
        "fail",
    )
    expected = {(source, f"ports.{row}") for source, dummy, row in cells(packet_filters)}
    assert red_checks(packet_filters) == expected | {("controller-1", "ports.free"), ("worker-2", "ports.free")}


def test_a_dropped_port_is_named(packet_filters):
    assert cells(packet_filters)["worker-2", "worker-1", "node-ports-tcp"]["ports"] == {"dropped": ["30005"]}
    result = packet_filters.result("worker-2", "ports.node-ports-tcp")
    assert result["observed"] == "worker-1: 30005 dropped"
    assert result["remedy"].startswith("Allow TCP 30005 from worker-2 to worker-1, ")
    assert "found:    worker-2 -> worker-1: TCP 30005 dropped\n" in packet_filters.output


def test_a_device_that_drops_the_overlay_alone_is_told(packet_filters):
    cell = cells(packet_filters)["controller-1", "worker-1", "overlay-vxlan"]
    assert cell["ports"] == {"shape_lost": ["8472"]}
    result = packet_filters.result("controller-1", "ports.overlay-vxlan")
    assert result["observed"] == ("worker-1: 8472 shape lost (plain datagrams pass, but VXLAN datagrams do not)")
    assert "which device between controller-1 and worker-1 drops VXLAN on UDP 8472" in result["remedy"]


def test_a_rejected_range_is_named_whole_as_one_rule(packet_filters):
    """A host limits how many rejections it sends, so some of the range stays silent at first."""
    verdicts = cells(packet_filters)["controller-1", "worker-2", "node-ports-tcp"]["ports"]
    assert verdicts == {"rejected": ["30100-30200"]}
    observed = packet_filters.result("controller-1", "ports.node-ports-tcp")["observed"]
    assert observed == "worker-2: 30100-30200 rejected"


def test_a_reset_and_a_rejected_datagram_are_refused(packet_filters):
    assert cells(packet_filters)["worker-1", "worker-2", "internal-ssh"]["ports"] == {"refused": ["3022"]}
    verdicts = cells(packet_filters)["worker-1", "worker-2", "node-ports-udp"]["ports"]
    assert verdicts == {"refused": ["31000-31010"]}


def test_a_taken_port_is_that_nodes_own_fault_and_names_the_process(packet_filters):
    result = packet_filters.result("controller-1", "ports.free")
    assert result["status"] == "fail"
    assert result["observed"].startswith("TCP 5000 by python3 (pid ") and "user root" in result["observed"]
    assert packet_filters.result("worker-1", "ports.free")["status"] == "pass"
    on_loopback = packet_filters.result("worker-2", "ports.free")["observed"]
    assert on_loopback.startswith("TCP 7496 by python3 (pid ") and on_loopback.endswith(" on 127.0.0.1")


def test_exactly_the_slow_node_lacks_bandwidth(packet_filters):
    assert {key for key in packet_filters.failed() if key[1] == "net.bandwidth"} == {("worker-2", "net.bandwidth")}
    streams = packet_filters.report["port_matrix"]["bandwidth"]
    assert {(stream["source"], stream["destination"]) for stream in streams} == set(itertools.permutations(NODES, 2))
    for stream in streams:
        assert (stream["mean_mbit"] < 210) == (stream["source"] == "worker-2")


def test_iperf3_agrees_on_the_bandwidth(filters_and_rate):
    outcome, theirs = filters_and_rate
    ours = next(
        stream["mean_mbit"]
        for stream in outcome.report["port_matrix"]["bandwidth"]
        if (stream["source"], stream["destination"]) == ("worker-2", "worker-1")
    )
    assert 0.7 < ours / theirs < 1.4, (ours, theirs)


def of_balancer(outcome):
    """`{(node, check): (status, observed)}` of the load balancer's checks."""
    return {
        (entry["node"], entry["id"]): (entry["status"], entry["observed"])
        for entry in outcome.report["results"]
        if entry["id"].startswith("net.load_balancer")
    }


def test_a_load_balancer_that_knows_one_controller_and_ends_tls(lab, packet_filters):
    found, host = of_balancer(packet_filters), lab.instance.internet_address
    assert found["controller-1", "net.load_balancer"][0] == "pass"
    assert found["worker-1", "net.load_balancer"] == ("fail", "none of 30 connections; 30 reached controller-1")
    assert found["controller-1", "net.load_balancer_tls"] == ("fail", f"{host}:8443 terminates TLS")
    assert found["controller-1", "net.load_balancer_source"] == ("fail", f"controllers see {host} instead")
    assert found["worker-1", "net.load_balancer_tls"][0] == "unknown"


@pytest.fixture(scope="module")
def processes_and_routes(lab, play):
    """One audit with a listener killed on worker-2, and a route that is not symmetric."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(listener_killed(lab, "worker-2"))
        stack.enter_context(asymmetric_route(lab, "worker-1", "controller-1"))
        return play()


def test_exactly_the_cells_of_the_route_are_red_and_those_of_the_killed_listener_unknown(processes_and_routes):
    expected = {("worker-1", "controller-1", row): "fail" for row in TCP_OF_CONTROLLERS}
    expected.update({("controller-1", "worker-1", row): "fail" for row in TCP_OF_NODES | {"ops-center-api"}})
    for source in ("controller-1", "worker-1"):
        expected.update({(source, "worker-2", row): "unknown" for row in TCP_OF_NODES | UDP_OF_NODES})
    expected["controller-1", "worker-2", "ops-center-api"] = "unknown"
    expected.update({("worker-2", "worker-2", row): "unknown" for row in OF_LOCALHOST})
    assert statuses(processes_and_routes) == expected


def test_a_killed_listener_is_said_to_be_gone(processes_and_routes):
    cell = cells(processes_and_routes)["worker-1", "worker-2", "node-ports-tcp"]
    assert cell["ports"] == {"not_listening": ["30000-32767"]}
    assert cell["reason"] == "the listener on worker-2 stopped too early"


@pytest.fixture(scope="module")
def running_cluster(lab, play, two_controllers):
    """One audit of a cluster that runs, as far as anybody can see: services hold ports on all addresses, but one.

    A load balancer before its two controllers passes everything on.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(serving(lab, "worker-1", 7575, 30080, 7373))
        stack.enter_context(serving(lab, "worker-2", 4242))
        stack.enter_context(serving(lab, "controller-1", 7496, address="127.0.0.1"))
        stack.enter_context(answering(lab, "worker-2", 53))
        balancer = stack.enter_context(load_balancer(lab, ["controller-1", "worker-1", "worker-2"], announced=True))
        return play(
            "-e",
            "rtf_phase=operate",
            inventories=[str(two_controllers)],
            rtf_load_balancer=balancer,
            rtf_preflight_links=False,
        )


def test_live_ports_of_a_running_cluster_are_only_connected_to(running_cluster):
    assert statuses(running_cluster) == {
        (node, "controller-1", "serf-tcp"): "fail" for node in ("worker-1", "worker-2")
    }
    cell = cells(running_cluster)["worker-1", "controller-1", "serf-tcp"]
    assert cell["ports"] == {"refused": ["7496"]} and cell["reason"].endswith(" listens on 127.0.0.1 only")
    assert not [key for key in red_checks(running_cluster) if key[1] == "ports.free"]


def test_what_has_to_be_closed_in_operation_is_pointed_out(running_cluster):
    assert red_checks(running_cluster) == {
        ("worker-1", "ports.closed"),
        ("worker-2", "ports.closed"),
        ("worker-1", "ports.serf-tcp"),
        ("worker-2", "ports.serf-tcp"),
    }
    assert "UDP 53 from worker-1" in running_cluster.result("worker-2", "ports.closed")["observed"]
    assert "TCP 4242 from controller-1" in running_cluster.result("worker-2", "ports.closed")["observed"]
    assert "TCP 7373 from worker-2" in running_cluster.result("worker-1", "ports.closed")["observed"]


def test_a_load_balancer_that_passes_everything_on_and_sends_a_third_to_a_server_that_is_none(running_cluster):
    found = of_balancer(running_cluster)
    for node in ("controller-1", "worker-1"):
        status, observed = found[node, "net.load_balancer"]
        assert status == "fail" and observed.startswith(
            "10 of 30 connections (33 %, an even share is 50 %); 10 of 30 (33 %) reached no controller: "
        ), observed
        assert found[node, "net.load_balancer_tls"] == ("pass", "passes through")
        assert found[node, "net.load_balancer_source"] == ("pass", "sent with the PROXY protocol")
    assert {node for node, dummy in found} == {"controller-1", "worker-1"}


def test_cells_of_other_batches_and_of_a_node_outside_the_limit_say_why(play):
    found = cells(play("--limit", "worker-1,worker-2", playbook=IN_BATCHES, rtf_preflight_links=False))
    assert {cell["status"] for cell in found.values()} == {"skipped"}
    assert {key[:2] for key in found} == {pair for pair in itertools.product(NODES, NODES) if pair[0] != pair[1]} | {
        ("controller-1", "controller-1")
    }
    for pair in (("worker-1", "worker-2"), ("worker-1", "controller-1")):
        reason = found[(*pair, "serf-tcp")]["reason"]
        assert "not part of this run (--limit or a batch of serial)" in reason


@pytest.fixture(scope="module")
def lost(lab, play):
    """One audit in which worker-2 cannot be reached from the start, nor the host outside, and worker-1 loses its power."""
    with faults.service_stopped(lab, "worker-2", "ssh.service"), power_cut(lab, "worker-1", "controller-1"):
        lab.exec("worker-2", "pkill", "sshd", check=False)  # connections that Ansible holds open outlive the service
        nobody = lab.nodes["worker-2"].rpartition(".")[0] + ".250"
        return play(rtf_preflight_links=False, rtf_preflight_outside_host=nobody)


def test_cells_of_an_unreachable_node_say_why(lost):
    found = [cell for key, cell in cells(lost).items() if "worker-2" in key[:2]]
    assert {cell["status"] for cell in found} == {"unknown"}
    assert all("worker-2: unreachable: " in cell["reason"] for cell in found)


def test_cells_of_a_node_that_is_lost_meanwhile_say_why(lost):
    assert not [key for key in cells(lost) if key[:2] == ("controller-1", "controller-1")]
    found = {key: cell for key, cell in cells(lost).items() if set(key[:2]) == {"controller-1", "worker-1"}}
    assert {cell["status"] for cell in found.values()} == {"unknown"}
    assert (
        "worker-1 became unreachable during the run: " in found["controller-1", "worker-1", "node-ports-tcp"]["reason"]
    )
    assert found["worker-1", "controller-1", "serf-tcp"]["reason"].startswith("worker-1: ")


def test_an_outside_host_that_cannot_be_reached_leaves_its_check_unknown(lost):
    result = lost.result("controller-1", "ports.outside")
    assert result["status"] == "unknown" and "connect to the host via ssh" in result["observed"]


def test_no_listener_is_left(host):
    assert host.run(f"pgrep -x {LISTENER}").rc == 1
    assert ":30000 " not in host.check_output("ss -Hltn")
