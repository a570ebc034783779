# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One dictionary with the inputs of a role."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import input_validators, role_variables

DECLARED = input_declarations.load()
VALIDATORS = input_validators.by_variable(DECLARED.variables, catalog.load())


def test_the_whole_dictionary_of_a_role_has_every_input_but_secrets():
    options = DECLARED.of_role("rtf_preflight")
    given = {name: "" if option.input.mandatory else option.default for name, option in options.items()}
    given["rtf_preflight_control_plane"] = "us"
    given["rtf_preflight_bandwidth"] = "all"
    given["rtf_preflight_http_proxy"] = "http://proxy.example.com:3128"
    given["rtf_preflight_http_proxy_user"] = "user"
    given["rtf_preflight_max_latency_ms"] = "20"
    given["rtf_preflight_http_proxy_password"] = "correct-horse-battery"
    found, problems = role_variables.of_role(options, given, VALIDATORS)
    assert problems == []
    secrets = {"http_proxy_user", "http_proxy_password", "monitoring_proxy_user", "monitoring_proxy_password"}
    assert set(found) == {variable.short for variable in options.values()} - secrets
    assert found["http_proxy"] == "http://********@proxy.example.com:3128"
    assert found["release"] == "1.4" and found["max_latency_ms"] == 20 and found["port_matrix"] is True
    assert "correct-horse" not in json.dumps(found)


def test_a_role_without_its_inputs_keeps_what_is_there():
    options = DECLARED.of_role("rtf_time_sync")
    found, problems = role_variables.of_role(
        options, {name: option.default for name, option in options.items()}, VALIDATORS
    )
    assert (found, problems) == ({"servers": "unchanged", "wait": 60, "force": False}, [])


def test_a_server_may_only_use_a_key_that_the_role_has():
    options = DECLARED.of_role("rtf_time_sync")
    given = {"rtf_time_sync_servers": [{"host": "ntp.example.com", "key": 7}], "rtf_time_sync_keys": "unchanged"}
    assert role_variables.of_role(options, given, VALIDATORS) == (
        {},
        ["rtf_time_sync_servers: ntp.example.com uses key 7, which rtf_ntp_keys does not contain"],
    )
    assert role_variables.of_role(DECLARED.of_role("rtf_time_sync", "verify"), given, VALIDATORS)[1] == []


def test_a_url_with_credentials_of_its_own_hides_them():
    options = DECLARED.of_role("rtf_proxy")
    given = {"rtf_proxy_http_proxy": "http://user:correct-horse@proxy.example.com:3128"}
    assert role_variables.of_role(options, given, VALIDATORS) == (
        {"http_proxy": "http://********@proxy.example.com:3128"},
        [],
    )


@pytest.mark.parametrize("value", ["", "unchanged"])
def test_no_proxy_stays_as_it_is(value):
    options = DECLARED.of_role("rtf_proxy")
    given = {"rtf_proxy_http_proxy": value, "rtf_proxy_http_proxy_user": ""}
    assert role_variables.of_role(options, given, VALIDATORS) == ({"http_proxy": value}, [])


def test_problems_name_the_variable_of_the_role():
    options = DECLARED.of_role("rtf_proxy")
    given = {"rtf_proxy_http_proxy": "", "rtf_proxy_http_proxy_user": "user"}
    assert role_variables.of_role(options, given, VALIDATORS) == (
        {},
        ["rtf_proxy_http_proxy: credentials are set, but no proxy"],
    )


def test_the_role_of_a_node():
    groups = {"rtf_controllers": ["a"], "rtf_workers": ["b"]}
    assert [role_variables.role_of(node, groups) for node in ("a", "b")] == ["controller", "worker"]


def test_unchanged_means_that_nothing_is_given():
    assert role_variables.given("unchanged") is None
    assert role_variables.given([]) == []
