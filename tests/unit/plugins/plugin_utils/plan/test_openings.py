# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import (
    Node,
    Party,
    Proxy,
    Site,
    openings,
    pairs,
)

NODES = [
    Node("c1", "controller", "192.0.2.11"),
    Node("w1", "worker", "192.0.2.21"),
    Node("w2", "worker", "192.0.2.22"),
]
SITE = Site(NODES)


def resolved(site=SITE, release="1.4", plane="us", phase="install", rows=None):
    rows = rows or catalog.load()
    found = openings(
        catalog.select_ports(rows, release, phase),
        catalog.select_endpoints(rows, release, plane),
        catalog.select_settings(rows, release),
        site,
    )
    return {opening.row["id"]: opening for opening in found}


def names(parties):
    return [party.name for party in parties]


@pytest.mark.parametrize(
    "variables, address",
    [
        ({"ansible_host": "192.0.2.1"}, "192.0.2.1"),
        ({"ansible_host": "192.0.2.1", "rtf_node_address": "192.0.2.2"}, "192.0.2.2"),
        ({"ansible_host": "node.example.com"}, ""),
        ({"ansible_host": "node.example.com", "rtf_node_address": "192.0.2.2"}, "192.0.2.2"),
        ({"ansible_host": "2001:db8::1"}, ""),
        ({}, ""),
    ],
)
def test_the_address_of_a_node(variables, address):
    assert address_of(variables) == address


@pytest.mark.parametrize("release", catalog.load().release_ids)
def test_both_ends_of_every_row_are_resolved(release):
    site = SITE._replace(internal_networks=["10.0.0.0/8"])
    for opening in resolved(site, release).values():
        assert opening.sources and opening.destinations and opening.unstated is None


def test_groups_become_nodes_with_addresses():
    etcd = resolved()["etcd"]
    assert names(etcd.sources) == ["c1", "w1", "w2"]
    assert etcd.destinations == [Party("controllers", "c1", "192.0.2.11")]


def test_nobody_dials_itself():
    found = resolved()
    assert [(source.name, target.name) for source, target in pairs(found["etcd"])] == [("w1", "c1"), ("w2", "c1")]
    assert len(pairs(found["serf-tcp"])) == 6
    assert len(pairs(found["cluster-dns-tcp"])) == 1


def test_what_the_inventory_does_not_state_is_said():
    assert resolved()["ops-center-ui"].unstated == "rtf_internal_networks"
    stated = resolved(SITE._replace(internal_networks=["10.0.0.0/8"]))["ops-center-ui"]
    assert stated.unstated is None and stated.sources == [Party("internal network", "10.0.0.0/8", "10.0.0.0/8")]


def test_who_may_call_the_applications():
    assert [party.address for party in resolved()["ingress-https"].sources] == ["0.0.0.0/0"]
    narrowed = resolved(SITE._replace(ingress_sources=["198.51.100.0/24"]))["ingress-https"]
    assert [party.address for party in narrowed.sources] == ["198.51.100.0/24"]


def test_time_servers_are_named():
    assert names(resolved()["ntp"].destinations) == ["any"]
    named = resolved(SITE._replace(ntp_servers=["ntp.example.com", "192.0.2.123"]))["ntp"]
    assert [(party.name, party.address) for party in named.destinations] == [
        ("ntp.example.com", None),
        ("192.0.2.123", "192.0.2.123"),
    ]


def test_nts_asks_for_an_opening_of_its_own():
    assert "ntp-nts" not in resolved(SITE._replace(ntp_servers=["nts.example.com"]))
    found = resolved(SITE._replace(ntp_servers=["192.0.2.9", "nts.example.com"], nts_servers=["nts.example.com"]))
    nts = found["ntp-nts"]
    assert (nts.row["ports"], nts.row["transport"], names(nts.destinations)) == (["4460"], "tcp", ["nts.example.com"])
    assert names(nts.sources) == names(found["ntp"].sources)
    assert "ntp-nts" not in resolved(SITE._replace(nts_servers=["nts.example.com"]), release="2.x")


def test_a_proxy_stands_between_nodes_and_names():
    found = resolved(SITE._replace(http_proxy=Proxy("proxy.example.com", 3128)))
    broker = found["transport-layer-us"]
    assert (names(broker.sources), broker.on_behalf_of) == (["proxy.example.com"], "controllers")
    way = found["http-proxy"]
    assert (names(way.sources), names(way.destinations)) == (["c1", "w1", "w2"], ["proxy.example.com"])
    assert (way.row["ports"], way.row["transport"]) == (["3128"], "tcp")
    assert names(found["dias-ingestor-nginx-us"].sources) == ["c1", "w1", "w2"]


def test_only_a_socks5_proxy_carries_lumberjack():
    found = resolved(SITE._replace(monitoring_proxy=Proxy("192.0.2.99", 1080)))
    assert found["dias-ingestor-nginx-us"].sources == [Party("SOCKS5 proxy", "192.0.2.99", "192.0.2.99")]
    assert names(found["anypoint"].sources) == ["c1", "w1", "w2"]
    assert found["socks5-proxy"].row["application"] == "SOCKS5"


def test_without_a_proxy_there_is_no_way_to_it():
    assert not {"http-proxy", "socks5-proxy"} & set(resolved())


@pytest.mark.parametrize(
    "release, plane, row, details",
    [
        ("1.4", "us", "control-plane-amqp", ("transport-layer-us",)),
        ("1.4", "eu", "monitoring-lumberjack", ("dias-ingestor-nginx-eu",)),
        ("1.8", "us", "monitoring-443", ("dias-ingestor-router-us",)),
        ("1.8", "us", "monitoring-lumberjack", ("dias-ingestor-nginx-us",)),
        ("2.x", "in", "control-plane-amqp", ("broker-in",)),
        ("1.4", "us", "ntp", ()),
        ("1.4", "us", "etcd", ()),
    ],
)
def test_rows_of_the_port_table_that_names_detail(release, plane, row, details):
    assert resolved(release=release, plane=plane)[row].detailed_by == details


def test_the_https_row_is_detailed_by_every_live_https_name():
    found = resolved()["platform-https"].detailed_by
    assert "anypoint" in found and "kubernetes-charts" not in found and "transport-layer-us" not in found


def test_retired_and_informative_rows_need_no_opening():
    assert "kubernetes-charts" not in resolved()
    assert "dias-ingestor-nginx-us-legacy" not in resolved(release="2.x")
    assert "monitoring-lumberjack" not in resolved(release="1.11")


def test_site_rows_have_addresses_at_their_ends():
    rows = with_site_rows(
        catalog.load(),
        extra_ports=[
            {"id": "metrics", "ports": [9100], "from": "10.20.0.5", "to": "nodes"},
            {"id": "mail", "ports": [25], "from": "controllers", "to": "10.30.0.0/24"},
        ],
    )
    found = resolved(rows=rows)
    assert found["metrics"].sources == [Party("10.20.0.5", "10.20.0.5", "10.20.0.5")]
    assert found["mail"].destinations[0].address == "10.30.0.0/24"
    assert (found["metrics"].row["direction"], found["mail"].row["direction"]) == ("inbound", "outbound")
