# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that is refused is not repeated where it may hold a secret, whichever input it was given to."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import refused_values
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    credentials,
    input_validators,
    role_variables,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inventory as whole_inventory
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted

DECLARED = input_declarations.load()
VALIDATORS = input_validators.by_variable(DECLARED.variables, catalog.load())
# The proxies with their credentials and the keys of NTP servers, of all roles and of one.
HAS_CREDENTIALS = re.compile(
    r"rtf_(?:ntp_keys|time_sync_keys|(?:(?:proxy|preflight)_)?(?:http|monitoring)_proxy(?:_user|_password)?)\Z"
)
# Valid values around a field that may get a URL with credentials by mistake.
SHAPES = {
    "rtf_extra_endpoints": [
        {"host": "a.example.com", "port": 1, name: None}
        for name in (
            "host",
            "port",
            "id",
            "severity",
            "purpose",
            "phase",
            "protocol",
            "control_planes",
            "from",
            "mutual_tls",
            "carrier",
            "url_path",
        )
    ],
    "rtf_extra_ports": [
        {"ports": ["1"], "from": "nodes", "to": "nodes", name: None}
        for name in ("ports", "from", "to", "id", "transport", "application", "purpose", "severity")
    ],
    "rtf_persistence_database": [{"host": "a.example.com", name: None} for name in ("host", "port", "password")],
    "rtf_registry": [{"host": "a.example.com", name: None} for name in ("host", "port", "password")],
    "rtf_smtp": [{"host": "a.example.com", name: None} for name in ("host", "port", "security", "auth", "password")],
    "rtf_ntp_servers": [
        {"host": "a.example.com", name: None} for name in ("host", "key", "pool", "minpoll", "maxsources")
    ],
    "rtf_ntp_keys": [
        {"id": 1, "type": "SHA1", "secret": "x", name: None} for name in ("id", "type", "secret", "other")
    ],
    "rtf_waivers": [
        {"checks": ["host.*"], "reason": "r", name: None} for name in ("checks", "nodes", "reason", "expires", "x")
    ],
}


def shapes(name, value):
    """Values of an input with a text where it may have slipped in."""
    yield value
    yield [value]
    yield {value: value}
    yield [{value: value}]
    yield {"host": value}
    for shape in SHAPES.get(name, ()):
        given = {field: value if content is None else content for field, content in shape.items()}
        yield given
        yield [given]
        yield [{**given, value: 1}]


@pytest.mark.parametrize("name", sorted(VALIDATORS))
def test_no_input_repeats_a_secret_that_it_refuses(name):
    refused = 0
    for url in planted.WITH_A_SECRET:
        for value in shapes(name, url):
            values, problems = role_variables.typed({"rtf_control_plane": "us", name: value}, VALIDATORS)
            problems += [] if problems else credentials.disagreements(values)
            problems += whole_inventory.disagreements({"a": {name: value}, "b": {name: [value]}}, (name,))
            options = {name: DECLARED.variables[name]}
            found, of_role = role_variables.of_role(options, {name: value}, VALIDATORS)
            problems += of_role
            assert not HAS_CREDENTIALS.match(name) or planted.found_in(str(found)) == []
            refused += len(problems)
            assert planted.found_in("\n".join(problems)) == [], value
            assert all(problem.startswith("rtf_") for problem in problems)
    assert refused


@pytest.mark.parametrize("name", sorted(name for name in VALIDATORS if not HAS_CREDENTIALS.match(name)))
def test_a_url_with_credentials_is_refused_by_every_other_input(name):
    for url in planted.WITH_A_SECRET:
        if "://" in url and "@" in url:
            for value in shapes(name, url):
                assert credentials.must_have_none(name, DECLARED)
                (problem,) = credentials.misplaced({name: value})
                assert (
                    problem.startswith(name + ": contains a URL with credentials") and planted.found_in(problem) == []
                )


def test_the_options_of_roles_are_guarded_but_for_those_that_have_credentials():
    options = {
        name
        for role in checkout.role_names()
        for name in checkout.read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    }
    free = {name for name in options if not credentials.must_have_none(name, DECLARED)}
    assert {name.partition("_")[2].partition("_")[2] for name in free} == {
        "http_proxy",
        "http_proxy_user",
        "http_proxy_password",
        "monitoring_proxy",
        "monitoring_proxy_user",
        "monitoring_proxy_password",
        "sync_keys",
    }
    assert not credentials.must_have_none("rtf_of_the_site", DECLARED)


@pytest.mark.parametrize("role", checkout.role_names())
def test_a_secret_of_a_role_is_kept_out_of_logs(role):
    for name, option in checkout.read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"][
        "options"
    ].items():
        if name.endswith("_password"):
            assert option["no_log"] is True
        for field, sub in option.get("options", {}).items():
            assert field != "secret" or sub["no_log"] is True


@given(st.sampled_from(sorted(planted.SECRETS.values())), st.text(max_size=8))
def test_what_may_be_repeated_has_none_of_the_characters_that_separate_a_secret(secret, before):
    for value in (
        before + ":" + secret,
        before + "@" + secret,
        "://" + before + secret,
        [secret + "@"],
        {secret: before},
    ):
        assert planted.MARK not in refused_values.quoted(value)
        assert planted.MARK not in refused_values.named(value)


@pytest.mark.parametrize(
    "value, text",
    [
        ("1.4", "'1.4'"),
        (1.4, "1.4"),
        (True, "True"),
        (None, "None"),
        ("a.example.com:123", "'a.example.com:123'"),
        ("10.0.0.0/33", "'10.0.0.0/33'"),
        ("2001:db8::/32", "'2001:db8::/32'"),
        ("https://lb.example.com", "'https://lb.example.com'"),
        ("host.*", "'host.*'"),
        (["a", 1], "['a', 1]"),
        ({}, "{}"),
        ("", "''"),
        ("svc:1234", "a string (not shown, it may hold a secret)"),
        ({"a": "b"}, "a dictionary (not shown, it may hold a secret)"),
        ([["a"]], "a list (not shown, it may hold a secret)"),
        (object(), "a value (not shown, it may hold a secret)"),
    ],
)
def test_what_is_repeated_of_a_value(value, text):
    assert refused_values.quoted(value) == text
