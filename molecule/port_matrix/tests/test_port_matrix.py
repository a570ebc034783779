# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put several things in the way of one audit, each between nodes of its own, and exactly their cells turn red."""

import contextlib
import itertools
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.faults import (
    LISTENER,
    asymmetric_route,
    delayed,
    filtered,
    listener_killed,
    load_balancer,
    serving,
    slowed,
)
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NODES = ("controller-1", "worker-1", "worker-2")
TCP_OF_NODES = {
    "install-bandwidth-checker", "install-internal", "install-agents", "internal-services", "internal-ssh",
    "internal-services-6060", "serf-tcp", "cluster-status", "kubernetes-components", "kubernetes-read-only",
    "node-ports-tcp",
}
UDP_OF_NODES = {"serf-udp", "overlay-vxlan", "node-ports-udp"}
TCP_OF_CONTROLLERS = TCP_OF_NODES | {"etcd", "ops-center-internal", "container-registry", "kubernetes-api"}
OF_LOCALHOST = {"cluster-dns-tcp", "serf-rpc", "cluster-dns-udp"}


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    """Run the audit, which does not fail the play: the nodes of this scenario are not prepared."""

    def audit(*arguments, inventories=None, **variables):
        site = Site(tmp_path_factory.mktemp("audit"))
        where = {"inventories": inventories} if inventories else {}
        variables = {"rtf_preflight_enforce": False, "rtf_preflight_bandwidth": "none", **variables}
        return site.play("audit-rtf.yml", "-e", json.dumps(variables), *arguments, port_matrix=True, **where)

    return audit


def cells(outcome):
    """`{(source, destination, row): cell}` of all that is not in order."""
    assert outcome.report, outcome.output
    return {(cell["source"], cell["destination"], cell["row"]): cell for cell in outcome.report["port_matrix"]["cells"]}


def statuses(outcome):
    return {key: cell["status"] for key, cell in cells(outcome).items()}


def red_checks(outcome):
    """{(node, id)} of the checks of ports that did not pass."""
    return {key for key in outcome.failed() if key[1].startswith("ports.")}


@pytest.fixture(scope="module")
def filters_and_rate(lab, play):
    """One audit with a packet filter on each node, each with faults of its own, and a port taken on the controller.

    Besides, worker-2 sends slowly, which no port minds; what iperf3 makes of that in Mbit/s is returned, too.
    """
    one, two, three = (lab.nodes[name] for name in NODES)
    with contextlib.ExitStack() as stack:
        stack.enter_context(serving(lab, "controller-1", 5000))
        stack.enter_context(filtered(
            lab, "controller-1", "input",
            f"ip saddr {two} tcp dport 7496 drop",
            f"ip saddr {three} udp dport 8472 drop"))
        stack.enter_context(filtered(lab, "worker-1", "input", f"ip saddr {three} tcp dport 30005 drop"))
        stack.enter_context(filtered(
            lab, "worker-2", "input",
            f"ip saddr {one} tcp dport 30100-30200 reject with icmp type admin-prohibited",
            f"ip saddr {two} tcp dport 3022 reject with tcp reset",
            f"ip saddr {two} udp dport 31000-31010 reject"))
        stack.enter_context(slowed(lab, "worker-2", "200mbit"))
        outcome = play(rtf_preflight_bandwidth="ring", rtf_min_node_bandwidth_mbit=300)
        return outcome, iperf3_mbit(lab, "worker-2", "worker-1")


def iperf3_mbit(lab, source, destination):
    """What iperf3 carries from one node to another."""
    for node in (source, destination):
        lab.exec(node, "sh", "-c", "apt-get -qq update && apt-get -qq --yes install iperf3")
    lab.exec(destination, "iperf3", "--server", "--daemon", "--one-off")
    done = lab.exec(source, "iperf3", "--client", lab.nodes[destination], "--time", "2", "--json")
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e6


