# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the firewall scenarios expect of packets, and how they say what they found."""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule import expected_ports
from ansible_collections.hostprep.runtime_fabric.molecule.expected_ports import Cluster, Host

ROWS = expected_ports.table(expected_ports.PORTS.read_text(encoding="utf-8"))
CONTROLLER = Host("c", "c", "192.0.2.1", "controller")
WORKER = Host("w", "w", "192.0.2.2", "worker")
OTHER = Host("w2", "w2", "192.0.2.3", "worker")
OFFICE = Host("office", "internet", "198.51.100.7")
CALLER = Host("caller", "internet", "203.0.113.9")
INTERNET = Host("internet", "internet", "")
ITSELF = Host("w itself", "w", expected_ports.LOOPBACK)
CLUSTER = Cluster([CONTROLLER, WORKER, OTHER], internal=["198.51.100.0/24"])

NODES_TCP = "22, 3008-3012, 3022-3025, 6060, 7496, 7575, 10248-10250, 10255, 30000-32767"
NODES_UDP = "7496, 8472, 30000-32767"


def cell(source, destination, phase="operate", cluster=CLUSTER):
    """What is open, as texts: (TCP, UDP)."""
    found = expected_ports.wanted(ROWS, phase, cluster, [(source, destination)])[source.name, destination.name]
    return expected_ports.compress(found["tcp"]), expected_ports.compress(found["udp"])


@pytest.mark.parametrize(
    "source, destination, tcp, udp",
    [
        (OTHER, WORKER, NODES_TCP, NODES_UDP),
        (CONTROLLER, WORKER, NODES_TCP, NODES_UDP),
        (
            WORKER,
            CONTROLLER,
            "22, 443, 2379-2380, 3008-3012, 3022-3025, 3080, 4001, 5000, 6060, 6443, 7001, 7496, 7575, 8080, "
            "10248-10250, 10255, 30000-32767",
            NODES_UDP,
        ),
        (CALLER, CONTROLLER, "22, 443", ""),
        (CALLER, WORKER, "22", ""),
        (OFFICE, CONTROLLER, "22, 443, 32009", ""),
        (OFFICE, WORKER, "22", ""),
        (ITSELF, WORKER, "53, 7373", "53"),
        (WORKER, INTERNET, "443, 5044", "123"),
    ],
)
def test_what_the_page_asks_for(source, destination, tcp, udp):
    assert cell(source, destination) == (tcp, udp)


def test_installation_opens_seven_more_ports_between_nodes_only():
    operate, install = (
        {int(port) for part in cell(OTHER, WORKER, phase)[0].split(", ") for port in part.split("-")}
        for phase in ("operate", "install")
    )
    assert install - operate == {4242, 61008, 61010, 61022, 61024}
    assert cell(CALLER, WORKER, "install") == ("22", "")


def test_callers_can_be_limited():
    cluster = CLUSTER._replace(ingress=["198.51.100.0/24"])
    assert cell(CALLER, CONTROLLER, cluster=cluster) == ("22", "")
    assert cell(OFFICE, CONTROLLER, cluster=cluster)[0] == "22, 443, 32009"
    assert "443" not in cell(WORKER, CONTROLLER, cluster=cluster)[0].split(", ")


def test_every_row_that_comes_in_is_examined_whole_with_its_neighbours():
    tried = expected_ports.examined(ROWS)
    for row in ROWS:
        if row.destination != "internet":
            assert row.ports <= tried[row.transport], row.id
    assert {29999, 32768, 4241, 4243, 2378, 61011, 8081} <= tried["tcp"]
    assert {29999, 32768, 7495, 8473} <= tried["udp"]
    assert {30000, 32009, 32767} <= expected_ports.examined(ROWS, whole=False)["tcp"] < tried["tcp"]


def test_ports_are_read_and_written_as_ranges():
    assert expected_ports.expand(["2379", "3008-3010"]) == {2379, 3008, 3009, 3010}
    assert expected_ports.compress({3010, 2379, 3008, 3009}) == "2379, 3008-3010"
    assert expected_ports.compress(set()) == ""


def test_differences_name_ports_state_and_rows():
    expected = {("w", "c"): {"tcp": {22, 2379, 2380}, "udp": {8472}}, ("c", "w"): {"tcp": {22}, "udp": set()}}
    observed = {("w", "c"): {"tcp": {22, 9, 2378}, "udp": {8472}}, ("c", "w"): {"tcp": {22}, "udp": set()}}
    assert expected_ports.differences(ROWS, expected, observed) == {
        ("w", "c"): ["tcp 2379-2380 shut (etcd)", "tcp 9, 2378 open"]
    }
    assert expected_ports.differences(ROWS, expected, expected) == {}
