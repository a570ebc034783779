# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError

from ansible_collections.hostprep.runtime_fabric.plugins.lookup import requirements
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog

NAME = "hostprep.runtime_fabric.requirements"


@pytest.fixture
def lookup():
    # What Ansible's loader does with a plugin before it is run.
    options = yaml.safe_load(requirements.DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("lookup", NAME, options)
    plugin = requirements.LookupModule()
    plugin._load_name = NAME
    return plugin


def test_the_defaults_are_the_specification(lookup):
    assert lookup.run(["endpoints"]) == [catalog.select_endpoints(catalog.load(), "1.4", "us")]


def test_one_list_for_each_term(lookup):
    ports, settings = lookup.run(["ports", "settings"], release="1.4", phase="install", node_role="worker")
    assert ports == catalog.select_ports(catalog.load(), "1.4", "install", "worker")
    assert settings == catalog.select_settings(catalog.load(), "1.4")


def test_the_programs_are_not_among_what_the_installer_requires(lookup):
    (installer,), (programs,) = lookup.run(["installer", "programs"])
    agents = ("security_agents", "config_management")
    assert set(programs) == {"conflicting_programs", "own_programs", *agents} and not set(programs) & set(installer)
    assert "CrowdStrike Falcon" in [agent["title"] for agent in programs["security_agents"]]


def test_rows_of_the_site_are_among_them(lookup):
    (found,) = lookup.run(["endpoints"], extra_endpoints=[{"host": "registry.example.com", "port": 443}])
    assert found[-1]["id"] == "site-registry-example-com-443"
    (found,) = lookup.run(["ports"], extra_ports=[{"ports": [9100], "from": "10.0.0.0/8", "to": "nodes"}])
    assert found[-1]["ports"] == ["9100"]


def test_the_phase_selects_endpoints_too(lookup):
    options = {"release": "2.x", "control_plane": "ca"}
    (operate,), (install,) = lookup.run(["endpoints"], **options), lookup.run(["endpoints"], phase="install", **options)
    assert [row["id"] for row in install if row not in operate] == ["installer-chart"]


@pytest.mark.parametrize(
    "terms, options, message",
    [
        (["roles"], {}, "valid: endpoints, ports, settings"),
        (
            ["endpoints"],
            {"control_plane": "mars"},
            "'mars' is not a control plane of release 1.4; valid: us, eu",
        ),
        (
            ["endpoints"],
            {"extra_endpoints": [{"host": "x", "port": 443}]},
            "rtf_extra_endpoints: entry 1: host: 'x' is not a host name",
        ),
        (["ports"], {"phase": "later"}, "'later' is not a phase; valid: install, operate"),
    ],
)
def test_an_unknown_argument_names_what_is_valid(lookup, terms, options, message):
    with pytest.raises(AnsibleError) as caught:
        lookup.run(terms, **options)
    assert message in str(caught.value)
