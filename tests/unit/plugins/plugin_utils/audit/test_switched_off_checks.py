# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site switches measurements off, and the report names each check that is left out with them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import switched_off_checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks

ON = {
    "phase": "install",
    "port_matrix": True,
    "links": True,
    "bandwidth": "ring",
    "load_balancer": "",
    "outside_host": "",
}
LINKS = {"net.latency", "net.loss", "net.mtu_path", "net.bandwidth"}
PORTS = {"ports", "ports.free", "ports.closed"}
BALANCER = {"net.load_balancer", "net.load_balancer_tls", "net.load_balancer_source"}


@pytest.mark.parametrize(
    "change, out",
    [
        ({}, set()),
        ({"port_matrix": False}, PORTS | LINKS),
        (
            {"port_matrix": False, "phase": "operate", "bandwidth": "none"},
            (PORTS | LINKS) - {"ports.free", "net.bandwidth"},
        ),
        ({"port_matrix": False, "load_balancer": "lb.example.com"}, PORTS | LINKS | BALANCER),
        ({"port_matrix": False, "outside_host": "localhost"}, PORTS | LINKS | {"ports.outside", "ports.inbound"}),
        ({"links": False, "load_balancer": "lb.example.com"}, LINKS),
        ({"bandwidth": "none"}, {"net.bandwidth"}),
        ({"bandwidth": "none", "phase": "operate"}, set()),
    ],
)
def test_what_a_switch_leaves_out_is_known(change, out):
    assert set(switched_off_checks.switched_off({**ON, **change})) == out
    assert out - {check["id"] for check in checks.load()} == set()
