# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import RowError
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows, site_services
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import with_site_rows

CATALOG = catalog.load()
ENDPOINT = {"host": "registry.example.com", "port": 443}
PORT = {"ports": ["9100"], "from": "10.20.0.0/16", "to": "nodes"}


def added(extra_endpoints=(), extra_ports=()):
    found = with_site_rows(CATALOG, extra_endpoints, extra_ports)
    return [*found.endpoints[len(CATALOG.endpoints) :], *found.ports[len(CATALOG.ports) :]]


def test_a_short_endpoint_gets_defaults():
    (row,) = added([ENDPOINT])
    assert row["id"] == "site-registry-example-com-443"
    assert (row["protocol"], row["from"], row["carrier"], row["mutual_tls"]) == (
        "https",
        "nodes",
        "http_proxy",
        False,
    )
    assert (row["severity"], row["phase"], row["retired"]) == ("required", "operate", None)
    assert row["source"]["section"] == "rtf_extra_endpoints"


def test_a_short_port_gets_defaults():
    (row,) = added(extra_ports=[PORT])
    assert row["id"] == "site-tcp-9100-10-20-0-0-16-to-nodes"
    assert (row["transport"], row["phase"], row["severity"]) == ("tcp", "operate", "required")


@pytest.mark.parametrize(
    "ports, meant", [(9100, ["9100"]), ("9100-9110", ["9100-9110"]), ([9100, "9200"], ["9100", "9200"])]
)
def test_ports_may_be_written_as_people_do(ports, meant):
    (row,) = added(extra_ports=[{**PORT, "ports": ports}])
    assert row["ports"] == meant


@pytest.mark.parametrize("protocol, carrier", [("wss", "http_proxy"), ("tcp", "socks5"), ("lumberjack", "socks5")])
def test_the_protocol_says_which_proxy_carries_it(protocol, carrier):
    (row,) = added([{**ENDPOINT, "protocol": protocol}])
    assert row["carrier"] == carrier


@pytest.mark.parametrize("release", CATALOG.release_ids)
def test_site_rows_are_selected_in_every_release_and_control_plane(release):
    found = with_site_rows(CATALOG, [ENDPOINT, {**ENDPOINT, "host": "10.1.2.3", "from": "controllers"}], [PORT])
    for plane in catalog.release_of(found, release)["control_planes"]:
        ids = [row["id"] for row in catalog.select_endpoints(found, release, plane, "worker")]
        assert "site-registry-example-com-443" in ids
        assert "site-10-1-2-3-443" not in ids
    ports = {row["id"]: row for row in catalog.select_ports(found, release)}
    assert ports["site-tcp-9100-10-20-0-0-16-to-nodes"]["direction"] == "inbound"


def test_a_site_row_for_one_control_plane():
    found = with_site_rows(CATALOG, [{**ENDPOINT, "control_planes": ["eu"]}])
    assert "site-registry-example-com-443" in [row["id"] for row in catalog.select_endpoints(found, "1.4", "eu")]
    assert "site-registry-example-com-443" not in [row["id"] for row in catalog.select_endpoints(found, "1.4", "us")]


def test_the_shipped_catalogue_stays_as_it_is():
    before = len(CATALOG.endpoints)
    added([ENDPOINT])
    assert len(catalog.load().endpoints) == before


