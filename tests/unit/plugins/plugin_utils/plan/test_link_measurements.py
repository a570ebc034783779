# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who measures the way to whom and when, and what is said of what was measured."""

import itertools

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import default_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import link_measurements, port_matrix
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import links as table
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

MEMBERS = clusters.nodes(1, 2)
GROUPS = {"rtf_nodes": ["c1", "w1", "w2"], "rtf_controllers": ["c1"], "rtf_workers": ["w1", "w2"]}


@pytest.mark.parametrize("count", range(2, 14))
def test_nobody_has_two_partners_at_once_and_everybody_has_one(count):
    names = [f"n{number}" for number in range(count)]
    for which in (port_matrix.RING, port_matrix.ALL):
        found = link_measurements.rounds(names, which)
        for pairs in found:
            taking_part = list(itertools.chain.from_iterable(pairs))
            assert len(taking_part) == len(set(taking_part))
        assert {name for pairs in found for pair in pairs for name in pair} == set(names)
    assert len(link_measurements.rounds(names, port_matrix.RING)) <= 3
    everybody = [frozenset(pair) for pairs in link_measurements.rounds(names, port_matrix.ALL) for pair in pairs]
    assert sorted(map(sorted, everybody)) == sorted(map(list, itertools.combinations(sorted(names), 2)))
    assert len(link_measurements.rounds(names, port_matrix.ALL)) == count - 1 + count % 2


def test_nothing_is_measured_alone_or_unasked():
    assert (
        link_measurements.rounds(["n1"], port_matrix.ALL)
        == link_measurements.rounds([], port_matrix.RING)
        == link_measurements.rounds(["n1", "n2"], port_matrix.NONE)
        == []
    )


def probed(name, tcp=(), udp=(), address="10.0.0.2"):
    return {
        "name": name,
        "address": address,
        "tcp": {"ports": {"open": list(tcp)}},
        "udp": {"ports": {"open": list(udp)}},
    }


def test_an_open_port_is_chosen_and_the_customary_one_is_preferred():
    own = probed("c1", ["53"], ["53"], "127.0.0.1")
    found = [probed("w1", udp=["7496", "8472"]), probed("w2", udp=["30000-30010"]), own]
    peers, left_out = link_measurements.measurable(MEMBERS[0], found, "udp")
    assert [(peer["name"], peer["port"]) for peer in peers] == [("w1", 8472), ("w2", 30000)] and left_out == {}
    assert link_measurements.measurable(MEMBERS[0], [probed("w1")], "tcp")[1] == {
        "w1": "no TCP port of w1 answered c1 with proof"
    }
    assert link_measurements.measurable(MEMBERS[0], None, "udp") == ([], {})


def measuring(steps):
    """Return [(who, whom)] of each round."""
    return [[(name, peer["name"]) for name, peers in step["peers"].items() for peer in peers] for step in steps]


def bandwidth(count, unreachable=(), which=port_matrix.RING):
    """The rounds of so many nodes, of which some pairs reach no port of each other."""
    members = clusters.nodes(0, count)
    found = {
        one.name: [
            probed(two.name, () if {one.name, two.name} in map(set, unreachable) else ["4242"], address=two.address)
            for two in members
            if two is not one
        ]
        for one in members
    }
    return link_measurements.bandwidth(members, found, which)[0]


def test_three_nodes_take_turns_in_one_task():
    """Each pair has a node in common with the other two, so that they could only wait for each other."""
    (step,) = bandwidth(3)
    assert step["at_a_time"] == 1 and measuring([step]) == [[("w1", "w2"), ("w2", "w3"), ("w3", "w1")]]


@pytest.mark.parametrize(
    "count, unreachable, tasks",
    [
        (2, [], 1),
        (4, [], 2),
        (5, [], 3),
        (5, [("w5", "w1")], 2),
        (5, [("w2", "w3")], 2),
        (5, [("w2", "w3"), ("w4", "w5")], 2),
        (6, [("w1", "w2"), ("w3", "w4"), ("w5", "w6")], 1),
        (30, [], 2),
    ],
)
def test_there_are_no_more_rounds_than_pairs_need(count, unreachable, tasks):
    found = bandwidth(count, unreachable)
    assert len(found) == tasks and [step["number"] for step in found] == list(range(tasks))
    everybody = [name for step in measuring(found) for name, peer in step]
    assert len(everybody) == (count if count > 2 else 1) - len(unreachable) and len(set(everybody)) == len(everybody)
    for step in measuring(found):
        taking_part = list(itertools.chain.from_iterable(step))
        assert len(taking_part) == len(set(taking_part))


