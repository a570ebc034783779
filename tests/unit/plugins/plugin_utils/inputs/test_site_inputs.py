# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_inputs import (
    ONE_VALUE_FOR_ALL,
    checks_by_name,
)

CHECKS = checks_by_name(catalog.load())


@pytest.mark.parametrize(
    "name, value",
    [
        ("rtf_extra_endpoints", []),
        ("rtf_extra_endpoints", [{"host": "registry.example.com", "port": 443}]),
        ("rtf_extra_ports", [{"ports": 9100, "from": "internal_network", "to": "nodes"}]),
        ("rtf_internal_networks", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]),
        ("rtf_ingress_sources", []),
        ("rtf_previous_release", "1.4"),
        ("rtf_change_request_dir", "out"),
    ],
)
def test_good_values(name, value):
    CHECKS[name](value)


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("rtf_extra_endpoints", {}, "must be a list, not a dictionary"),
        ("rtf_extra_endpoints", "registry.example.com", "as text write it in JSON, [{...}, ...]"),
        ("rtf_extra_endpoints", [{"host": "x.example.com"}], "entry 1: port is missing"),
        ("rtf_extra_ports", [{"ports": [0], "from": "nodes", "to": "nodes"}], "entry 1: ports: '0' is not a port"),
        ("rtf_internal_networks", {}, "must be a list of networks such as 192.0.2.0/24, not a dictionary"),
        ("rtf_internal_networks", ["10.0.0.1/8"], "10.0.0.1/8 has host bits set"),
        ("rtf_ingress_sources", ["office"], "'office' is not an address or a network"),
        ("rtf_previous_release", "1.3", "'1.3' is unknown; valid: 1.4, 1.5"),
        ("rtf_previous_release", 1.10, "write it in quotes"),
        ("rtf_change_request_dir", "", "must be a path"),
    ],
)
def test_bad_values(name, value, message):
    with pytest.raises(ValueError) as caught:
        CHECKS[name](value)
    assert message in str(caught.value)
    assert not str(caught.value).startswith(name), "the caller names the variable"


def test_what_all_nodes_share_is_checked():
    assert set(ONE_VALUE_FOR_ALL) <= set(CHECKS)