@pytest.fixture(scope="module")
def packet_filters(filters_and_rate):
    return filters_and_rate[0]


def test_exactly_the_filtered_cells_are_red(packet_filters):
    """Among them one direction only (worker-1 to controller-1), and UDP only (8472)."""
    assert statuses(packet_filters) == dict.fromkeys([
        ("worker-1", "controller-1", "serf-tcp"),
        ("worker-2", "controller-1", "overlay-vxlan"),
        ("worker-2", "worker-1", "node-ports-tcp"),
        ("controller-1", "worker-2", "node-ports-tcp"),
        ("worker-1", "worker-2", "internal-ssh"),
        ("worker-1", "worker-2", "node-ports-udp"),
    ], "fail")
    expected = {(source, f"ports.{row}") for source, dummy, row in cells(packet_filters)}
    assert red_checks(packet_filters) == expected | {("controller-1", "ports.free")}


def test_a_dropped_port_is_named(packet_filters):
    assert cells(packet_filters)["worker-2", "worker-1", "node-ports-tcp"]["ports"] == {"dropped": ["30005"]}
    result = packet_filters.result("worker-2", "ports.node-ports-tcp")
    assert result["observed"] == "worker-1: 30005 dropped"
    assert result["remedy"].startswith("Allow TCP 30005 from worker-2 to worker-1, ")
    assert "\n  worker-2 -> worker-1: TCP 30005 dropped\n" in packet_filters.output


def test_a_rejected_range_is_named_whole(packet_filters):
    """A host limits how many rejections it sends, so some of the range stays silent."""
    verdicts = cells(packet_filters)["controller-1", "worker-2", "node-ports-tcp"]["ports"]
    assert "rejected" in verdicts and set(verdicts) <= {"rejected", "dropped"}
    assert packet_filters.result("controller-1", "ports.node-ports-tcp")["observed"].startswith("worker-2: 30100-30200 ")


def test_a_reset_and_a_rejected_datagram_are_refused(packet_filters):
    assert cells(packet_filters)["worker-1", "worker-2", "internal-ssh"]["ports"] == {"refused": ["3022"]}
    verdicts = cells(packet_filters)["worker-1", "worker-2", "node-ports-udp"]["ports"]
    assert "refused" in verdicts and set(verdicts) <= {"refused", "dropped"}


def test_a_taken_port_is_that_nodes_own_fault_and_names_the_process(packet_filters):
    result = packet_filters.result("controller-1", "ports.free")
    assert result["status"] == "fail"
    assert result["observed"].startswith("TCP 5000 by python3 (pid ") and "user root" in result["observed"]
    assert packet_filters.result("worker-1", "ports.free")["status"] == "pass"


def test_exactly_the_slow_node_lacks_bandwidth(packet_filters):
    assert {key for key in packet_filters.failed() if key[1] == "net.bandwidth"} == {("worker-2", "net.bandwidth")}
    streams = packet_filters.report["port_matrix"]["bandwidth"]
    assert {(stream["source"], stream["destination"]) for stream in streams} == set(itertools.permutations(NODES, 2))
    for stream in streams:
        assert (stream["mean_mbit"] < 210) == (stream["source"] == "worker-2")


def test_iperf3_agrees_on_the_bandwidth(filters_and_rate):
    outcome, theirs = filters_and_rate
    ours = next(stream["mean_mbit"] for stream in outcome.report["port_matrix"]["bandwidth"]
                if (stream["source"], stream["destination"]) == ("worker-2", "worker-1"))
    assert 0.7 < ours / theirs < 1.4, (ours, theirs)


