# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives the tests of every scenario their hosts, the containers of the lab, and refuses to test nothing.

Without --hosts testinfra would test the machine it runs on; with an empty list it would skip every test and succeed.
"""

import os

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

for name in ("packet_filter_tests", "front_end_tests", "scenario"):
    pytest.register_assert_rewrite(f"ansible_collections.hostprep.runtime_fabric.molecule.firewall.{name}")


@pytest.fixture(scope="session")
def lab():
    """The lab of the scenario."""
    return Lab.named()


def lab_hosts(lab, inventory):
    """Return the testinfra addresses of the nodes that the inventory (a path) of a lab names."""
    nodes = InventoryManager(loader=DataLoader(), sources=[inventory]).get_hosts("rtf_nodes")
    return [f"podman://{lab}-{node.name}" for node in nodes]


def pytest_configure(config):
    if config.option.hosts is None:
        if "LAB_INVENTORY" not in os.environ:
            raise pytest.UsageError("no lab to test: use `make molecule`, or set what `make lab-env` prints")
        config.option.hosts = ",".join(lab_hosts(os.environ["LAB_NAME"], os.environ["LAB_INVENTORY"]))
    if not config.option.hosts.strip(","):
        raise pytest.UsageError("no host to test: the inventory of the lab has no nodes")


def pytest_collection_finish(session):
    if not any("host" in item.fixturenames for item in session.items):
        raise pytest.UsageError("no test looks at a host")
