# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the scenarios of all firewalls work with: a lab, what packets find in it, and plays as a user runs them."""

import os

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.molecule.packets import INTERNAL, View
from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

SITE_PORT = 9090  # the site has opened it to everybody
PREPARE = ("prepare-rtf.yml", "--tags", "rtf_firewall")
REVERT = ("hostprep.runtime_fabric.revert_rtf", "--tags", "rtf_firewall")


def internal_networks(lab):
    """What the scenarios set rtf_internal_networks to."""
    return [str(lab.instance.subnet), f"{INTERNAL}/32"]


def with_site_port(expected):
    """What a View wants, and the port of the site besides."""
    for (source, destination), ports in expected.items():
        if destination != "internet" and not source.endswith(" itself"):
            ports["tcp"].add(SITE_PORT)
    return expected


class Scenario:
    """Fixtures for the test class of a scenario, which all of its tests share."""

    @pytest.fixture(scope="class")
    @classmethod
    def lab(cls):
        return Lab.named()

    @pytest.fixture(scope="class")
    @classmethod
    def view(cls, lab):
        return View.of(lab, internal=internal_networks(lab))

    @pytest.fixture(scope="class")
    @classmethod
    def play(cls, lab, tmp_path_factory):
        """Runs a playbook as a user does and wants it to end well; returns its Outcome.

        Keywords are variables, None for one that is not set.
        """
        site = Site(tmp_path_factory.mktemp("firewall"))

        def run(*words, inventory=None, **variables):
            given = {"rtf_internal_networks": internal_networks(lab), "rtf_firewall_rollback_timeout": 600, **variables}
            extra = site.directory / "extra.yml"
            given = {name: value for name, value in given.items() if value is not None}
            extra.write_text(yaml.safe_dump(given), encoding="utf-8")
            inventories = ["inventory", os.environ["LAB_INVENTORY"]] + ([inventory] if inventory else [])
            outcome = site.play(*words, "-e", f"@{extra}", inventories=inventories)
            assert outcome.code == 0, outcome.output
            return outcome

        return run
