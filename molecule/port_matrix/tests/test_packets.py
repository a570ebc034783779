# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measure of the firewall scenarios, measured: rules written by hand are judged by packets, and each mistake is seen."""

import contextlib

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.packets import INTERNAL, View, stream
from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.faults import filtered

NODES = ("controller-1", "worker-1", "worker-2")
# The vendor's page of release 1.4, copied by hand: what a node, and a controller besides, accepts in operation.
ACCEPTED = """
    ct state established,related accept; iif lo accept; tcp dport 22 accept;
    ip saddr @nodes tcp dport {{ 3008-3012, 3022-3025, 6060, 7496, 7575, 10248-10250, 10255, 30000-32767 }} accept;
    ip saddr @nodes udp dport {{ 7496, 8472, 30000-32767 }} accept;
"""
BY_CONTROLLERS = """
    ip saddr @nodes tcp dport {{ 2379, 2380, 4001, 7001, 3080, 5000, 6443, 8080 }} accept;
    tcp dport 443 accept; ip saddr {internal} tcp dport 32009 accept;
"""
INSTALLATION = "ip saddr @nodes tcp dport { 4242, 61008-61010, 61022-61024 } accept;"


@pytest.fixture(scope="module")
def view(lab):
    return View.of(lab, internal=[f"{INTERNAL}/32"])


@contextlib.contextmanager
def firewalls(lab, first=None, last=None):
    """A chain that drops what it does not accept on every node; first, last: more rules of it, {node: text}."""
    table = "inet lab_by_hand"
    accepted = (ACCEPTED + BY_CONTROLLERS).format(internal=INTERNAL), ACCEPTED.format(), ACCEPTED.format()
    try:
        for name, text in zip(NODES, accepted):
            before, after = ((rules or {}).get(name, "") for rules in (first, last))
            chain = f"type filter hook input priority 0; policy drop; {before} {text} {after}"
            nodes = f"set nodes {{ type ipv4_addr; elements = {{ {', '.join(lab.nodes.values())} }}; }}"
            lab.exec(name, "nft", f"table {table} {{ {nodes}; chain input {{ {chain} }}; }}")
        yield
    finally:
        for name in NODES:
            lab.exec(name, "nft", "delete", "table", *table.split(), check=False)


def test_rules_as_on_the_page_are_in_order(lab, view):
    with firewalls(lab):
        assert view.differences(view.wanted("operate")) == {}


def test_installation_needs_more(lab, view):
    pairs = {("worker-1", "worker-2"), ("outside", "worker-2")}
    with firewalls(lab):
        assert view.differences(view.wanted("install"), pairs) == {
            ("worker-1", "worker-2"): [
                "tcp 4242, 61008-61010, 61022-61024 shut (install-agents, install-bandwidth-checker, install-internal)"
            ]
        }
    with firewalls(lab, last=dict.fromkeys(NODES, INSTALLATION)):
        assert view.differences(view.wanted("install"), pairs) == {}
        assert set(view.differences(view.wanted("operate"), pairs)) == {("worker-1", "worker-2")}


def test_every_mistake_turns_its_own_cells_red(lab, view):
    first = {
        "controller-1": f"ip saddr {lab.nodes['worker-1']} tcp dport 2379 drop;",
        "worker-2": f"ip saddr {lab.nodes['worker-1']} udp dport 31000-31010 reject; tcp dport 3025 drop;",
    }
    last = {
        "worker-1": f"ip saddr {lab.nodes['worker-2']} tcp dport 2379 accept; ip saddr {INTERNAL} tcp dport 32009 accept;",
        "worker-2": "udp dport 8472-8473 accept;",
    }
    with firewalls(lab, first, last), filtered(lab, "worker-1", "output", "tcp dport 5044 drop"):
        assert view.differences(view.wanted("operate")) == {
            ("worker-1", "controller-1"): ["tcp 2379 shut (etcd)"],
            ("worker-2", "worker-1"): ["tcp 2379 open (etcd)"],
            ("internal", "worker-1"): ["tcp 32009 open (node-ports-tcp, ops-center-api, ops-center-ui)"],
            ("controller-1", "worker-2"): ["tcp 3025 shut (internal-ssh)", "udp 8473 open"],
            ("worker-1", "worker-2"): [
                "tcp 3025 shut (internal-ssh)",
                "udp 31000-31010 shut (node-ports-udp)",
                "udp 8473 open",
            ],
            ("outside", "worker-2"): ["udp 8472-8473 open (overlay-vxlan)"],
            ("internal", "worker-2"): ["udp 8472-8473 open (overlay-vxlan)"],
            ("neighbour", "worker-2"): ["udp 8472-8473 open (overlay-vxlan)"],
            ("worker-1", "internet"): ["tcp 5044 shut (monitoring-lumberjack)"],
        }


def test_a_local_port_that_is_cut_is_seen(lab, view):
    with filtered(lab, "worker-1", "input", "iif lo tcp dport 7373 drop"):
        pairs = {("worker-1 itself", "worker-1"), ("worker-2 itself", "worker-2")}
        assert view.differences(view.wanted("operate"), pairs) == {
            ("worker-1 itself", "worker-1"): ["tcp 7373 shut (serf-rpc)"]
        }


def test_a_connection_that_is_cut_is_seen(lab):
    with stream(lab, "worker-1", "worker-2", 9999) as passes:
        assert passes()
        with filtered(lab, "worker-2", "input", "tcp dport 9999 drop"):
            assert not passes()
