# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's release 1.4 against the text of the vendor's page, row by row."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog

PAGE = Path(__file__).parent / "network-and-port-requirements-1.4.txt"
INSTALL_TABLE = "Port Protocol Description"
NETWORK_TABLE = "Port Layer 4 Protocol Layer 5 Protocol Source Destination Description"
ALLOWLIST = "Port IPs and Hostnames to Add to the Allowlist"
ALLOWLIST_TABLE = "Port Protocol Hostnames Description"
SETTINGS = "Required Network Settings"

SIDES = {
    "All nodes": "nodes",
    "Controller nodes": "controllers",
    "Internet": "internet",
    "Internal network": "internal_network",
    "localhost": "localhost",
}
# The allowlist and the port table name the same protocols differently.
ALLOWLIST_PROTOCOLS = {"AMQP over WebSockets": "amqp_wss", "TCP (Lumberjack)": "lumberjack", "HTTPS": "https"}
PORT_TABLE_PROTOCOLS = {"AMQP over WebSockets": "amqp_wss", "Lumberjack": "lumberjack", "HTTPS": "https"}


def page_lines():
    lines = [line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line]


def between(start, end=None):
    lines = page_lines()
    first = lines.index(start) + 1
    return lines[first : lines.index(end, first) if end else None]


def cells(lines, width):
    assert len(lines) % width == 0, f"{len(lines)} cells do not fill rows of {width}"
    return [tuple(lines[place : place + width]) for place in range(0, len(lines), width)]


def ports_in(cell):
    return tuple(re.sub(r"\s*-\s*", "-", part.strip()) for part in cell.split(","))


def page_install_ports():
    lines = between(INSTALL_TABLE, "Network TCP and UDP Ports")
    return [(ports_in(port), transport.lower()) for port, transport, _text in cells(lines, 3)]


def page_network_ports():
    return [
        (ports_in(port), transport.lower(), application.casefold(), SIDES[source], SIDES[destination])
        for port, transport, application, source, destination, _text in cells(between(NETWORK_TABLE, ALLOWLIST), 6)
    ]


def page_mutual_tls():
    lines = between(ALLOWLIST, ALLOWLIST_TABLE)
    return {line.lstrip("• ") for line in lines if re.fullmatch(r"• \S+\.\S+", line)}


def page_endpoints():
    """Return (host, port, protocol, control plane, from, mutual TLS) for each host name of the allowlist."""
    sources = {
        (int(ports[0]), PORT_TABLE_PROTOCOLS[application]): SIDES[source]
        for port, _transport, application, source, destination, _text in cells(between(NETWORK_TABLE, ALLOWLIST), 6)
        if destination == "Internet" and application in PORT_TABLE_PROTOCOLS
        for ports in [ports_in(port)]
    }
    passthrough = page_mutual_tls()
    lines = between(ALLOWLIST_TABLE, SETTINGS)
    found = []
    place = 0
    while place < len(lines):
        port, protocol = int(lines[place]), ALLOWLIST_PROTOCOLS[lines[place + 1]]
        place += 2
        while place < len(lines) and not lines[place].isdigit():
            plane, names = re.fullmatch(r"(?:(US|EU) control plane: )?(.+)", lines[place]).groups()
            for name in names.split():
                for one in [plane.lower()] if plane else ["us", "eu"]:
                    found.append((name, port, protocol, one, sources[port, protocol], name in passthrough))
            place += 2
    return found


def catalogue_ports(phase):
    found = catalog.select_ports(catalog.load(), "1.4", "install")
    return [row for row in found if row["phase"] == phase]


def test_nothing_outside_the_tables_looks_like_a_row():
    read = Counter(
        between(INSTALL_TABLE, "Network TCP and UDP Ports")
        + between(NETWORK_TABLE, ALLOWLIST)
        + between(ALLOWLIST, ALLOWLIST_TABLE)
        + between(ALLOWLIST_TABLE, SETTINGS)
        + between(SETTINGS)
    )
    rest = Counter(page_lines()) - read
    assert not [line for line in rest if line.startswith("•") or re.search(r"^[0-9]|TCP$|UDP$|\w\.\w+\.\w", line)]


def test_every_reader_finds_rows():
    for reader in (page_install_ports, page_network_ports, page_mutual_tls, page_endpoints, page_settings):
        assert reader(), reader.__name__


def test_installation_ports_equal_the_page():
    found = [(tuple(row["ports"]), row["transport"]) for row in catalogue_ports("install")]
    assert found == page_install_ports()


def test_installation_ports_are_between_all_nodes():
    assert {(row["from"], row["to"]) for row in catalogue_ports("install")} == {("nodes", "nodes")}


def test_network_ports_equal_the_page():
    found = [
        (tuple(row["ports"]), row["transport"], row["application"].casefold(), row["from"], row["to"])
        for row in catalogue_ports("operate")
    ]
    assert found == page_network_ports()


@pytest.mark.parametrize("control_plane", ["us", "eu"])
def test_allowlist_equals_the_page(control_plane):
    found = [
        (row["host"], row["port"], row["protocol"], control_plane, row["from"], row["mutual_tls"])
        for row in catalog.select_endpoints(catalog.load(), "1.4", control_plane)
    ]
    assert Counter(found) == Counter(row for row in page_endpoints() if row[3] == control_plane)


def test_every_mutual_tls_name_is_in_the_allowlist():
    assert page_mutual_tls() == {row[0] for row in page_endpoints() if row[5]}


def page_settings():
    return [line.lstrip("• ") for line in between(SETTINGS) if line.startswith("• ")]


def test_each_required_setting_has_one_row():
    found = [row for row in catalog.select_settings(catalog.load(), "1.4") if row["source"]["section"] == SETTINGS]
    matches = {line: [row["id"] for row in found if row["source"]["row"] in line] for line in page_settings()}
    assert all(len(ids) == 1 for ids in matches.values()), matches
    assert len(found) == len(matches)


def test_bandwidth_rows_equal_the_page():
    minima = re.findall(
        r"minimum of ([0-9]+ [GM]Bps) ([^,.]+)", " ".join(between("Bandwidth Requirements", INSTALL_TABLE))
    )
    found = [row for row in catalog.select_settings(catalog.load(), "1.4") if row["id"].startswith("bandwidth-")]
    assert [row["expected"]["printed"] for row in found] == [value for value, _text in minima]
    for row, (value, text) in zip(found, minima):
        assert row["source"]["row"] in f"{value} {text}"


def test_every_source_row_of_the_page_is_printed_there():
    text = " ".join(page_lines())
    loaded = catalog.load()
    for row in [*loaded.endpoints, *loaded.settings]:
        if row["source"]["document"] == "Network and Port Requirements 1.4":
            assert row["source"]["section"] in text
            assert row["source"]["row"] in text, row["id"]


def test_both_readings_of_a_bandwidth_are_kept():
    # A byte is eight bits: the literal reading is eight times the other.
    for row in catalog.select_settings(catalog.load(), "1.4"):
        if "readings_mbit" in row["expected"]:
            modest, literal = row["expected"]["readings_mbit"]
            number, unit = row["expected"]["printed"].split()
            assert modest == int(number) * {"GBps": 1000, "MBps": 1}[unit]
            assert literal == 8 * modest


def test_the_reader_of_port_cells():
    assert ports_in("3008 - 3012") == ("3008-3012",)
    assert ports_in("6443, 8080") == ("6443", "8080")