@pytest.fixture(scope="module")
def links(lab, play):
    """One audit with a way that takes its time, one that loses packets, and one that swallows long ones."""
    one, dummy_two, three = (lab.nodes[name] for name in NODES)
    with contextlib.ExitStack() as stack:
        stack.enter_context(delayed(lab, "worker-1", "worker-2", 0.08))
        stack.enter_context(filtered(
            lab, "worker-1", "input", f"ip saddr {one} udp dport 8472 numgen random mod 100 < 20 drop"))
        stack.enter_context(filtered(
            lab, "controller-1", "input", f"ip saddr {three} udp dport 8472 ip length > 1400 drop",
            *(f"ip saddr != {{ 127.0.0.0/8, {', '.join(lab.nodes.values())} }} {ports} drop"
              for ports in ("tcp dport != 22", "udp dport > 0"))))
        return play(rtf_max_latency_ms=40, rtf_preflight_outside_host="localhost")


def test_exactly_the_true_links_are_red(links):
    assert statuses(links) == {}
    checks = ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth")
    of_links = {key for key in links.failed() if key[1] in checks}
    assert of_links == {
        ("worker-1", "net.latency"), ("worker-2", "net.latency"), ("controller-1", "net.loss"), ("worker-2", "net.mtu_path")}
    found = {(link["source"], link["destination"]): link for link in links.report["port_matrix"]["links"]}
    assert set(found) == set(itertools.permutations(NODES, 2))
    assert {key for key, link in found.items() if link["rtt_ms"]["p50"] > 40} == {
        ("worker-1", "worker-2"), ("worker-2", "worker-1")}
    assert {key for key, link in found.items() if link["loss_percent"] > 1} == {("controller-1", "worker-1")}
    assert {key: link["path"]["mtu"] for key, link in found.items() if link["path"]["mtu"] != 1500} == {
        ("worker-2", "controller-1"): 1400}


def test_what_only_nodes_may_reach_is_tried_from_the_control_node(links):
    """A packet filter of the controller lets only nodes in."""
    results = {name: links.result(name, "ports.outside") for name in NODES}
    assert {name: result["status"] for name, result in results.items()} == {
        "controller-1": "pass", "worker-1": "fail", "worker-2": "fail"}
    assert "TCP 3008-3012" in results["worker-1"]["observed"] and "UDP 7496" in results["worker-1"]["observed"]
    assert "2379" not in results["worker-1"]["observed"]


def test_what_is_wrong_with_a_link_is_said(links):
    latency = links.result("worker-1", "net.latency")
    assert latency["observed"].startswith("worker-2: p50 8") and "network team" in latency["remedy"]
    lost = float(links.result("controller-1", "net.loss")["observed"].partition(": ")[2].partition(" %")[0])
    assert 5 <= lost <= 40
    assert links.result("worker-2", "net.mtu_path")["observed"] == (
        "controller-1: 1400 bytes, 1350 within VXLAN; eth0 sends 1500")
    assert "path MTU 1400" in links.output


def test_one_clock_is_one_clock_however_lopsided_the_way(links):
    """All nodes of the lab have the machine's clock; the way of 80 ms in one direction widens the error bar."""
    clocks = {(link["source"], link["destination"]): link["clock"] for link in links.report["port_matrix"]["links"]}
    for clock in clocks.values():
        assert abs(clock["offset_ms"]) <= clock["error_ms"] + 0.1
    assert clocks["worker-1", "worker-2"]["error_ms"] >= 39


@pytest.fixture(scope="module")
def two_controllers(lab, tmp_path_factory):
    """An inventory in which worker-1 is a controller, so that a load balancer has something to balance."""
    path = tmp_path_factory.mktemp("inventory") / "inventory.yml"
    groups = {"rtf_controllers": ["controller-1", "worker-1"], "rtf_workers": ["worker-2"]}
    children = {group: {"hosts": {name: {"ansible_host": lab.nodes[name]} for name in names}} for group, names in groups.items()}
    variables = {"ansible_user": "ops", "ansible_python_interpreter": "/usr/bin/python3", "rtf_control_plane": "us"}
    path.write_text(json.dumps({"rtf_nodes": {"vars": variables, "children": children}}), encoding="utf-8")
    return path


