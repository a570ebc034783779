# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives the tests of every scenario their hosts, the containers of the lab, and refuses to test nothing.

Without --hosts testinfra would test the machine it runs on; with an empty list it would skip every test and succeed.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import instance


def lab_hosts(name):
    """Return the testinfra addresses of the nodes of the lab of that name, as its last `up` made them."""
    lab = instance.remembered(name)
    return ["podman://%s" % lab.container(node.name) for node in lab.nodes]


def pytest_configure(config):
    if config.option.hosts is None:
        try:
            config.option.hosts = ",".join(lab_hosts(instance.instance_name()))
        except instance.LabError as error:
            raise pytest.UsageError(str(error)) from error
    if not config.option.hosts.strip(","):
        raise pytest.UsageError("no host to test: the lab has no nodes")


def pytest_collection_finish(session):
    if not any("host" in item.fixturenames for item in session.items):
        raise pytest.UsageError("no test looks at a host")
