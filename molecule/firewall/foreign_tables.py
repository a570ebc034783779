# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of nftables beside the firewall of a scenario: those of programs, and one of the site that drops.

What the replay of the rules says on a node has to be what packets find there.
"""

import contextlib
import json
import os
import subprocess

from ansible_collections.hostprep.runtime_fabric.molecule.expected_ports import expand

NODE = "worker-1"
SOURCES = ("controller-1", "worker-2", "outside")
BANNED = "worker-2"
ANYBODY = "192.0.32.8"  # whose packets are replayed for a port that is open to everybody
# As Docker 29 makes them with its backend nftables.
DOCKER_BRIDGES = """
table ip docker-bridges {
    map filter-forward-in-jumps {
        type ifname : verdict
        elements = { "docker0" : jump filter-forward-in__docker0 }
    }
    chain filter-forward-in__docker0 {
        ct state established,related accept
        iifname "docker0" accept
        drop
    }
    chain filter-FORWARD {
        type filter hook forward priority 0; policy accept;
        oifname vmap @filter-forward-in-jumps
    }
    chain nat-prerouting-and-output {
    }
    chain nat-PREROUTING {
        type nat hook prerouting priority -100; policy accept;
        fib daddr type local jump nat-prerouting-and-output
    }
}
"""
# With those of LXD 5 and fail2ban 1.0; fail2ban has banned a node from two ports, and its set was made to merge neighbours.
OF_PROGRAMS = (
    DOCKER_BRIDGES
    + """
table inet lxd {
    chain in.lxdbr0 {
        type filter hook input priority 0; policy accept;
        iifname "lxdbr0" tcp dport 53 accept
        iifname "lxdbr0" udp dport { 53, 67 } accept
    }
    chain fwd.lxdbr0 {
        type filter hook forward priority 0; policy accept;
        ip version 4 oifname "lxdbr0" accept
        ip version 4 iifname "lxdbr0" accept
    }
}
table inet f2b-table {
    set addr-set-etcd {
        type ipv4_addr
        flags interval
        auto-merge
        elements = { @banned@, 203.0.113.1-203.0.113.9 }
    }
    chain f2b-chain {
        type filter hook input priority -1; policy accept;
        tcp dport { 2379, 30000-30010 } ip saddr @addr-set-etcd reject with icmp type port-unreachable
    }
}
"""
)
# A second firewall that accepts what the scenario looks at besides the table, and some of the table.
OF_THE_SITE = """
table inet own {
    set interfaces {
        type ifname
        elements = { "eth1", "wg0" }
    }
    chain input {
        type filter hook input priority 5; policy drop;
        iifname @interfaces accept
        ct state established,related accept
        iif "lo" accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport { 22, 9090, 6443, 30000-31000 } accept
        udp dport 8472 accept
    }
}
"""
NAMES = ("ip docker-bridges", "inet lxd", "inet f2b-table", "inet own")


@contextlib.contextmanager
def tables(lab, *texts):
    """Load tables on NODE."""
    try:
        text = "".join(texts).replace("@banned@", lab.nodes[BANNED])
        lab.exec(NODE, "sh", "-ec", f"nft -f - <<'END'\n{text}END")
        yield
    finally:
        for name in NAMES:
            lab.exec(NODE, "sh", "-c", f"nft delete table {name} 2>/dev/null || true")


def listed(lab):
    """The tables of programs, as nft prints them."""
    found = [lab.exec(NODE, "sh", "-c", f"nft list table {name}").stdout.decode() for name in NAMES[:3]]
    assert all(found)
    return found


def replayed(lab):
    """Return what the rules of NODE do with packets of the table, as the section firewall of host_info has it."""
    words = [
        "ansible",
        NODE,
        "-i",
        os.environ["LAB_INVENTORY"],
        "-b",
        "-m",
        "hostprep.runtime_fabric.host_info",
        "-a",
        "sections=firewall",
    ]
    plain = {**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(
        words, env=plain, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout[done.stdout.index("{") :])["host"]["firewall"]["packets"]


def as_replayed(lab, cells, packets):
    """The cells of a View for packets to NODE, without what the replay says is dropped."""
    left = {(name, NODE): {transport: set(ports) for transport, ports in cells[name, NODE].items()} for name in SOURCES}
    for answer in packets["answers"]:
        assert answer["verdict"] == "drop", answer
        for name in SOURCES:
            if lab.nodes.get(name, ANYBODY) in answer["sources"]:
                left[name, NODE][answer["transport"]] -= expand(answer["ports"])
    return left


def deciders(packets):
    """{(chain, program): ports} of what is dropped."""
    found = {}
    for answer in packets["answers"]:
        found.setdefault((answer["where"], answer["owner"]), set()).update(expand(answer["ports"]))
    return found


def programs_change_nothing_and_what_drops_is_named(lab, play, view, cells, prepare):
    """The test that each scenario has. cells: what the table and an open port of the site let in. prepare: the words of a play."""
    without = replayed(lab)
    assert view.differences(as_replayed(lab, cells, without)) == {}
    with tables(lab, OF_PROGRAMS):
        before = listed(lab)
        outcome = play(*prepare, "--limit", f"localhost,{NODE}")
        assert outcome.changed[NODE] == 0, outcome.output
        assert listed(lab) == before
        packets = replayed(lab)
        assert deciders(packets) == {("inet f2b-table f2b-chain", "fail2ban"): set(range(30000, 30011))}
        assert "fail2ban-clientunban" in "".join(outcome.output.split())  # warnings are wrapped
        assert view.differences(as_replayed(lab, cells, packets)) == {}
    with tables(lab, OF_THE_SITE):
        packets = replayed(lab)
        assert {7496, 31001} <= deciders(packets)["inet own input", ""]
        assert view.differences(as_replayed(lab, cells, packets)) == {}
    assert replayed(lab) == without
