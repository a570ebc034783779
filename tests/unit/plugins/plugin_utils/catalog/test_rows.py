# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import RowError

SOURCE = {"document": "A page", "section": "A section", "row": "A row"}
COMMON = {"severity": "required", "purpose": "Does something.", "since": "1.4", "source": SOURCE}
PORT = {
    **COMMON,
    "id": "a-port",
    "ports": ["443"],
    "transport": "tcp",
    "from": "nodes",
    "to": "nodes",
    "phase": "install",
}
ENDPOINT = {
    **COMMON,
    "id": "an-endpoint",
    "host": "registry.example.com",
    "port": 443,
    "protocol": "https",
    "control_planes": ["us"],
    "from": "nodes",
    "mutual_tls": False,
    "carrier": "http_proxy",
}
SETTING = {**COMMON, "id": "a-setting", "title": "A setting", "expected": {"x": 1}}
GOOD = {"ports": PORT, "endpoints": ENDPOINT, "settings": SETTING}


@pytest.mark.parametrize("kind", rows.KINDS)
def test_a_good_row_is_accepted(kind):
    rows.validate_row(kind, GOOD[kind])


@pytest.mark.parametrize(
    "kind, field, value, message",
    [
        ("ports", "id", "An Id", "lower-case words and digits joined by dashes"),
        ("ports", "id", "a-", "lower-case words and digits joined by dashes"),
        ("ports", "ports", [], "at least one entry"),
        ("ports", "ports", "443", "at least one entry"),
        ("ports", "ports", ["443", "443"], "twice"),
        ("ports", "ports", ["70000"], "ports: '70000' is not a port"),
        ("ports", "transport", "sctp", "valid: tcp, udp"),
        ("ports", "from", "everyone", "valid: nodes, controllers, internet, internal_network, localhost"),
        ("ports", "to", "localhost", "localhost at both ends"),
        ("ports", "phase", "always", "valid: install, operate"),
        ("ports", "severity", "must", "valid: required, recommended, info"),
        ("ports", "purpose", " ", "is not a string"),
        ("ports", "source", {"document": "A page"}, "source: section, row is missing"),
        ("ports", "source", "A page", "source: a string (not shown, it may hold a secret) is not a mapping"),
        ("ports", "sauce", "x", "unknown field sauce; valid: id, severity"),
        ("ports", "changes", [{"since": "1.5", "ports": ["1"]}], "changes: a change lacks source"),
        ("ports", "changes", [{"since": "1.5", "source": SOURCE, "id": "x"}], "a change cannot alter id"),
        ("endpoints", "host", "https://example.com", "is not a host name"),
        ("endpoints", "host", "example", "is not a host name"),
        ("endpoints", "host", "*.example.com", "is not a host name"),
        ("endpoints", "host", "192.0.2.1", "is not a host name"),
        ("endpoints", "host", "-x.example.com", "is not a host name"),
        ("endpoints", "host", "x" * 64 + ".example.com", "is not a host name"),
        ("endpoints", "port", "443", "port: '443' is not a port"),
        ("endpoints", "port", True, "port: True is not a port"),
        ("endpoints", "port", 0, "port: 0 is not a port"),
        ("endpoints", "protocol", "http", "valid: https, amqp_wss, wss, lumberjack"),
        ("endpoints", "from", "internet", "valid: nodes, controllers"),
        ("endpoints", "mutual_tls", "yes", "is not true or false"),
        ("endpoints", "carrier", "vpn", "valid: http_proxy, socks5"),
        ("settings", "expected", {}, "at least one entry"),
    ],
)
def test_a_bad_field_is_named_with_what_is_valid(kind, field, value, message):
    with pytest.raises(RowError) as caught:
        rows.validate_row(kind, {**GOOD[kind], field: value})
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", rows.KINDS)
@pytest.mark.parametrize("field", ["id", "source", "since", "severity", "purpose"])
def test_a_missing_field_is_named(kind, field):
    row = {name: value for name, value in GOOD[kind].items() if name != field}
    with pytest.raises(RowError, match=f"{field} is missing"):
        rows.validate_row(kind, row)


@pytest.mark.parametrize("row", [None, [], "x", 1])
def test_a_row_that_is_no_mapping(row):
    with pytest.raises(RowError, match="is not a mapping"):
        rows.validate_row("ports", row)


def test_a_complete_row_has_every_field_and_shares_nothing():
    whole = rows.complete_row("endpoints", ENDPOINT)
    assert (whole["to"], whole["transport"], whole["phase"]) == ("internet", "tcp", "operate")
    assert (whole["until"], whole["retired"], whole["alternate_of"]) == (None, None, None)
    whole["control_planes"].append("eu")
    whole["notes"].append("x")
    assert ENDPOINT["control_planes"] == ["us"]
    assert rows.complete_row("endpoints", ENDPOINT)["notes"] == []


@pytest.mark.parametrize(
    "source, target, direction",
    [
        ("nodes", "internet", "outbound"),
        ("internet", "controllers", "inbound"),
        ("internal_network", "controllers", "inbound"),
        ("nodes", "internal_network", "outbound"),
        ("controllers", "nodes", "internal"),
        ("localhost", "localhost", "local"),
    ],
)
def test_direction(source, target, direction):
    assert rows.direction_of({"from": source, "to": target}) == direction


def test_a_setting_has_no_direction():
    assert rows.direction_of(SETTING) is None