def test_the_overlay_is_measured_where_its_long_datagrams_are_lost():
    found = probed("w2", udp=["7496"])
    found["udp"]["ports"]["length_lost"] = ["8472"]
    assert link_measurements.measurable(MEMBERS[0], [found], "udp")[0][0]["port"] == 8472


def test_who_cannot_reach_the_other_is_measured_from_there():
    blocked = {
        "c1": [probed("w1"), probed("w2", ["4242"])],
        "w1": [probed("c1", ["4242"]), probed("w2")],
        "w2": [probed("w1"), probed("c1", ["4242"])],
    }
    steps, left_out = link_measurements.bandwidth(MEMBERS, blocked, port_matrix.RING)
    assert [sorted(step) for step in measuring(steps)] == [[("w1", "c1"), ("w2", "c1")]] and steps[0]["at_a_time"] == 1
    assert left_out == {
        "w1": {"w2": "no TCP port of w2 answered w1 with proof"},
        "w2": {"w1": "no TCP port of w2 answered w1 with proof"},
    }


def link(name, p95=0.4, loss=0.0, mtu=1500, offset=0.01, arrives=True, icmp=False):
    trips = None if p95 is None else {"min": 0.1, "p50": 0.2, "p95": p95, "max": p95 * 2}
    return {
        "name": name,
        "address": "10.0.0.2",
        "port": 8472,
        "sent": 100,
        "received": 100 - loss,
        "loss_percent": loss,
        "rtt_ms": trips,
        "clock": trips and {"offset_ms": offset, "error_ms": 0.05},
        "path": {"mtu": mtu, "arrives": arrives, "icmp": icmp, "interface": "eth0", "interface_mtu": 1500},
    }


def rates(mbit):
    return {"bytes": 1, "seconds": 1.0, "mean_mbit": mbit, "peak_mbit": mbit * 1.1}


def judge(measured, bandwidth=None, inputs=None, unmeasured=None, profile=""):
    """Return (`{(node, id): result}` of checks of links, the document). measured: `{name: links}`.

    profile: the kind of a self-managed cluster, "" for the appliance.
    """
    ports = clusters.evidence_of(clusters.plan_of(MEMBERS))
    for name, own in ports.items():
        own.update(links=measured[name], unmeasured=(unmeasured or {}).get(name, {}))
        if bandwidth is not None:
            own.update(bandwidth=bandwidth.get(name, []), bandwidth_left_out={})
    found = {
        node.name: {"variables": {"ansible_host": node.address}, "evidence": {"host": {}, "ports": ports[node.name]}}
        for node in MEMBERS
    }
    scope = {"release": "1.4", "control_plane": "us", "phase": "install"}
    if profile:
        scope.update(release="2.x", cluster_profile=profile)
    catalogue = site_rows.of_site(catalog.load(), scope)
    made = matrix_outcome.Matrix(clusters.ports_of(MEMBERS), {name: entry["evidence"] for name, entry in found.items()})
    results = {}
    for name, entry in found.items():
        subject = samples.subject_of(name, GROUPS, entry["variables"], scope, catalogue=catalogue)
        subject = subject._replace(inputs=inputs or {})
        for result in judge_node(checks.load(), subject, {**entry["evidence"], **made.evidence(name)}, ["net.*"]):
            results[name, result["id"]] = result
    return results, made.document


GOOD = {"c1": [link("w1"), link("w2")], "w1": [link("c1"), link("w2")], "w2": [link("c1"), link("w1")]}
FAST = {
    "c1": [{"name": "w1", "send": rates(941.0), "receive": rates(940.0)}],
    "w1": [{"name": "w2", "send": rates(2000.0), "receive": rates(3000.0)}],
    "w2": [{"name": "c1", "send": rates(1500.0), "receive": rates(950.0)}],
}
NAMES = ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth")


def red(results):
    return {key: result["status"] for key, result in results.items() if key[1] in NAMES and result["status"] != "pass"}


def test_links_in_order():
    results, dummy = judge(GOOD, FAST)
    assert red(results) == {} and {key[1] for key in results} >= set(NAMES)
    assert results["c1", "net.latency"]["observed"] == "w1 is the slowest: p50 0.2, p95 0.4, max 0.8 ms"
    assert results["c1", "net.mtu_path"]["observed"] == "1500 bytes, 1450 within VXLAN"
    assert results["c1", "net.bandwidth"]["observed"].startswith("w1: 941 Mbit/s (118 MB/s), peak 1035 Mbit/s")
    assert "the vendor's 1 GBps means 1000 or 8000 Mbit/s" in results["c1", "net.bandwidth"]["expected"]
    assert results["c1", "net.bandwidth"]["requirement"] == ["bandwidth-nodes"]
    assert results["c1", "net.latency"]["requirement"] == ["latency-nodes"]


