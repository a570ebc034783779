# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A path that does not carry full-size packets is one cause, and both its directions are one line of it."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import grouping
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks

ADDRESSES = {"c1": "10.0.0.1", "w1": "10.0.0.2", "w2": "10.0.0.3", "w3": "10.0.0.4"}


def link(name, mtu=1400, arrives=False, icmp=False):
    """What a node measured to another; `arrives`: full-size packets reach it, and their answers do not return."""
    path = {"mtu": mtu, "arrives": arrives, "icmp": icmp, "interface": "eth0", "interface_mtu": 1500}
    return {"name": name, "rtt_ms": {}, "path": path}


def causes_of(**links_of):
    rows = {row["id"]: row for row in checks.load()}
    results = [
        {"id": "net.mtu_path", "node": node, "title": "", "severity": "required", "requirement": [], "status": "fail"}
        | {"expected": "", "observed": f"{node}", "remedy": "", "fault": "", "evidence": links, "waiver": None}
        for node, links in links_of.items()
    ]
    cluster = grouping.cluster_of(dict.fromkeys(ADDRESSES, {}), ADDRESSES, (), rows.values(), results)
    return grouping.of_report(results, cluster)


def test_a_black_hole_is_said_once_for_both_directions():
    """A lab in which packets over 1400 bytes were dropped between the workers said the same of each direction."""
    [cause] = causes_of(w1=[link("w2")], w2=[link("w1")])
    assert cause["title"] == "Packets over 1400 bytes are lost between w1 and w2, without an ICMP message"
    assert cause["what"] == "w1 <-> w2: 1400 bytes pass, the interfaces have 1500"
    assert cause["nodes"] == ["w1", "w2"] and cause["owner"] == "network"
    assert cause["ask"] == (
        "Let packets of 1500 bytes, and ICMP type 3 code 4 (fragmentation needed), pass between w1 (10.0.0.2), w2 (10.0.0.3). "
        "If the network cannot, the node administrators have to lower the MTU of all nodes' interfaces to 1400."
    )
    assert cause["confirm"] == "ping -M do -s 1472 10.0.0.3"


def test_a_direction_is_named_as_the_packets_go_whichever_end_measured_it():
    [cause] = causes_of(w1=[link("w2")], w2=[link("w1", arrives=True)])
    assert cause["what"] == "w1 -> w2: 1400 bytes pass, the interfaces have 1500"


def test_the_node_that_all_pairs_have_is_the_one_that_is_named():
    [cause] = causes_of(c1=[link("w2")], w1=[link("w2", mtu=None)], w2=[link("c1"), link("w1", mtu=None)])
    assert cause["title"] == "Full-size packets are lost between w2 and c1, w1, without an ICMP message"
    assert "w1 <-> w2: not even 576 bytes pass" in cause["what"] and "what the path carries" in cause["ask"]


def test_a_path_that_says_how_long_packets_may_be_is_no_black_hole():
    lost, short = causes_of(w1=[link("w2")], c1=[link("w3", icmp=True)])
    assert short["title"] == "Packets over 1400 bytes do not pass between c1 and w3"
    assert "to 1500. If the network cannot, the node administrators have to lower that of all nodes'" in short["ask"]
    assert "w3" not in f"{lost}" and "w2" not in f"{short}"