@pytest.mark.parametrize(
    "variable, entries, message",
    [
        ("rtf_extra_endpoints", "registry.example.com", "'registry.example.com' is not a list of rows"),
        ("rtf_extra_endpoints", ["registry.example.com"], "entry 1: 'registry.example.com' is not a mapping"),
        ("rtf_extra_endpoints", [ENDPOINT, {"host": "a.example.com"}], "entry 2: port is missing"),
        (
            "rtf_extra_endpoints",
            [{**ENDPOINT, "host": "https://a.example.com/"}],
            "entry 1: host: 'https://a.example",
        ),
        ("rtf_extra_endpoints", [{**ENDPOINT, "host": "10.1.2"}], "'10.1.2' is not a host name"),
        ("rtf_extra_endpoints", [{**ENDPOINT, "port": 70000}], "port: 70000 is not a port; write a number from 1"),
        ("rtf_extra_endpoints", [{**ENDPOINT, "port": "https"}], "port: 'https' is not a port"),
        (
            "rtf_extra_endpoints",
            [{**ENDPOINT, "protocol": "http"}],
            "valid: https, amqp_wss, wss, lumberjack, tls, tcp",
        ),
        (
            "rtf_extra_endpoints",
            [{**ENDPOINT, "control_planes": ["uk"]}],
            "uk is not known; valid: us, eu, ca, jp, in",
        ),
        ("rtf_extra_endpoints", [{**ENDPOINT, "hots": "x"}], "unknown field hots; valid: host, port, id"),
        (
            "rtf_extra_endpoints",
            [ENDPOINT, ENDPOINT],
            "entry 2: id 'site-registry-example-com-443' is already taken by",
        ),
        ("rtf_extra_endpoints", [{**ENDPOINT, "id": "etcd"}], "id 'etcd' is already taken by the catalogue"),
        (
            "rtf_extra_endpoints",
            [{**ENDPOINT, "id": "registry"}],
            "id 'registry' is already taken by a check of the audit",
        ),
        ("rtf_extra_ports", [{**PORT, "id": "free"}], "id 'free' is already taken by a check of the audit"),
        ("rtf_extra_endpoints", [{**ENDPOINT, "id": "private-registry"}], "is already taken by rtf_registry"),
        (
            "rtf_extra_endpoints",
            [{**ENDPOINT, "purpose": "a\nb"}],
            "purpose: a string (not shown, it may hold a secret) is not a single line of text",
        ),
        ("rtf_extra_ports", [{**PORT, "ports": ["80-70"]}], "entry 1: ports: '80-70' is not a port or a range"),
        ("rtf_extra_ports", [{**PORT, "ports": []}], "is not a list with at least one entry"),
        ("rtf_extra_ports", [{**PORT, "ports": True}], "ports: True is not a port"),
        (
            "rtf_extra_ports",
            [{**PORT, "from": "workers"}],
            "valid: nodes, controllers, internet, internal_network",
        ),
        ("rtf_extra_ports", [{**PORT, "from": "10.0.0.1/8"}], "or a network such as '192.0.2.0/24'"),
        ("rtf_extra_ports", [{**PORT, "to": "internet"}], "neither end is a node"),
        ("rtf_extra_ports", [{**PORT, "transport": "TCP"}], "transport: 'TCP' is not known; valid: tcp, udp"),
    ],
)
def test_a_bad_entry_is_named_with_what_is_valid(variable, entries, message):
    with pytest.raises(RowError) as caught:
        with_site_rows(CATALOG, **{variable.removeprefix("rtf_"): entries})
    assert str(caught.value).startswith(f"{variable}: ")
    assert message in str(caught.value)


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(rows.SIDES)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=2)
names = st.sampled_from(
    ["id", "host", "port", "ports", "from", "to", "transport", "protocol", "purpose", "phase", "control_planes"]
)
entries = st.lists(st.dictionaries(names, values, max_size=6) | values, max_size=3) | values


@given(entries, entries)
def test_whatever_is_written_is_a_row_or_an_error(extra_endpoints, extra_ports):
    try:
        found = with_site_rows(CATALOG, extra_endpoints, extra_ports)
    except RowError as error:
        assert str(error).startswith(("rtf_extra_endpoints: ", "rtf_extra_ports: "))
    else:
        assert len(found.endpoints) == len(CATALOG.endpoints) + len(extra_endpoints)


def test_no_row_of_the_site_has_the_id_of_a_probe_for_another_input():
    assert site_rows.PROBES_OF_INPUTS == {
        kind.row: kind.variable for kind in (site_services.DATABASE, site_services.REGISTRY)
    }


@pytest.mark.parametrize("servers, asked", [(["ntp.example.com"], True), ([{"host": "192.0.2.1"}], True), ([], False)])
def test_time_servers_of_a_site_are_asked_for_where_the_release_lists_none(servers, asked):
    site = site_rows.of_site(CATALOG, {"ntp_servers": servers})
    found = {row["id"]: row for row in catalog.select_ports(site, "2.x")}
    assert ("ntp" in found, "ntp" not in catalog.not_asked(site, "2.x")) == (asked, asked)
    if asked:
        assert found["ntp"]["source"]["section"] == "rtf_ntp_servers"
        assert found["ntp"]["notes"] == ["The vendor's page does not list it; rtf_ntp_servers asks for it."]
    before = {row["id"]: row for row in catalog.select_ports(site, "1.13")}
    assert before["ntp"]["notes"] == [] and before["ntp"]["source"]["document"] == "Network and Port Requirements 1.4"
