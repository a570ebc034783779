# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the port matrix share: the lab, with the packages that they need, and a way to audit it."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.faults import FIREWALLS, installed


@pytest.fixture(scope="session")
def packages(lab):
    """A kind of firewall on each node, and iperf3 on two of them."""
    wanted = {node: [kind] for node, kind in FIREWALLS.items()}
    for node in ("worker-1", "worker-2"):
        wanted[node].append("iperf3")
    installed(lab, wanted)


# What takes time and is not about the ways between nodes.
LEFT_OUT = ["egress.*", "storage.*"]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A function that returns a Site, with a playbook for its audit whose text may be given, and arguments for Ansible.

    The audit does not fail the play: the nodes of this scenario are not prepared.
    """

    def make(playbook=None, **variables):
        found = Site(tmp_path_factory.mktemp("audit"))
        if playbook:
            (found.directory / "audit-rtf.yml").write_text(playbook, encoding="utf-8")
        usual = {
            "rtf_preflight_enforce": False,
            "rtf_preflight_bandwidth": "none",
            "rtf_preflight_skip_checks": LEFT_OUT,
        }
        variables = {**usual, **variables}
        return found, ["audit-rtf.yml", "-e", json.dumps(variables)]

    return make


@pytest.fixture(scope="session")
def play(site):
    """Run the audit, or another playbook of its site, whose text is given."""

    def audit(*arguments, inventories=None, playbook=None, **variables):
        where = {"inventories": inventories} if inventories else {}
        place, words = site(playbook, **variables)
        return place.play(*words, *arguments, port_matrix=True, **where)

    return audit