@pytest.mark.parametrize(
    "broken, check, observed",
    [
        (link("w1", p95=21.5), "net.latency", "w1: p50 0.2, p95 21.5, max 43 ms"),
        (link("w1", loss=20.0), "net.loss", "w1: 20 % of 100"),
        (
            link("w1", mtu=1400, arrives=False, icmp=True),
            "net.mtu_path",
            "w1: 1400 bytes, 1350 within VXLAN; eth0 has 1500",
        ),
    ],
)
def test_one_thing_that_is_wrong_turns_its_own_check(broken, check, observed):
    results, dummy = judge({**GOOD, "c1": [broken, link("w2")]}, FAST)
    assert red(results) == {("c1", check): "fail"}
    assert results["c1", check]["observed"] == observed and results["c1", check]["remedy"]
    assert results["c1", check]["severity"] == "recommended"


@pytest.mark.parametrize(
    "profile, room, of_pods",
    [("kubeadm-flannel", ", 1350 within VXLAN", " Pods get 50 bytes less (VXLAN)."), ("kubeadm-calico", "", "")],
)
def test_vxlan_is_spoken_of_only_where_the_cluster_uses_it(profile, room, of_pods):
    """Calico carries packets between pods in IP-in-IP, unless VXLAN is set."""
    short = link("w1", mtu=1400, arrives=False, icmp=True)
    results, dummy = judge({**GOOD, "c1": [short, link("w2")]}, FAST, profile=profile)
    found = results["c1", "net.mtu_path"]
    assert found["observed"] == f"w1: 1400 bytes{room}; eth0 has 1500"
    assert found["remedy"].endswith(f"to match.{of_pods}")


LOST = "without an ICMP message"


@pytest.mark.parametrize(
    "broken, observed",
    [
        (
            link("w1", mtu=1400, arrives=False),
            f"w1: 1400 bytes, 1350 within VXLAN; eth0 has 1500, and larger packets are lost {LOST}",
        ),
        (link("w1", mtu=1400), f"and larger packets are lost on the return path {LOST}"),
        (
            link("w1", mtu=None, arrives=False),
            "w1: not even packets of 576 bytes returned unfragmented, and larger packets are lost",
        ),
    ],
)
def test_long_packets_that_are_lost_without_a_word_are_a_black_hole(broken, observed):
    results, dummy = judge({**GOOD, "c1": [broken, link("w2")]}, FAST)
    assert red(results) == {("c1", "net.mtu_path"): "fail"}
    found = results["c1", "net.mtu_path"]
    assert (
        found["severity"] == "required" and observed in found["observed"] and "fragmentation needed" in found["remedy"]
    )


def test_a_way_back_that_is_short_counts_as_its_other_end_saw_it():
    told = {
        **GOOD,
        "c1": [link("w1", mtu=1400), link("w2")],
        "w1": [link("c1", mtu=1400, arrives=False, icmp=True), link("w2")],
    }
    results, dummy = judge(told, FAST)
    assert {results[node, "net.mtu_path"]["severity"] for node in ("c1", "w1")} == {"recommended"}


@pytest.mark.parametrize(
    "path",
    [
        {"mtu": None, "arrives": None},
        {"mtu": 900, "arrives": None},
        {"mtu": None, "arrives": None, "interface": None, "interface_mtu": None},
    ],
)
def test_a_length_that_was_not_measured_is_unknown(path):
    open_question = link("w1")
    open_question["path"].update(path)
    results, dummy = judge({**GOOD, "c1": [open_question, link("w2")]}, FAST)
    assert red(results) == {("c1", "net.mtu_path"): "unknown"}


@pytest.mark.parametrize("sent", [{"error": "the connection broke: timed out"}, rates(0.0), rates(3.0)])
def test_a_bandwidth_behind_a_black_hole_points_to_it(sent):
    hole = {**GOOD, "c1": [link("w1", mtu=1400, arrives=False), link("w2")]}
    results, dummy = judge(hole, {**FAST, "c1": [{"name": "w1", "send": sent, "receive": rates(940.0)}]})
    found = results["c1", "net.bandwidth"]
    assert found["status"] == "fail" and "net.mtu_path" in found["remedy"], found
    assert "ethtool" not in found["remedy"] and "closed" not in found["remedy"]
    assert found["severity"] == ("recommended" if sent.get("mean_mbit") else "required")


