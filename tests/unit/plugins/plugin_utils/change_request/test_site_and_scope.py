# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import site_and_scope
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node, Proxy

GROUPS = {"rtf_nodes": ["c1", "w1"], "rtf_controllers": ["c1"], "rtf_workers": ["w1"]}


def test_nodes_have_a_role_and_an_address():
    variables = {
        "c1": {"ansible_host": "192.0.2.1"},
        "w1": {"ansible_host": "w1.x", "rtf_node_address": "192.0.2.2"},
    }
    assert site_and_scope.nodes(GROUPS, variables) == [
        Node("c1", "controller", "192.0.2.1"),
        Node("w1", "worker", "192.0.2.2"),
    ]


def test_all_nodes_without_an_address_are_named_at_once():
    with pytest.raises(site_and_scope.InventoryError) as caught:
        site_and_scope.nodes(GROUPS, {"c1": {}, "w1": {"ansible_host": "w1.example.com"}})
    assert str(caught.value).startswith("rtf_node_address: not set for c1, w1, and ansible_host is not an IPv4 address")


@pytest.mark.parametrize(
    "url, expected",
    [
        (None, None),
        ("", None),
        ("http://proxy.example.com:3128", Proxy("proxy.example.com", 3128)),
        ("http://user:p%40ss@192.0.2.9:8080", Proxy("192.0.2.9", 8080)),
        ("socks5://user:secret@proxy.example.com:1080", Proxy("proxy.example.com", 1080)),
    ],
)
def test_a_proxy_loses_its_credentials(url, expected):
    assert site_and_scope.proxy(url) == expected


def test_the_defaults_of_a_cluster():
    scope = site_and_scope.scope({"rtf_control_plane": "us"})
    assert scope == ("1.4", "us", "install", None)
    site = site_and_scope.site([], {})
    assert (site.internal_networks, site.ntp_servers, site.http_proxy) == ([], [], None)


def test_ntp_servers_of_both_forms_are_asked_for_and_nts_beside():
    site = site_and_scope.site([], {"rtf_ntp_servers": ["192.0.2.9", {"host": "nts.example.com", "nts": True}]})
    assert (site.ntp_servers, site.nts_servers) == (["192.0.2.9", "nts.example.com"], ["nts.example.com"])