def balanced(play, inventory, balancer):
    """`{(node, check): (status, observed)}` of the load balancer's checks. No other measurement, and few ports."""
    outcome = play(inventories=[str(inventory)], rtf_load_balancer=balancer, rtf_preflight_links=False,
                   rtf_skip_checks=["egress.*"])
    assert outcome.report, outcome.output
    return {(entry["node"], entry["id"]): (entry["status"], entry["observed"]) for entry in outcome.report["results"]
            if entry["id"].startswith("net.load_balancer")}


def test_a_load_balancer_that_passes_everything_on(lab, play, two_controllers):
    with load_balancer(lab, ["controller-1", "worker-1"], announced=True) as balancer:
        found = balanced(play, two_controllers, balancer)
    for node in ("controller-1", "worker-1"):
        assert found[node, "net.load_balancer"] == ("pass", "15 of 30 connections (50 %, even would be 50 %)")
        assert found[node, "net.load_balancer_tls"] == ("pass", "passes through")
        assert found[node, "net.load_balancer_source"] == ("pass", "announced by the PROXY protocol")
    assert {node for node, dummy in found} == {"controller-1", "worker-1"}


def test_a_load_balancer_that_knows_one_controller_and_ends_tls(lab, play, two_controllers):
    with load_balancer(lab, ["controller-1"], tls=True) as balancer:
        found = balanced(play, two_controllers, balancer)
    assert found["controller-1", "net.load_balancer"][0] == "pass"
    assert found["worker-1", "net.load_balancer"] == ("fail", "none of 30 connections; 30 reached controller-1")
    assert found["controller-1", "net.load_balancer_tls"] == ("fail", f"{balancer} ends TLS itself")
    assert found["controller-1", "net.load_balancer_source"] == (
        "fail", f"they see {lab.instance.internet_address} instead")
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
    assert cell["reason"] == "the listener on worker-2 was gone before its time"


@pytest.fixture(scope="module")
def running_cluster(lab, play):
    """One audit of a cluster that runs, as far as anybody can see: services hold ports on all addresses."""
    with serving(lab, "worker-1", 7575, 30080, 7373), serving(lab, "worker-2", 4242):
        return play("-e", "rtf_phase=operate")


def test_live_ports_of_a_running_cluster_are_only_connected_to(running_cluster):
    assert statuses(running_cluster) == {}
    assert not [key for key in red_checks(running_cluster) if key[1] == "ports.free"]


def test_what_has_to_be_closed_in_operation_is_pointed_out(running_cluster):
    assert red_checks(running_cluster) == {("worker-1", "ports.closed"), ("worker-2", "ports.closed")}
    assert "TCP 4242 from controller-1" in running_cluster.result("worker-2", "ports.closed")["observed"]
    assert "TCP 7373 from worker-2" in running_cluster.result("worker-1", "ports.closed")["observed"]


def test_cells_of_an_unreachable_node_and_of_one_outside_the_limit_say_why(lab, play):
    with faults.service_stopped(lab, "worker-2", "ssh.service"):
        lab.exec("worker-2", "pkill", "sshd", check=False)  # connections that Ansible holds open outlive the service
        outcome = play("--limit", "worker-1,worker-2")
    found = cells(outcome)
    between_workers = {cell["status"] for key, cell in found.items() if set(key[:2]) == {"worker-1", "worker-2"}}
    assert between_workers == {"unknown"}
    assert {cell["status"] for key, cell in found.items() if key[:2] == ("worker-1", "controller-1")} == {"skipped"}
    assert "worker-2: unreachable: " in found["worker-1", "worker-2", "serf-tcp"]["reason"]
    assert "--limit" in found["worker-1", "controller-1", "serf-tcp"]["reason"]
    assert not [key for key in found if key[:2] == ("worker-1", "worker-1")]


def test_no_listener_is_left(host):
    assert host.run(f"pgrep -x {LISTENER}").rc == 1
    assert ":30000 " not in host.check_output("ss -Hltn")