def test_nothing_that_arrives_is_a_failure_also_where_packets_of_every_length_pass():
    results, dummy = judge(GOOD, {**FAST, "c1": [{"name": "w1", "send": rates(0.0), "receive": rates(940.0)}]})
    found = results["c1", "net.bandwidth"]
    assert (found["status"], found["severity"], found["observed"]) == ("fail", "required", "w1: 0 Mbit/s")
    assert "ethtool" not in found["remedy"] and "net.mtu_path" in found["remedy"]


def test_only_ports_that_are_closed_are_to_be_opened():
    results, dummy = judge(
        GOOD, {**FAST, "c1": [{"name": "w1", "send": {"error": "it broke"}, "receive": rates(940.0)}]}
    )
    assert "closed" not in results["c1", "net.bandwidth"]["remedy"]
    results, dummy = judge(GOOD, FAST, unmeasured={"w1": {"w2": "no UDP port of w2 answered w1 with proof"}})
    assert "closed" in results["w1", "net.loss"]["remedy"]


@pytest.mark.parametrize("lost, status", [(1.0, "pass"), (2.0, "fail")])
def test_one_packet_that_is_lost_proves_nothing(lost, status):
    results, dummy = judge({**GOOD, "c1": [link("w1", loss=lost), link("w2")]}, FAST)
    assert results["c1", "net.loss"]["status"] == status


def test_the_role_asks_for_the_latency_of_the_catalogue():
    default = checkout.read_yaml("roles/rtf_preflight/defaults/main.yml")["rtf_preflight_max_latency_ms"]
    assert default == f"{{{{ rtf_max_latency_ms | default({default_of('rtf_max_latency_ms'):g}) }}}}"


def test_a_way_without_an_answer_is_unknown():
    results, dummy = judge({**GOOD, "c1": [link("w1", p95=None), link("w2")]}, FAST)
    assert red(results) == {("c1", name): "unknown" for name in NAMES[:3]}
    results, dummy = judge(GOOD, FAST, unmeasured={"w1": {"w2": "no UDP port of w2 answered w1 with proof"}})
    assert red(results) == {("w1", name): "unknown" for name in NAMES[:3]}
    assert results["w1", "net.loss"]["observed"] == "w2: no UDP port of w2 answered w1 with proof"


def test_what_one_node_receives_the_other_one_sends_slowly():
    slow = {**FAST, "c1": [{"name": "w1", "send": rates(941.0), "receive": rates(98.5)}]}
    results, dummy = judge(GOOD, slow)
    assert red(results) == {("w1", "net.bandwidth"): "fail"}
    assert results["w1", "net.bandwidth"]["observed"] == "c1: 98 Mbit/s (12 MB/s), peak 108 Mbit/s (14 MB/s)"
    assert red(judge(GOOD, slow, {"min_node_bandwidth_mbit": 90})[0]) == {}


def test_a_measurement_that_broke_is_unknown():
    results, dummy = judge(
        GOOD, {**FAST, "w1": [{"name": "w2", "send": {"error": "it broke"}, "receive": rates(3000.0)}]}
    )
    assert red(results) == {("w1", "net.bandwidth"): "unknown"}


def test_what_was_not_measured_is_not_judged():
    results, document = judge(GOOD)
    assert ("c1", "net.bandwidth") not in results and document["bandwidth"] == []


def test_the_table():
    document = judge(GOOD, FAST)[1]
    assert (
        "\n".join(line for line, dummy in table.lines({"port_matrix": document}))
        == """
Links: loss 0 %, path MTU 1500, clocks within 0.06 ms, slowest p95:
  c1 -> w1: 0.40 ms
p95 in ms, from / to 1     2     3
 1 c1                -     0.40  0.40
 2 w1                0.40  -     0.40
 3 w2                0.40  0.40  -

Bandwidth: 940 to 3000 Mbit/s (118 to 375 MB/s), slowest:
  w1 -> c1: 940 Mbit/s
Mbit/s, from / to    1     2     3
 1 c1                -     941   950
 2 w1                940   -     2000
 3 w2                1500  3000  -"""
    )
    assert table.lines({}) == []


def test_long_names_and_large_clusters_fit_a_terminal():
    for count in (3, 9, 40):
        names = [
            f"node-{number}.with-a-rather-long-name.in-a-rather-long-domain.example.com" for number in range(count)
        ]
        ways = [
            {**link(two, p95=12345.6), "source": one, "destination": two, "mean_mbit": 98765.4, "peak_mbit": 1.0}
            for one, two in itertools.permutations(names, 2)
        ]
        document = {"nodes": names, "links": ways, "bandwidth": ways}
        found = [text for text, dummy in table.lines({"port_matrix": document})]
        assert max(map(len, found)) <= 80 and len(found) <= 30
