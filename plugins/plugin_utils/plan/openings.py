# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From catalogue rows and an inventory to openings: who must open what for whom, with addresses.

Pure functions. An opening is one catalogue row with its two ends resolved. Where a proxy carries a row, the row becomes
an opening from the proxy, and the connection to the proxy is an opening of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import PROTOCOLS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_text import SIDES
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row

ANYWHERE = "0.0.0.0/0"
NTS_PORT = "4460"  # RFC 8915


class Node(NamedTuple):
    """A node of the inventory; role: controller | worker; address: its IPv4 address."""

    name: str
    role: str
    address: str


class Proxy(NamedTuple):
    """A proxy without its credentials."""

    host: str
    port: int


class Site(NamedTuple):
    """What the inventory says. Lists of networks and proxies may be empty or None: not stated.

    ntp_servers: host names or addresses; nts_servers: those of them that are asked over NTS. no_proxy: what a self-managed
    cluster reaches without the proxy.
    """

    nodes: list[Node]
    internal_networks: list[str] = []
    ingress_sources: list[str] = []
    ntp_servers: list[str] = []
    nts_servers: list[str] = []
    http_proxy: Proxy | None = None
    monitoring_proxy: Proxy | None = None
    no_proxy: list[str] = []


class Party(NamedTuple):
    """One end of an opening. group: what a table calls it; name: this member of it; address: an address, a network,
    or None where only the name is known."""

    group: str
    name: str
    address: str | None


class Opening(NamedTuple):
    """One row with its ends.

    on_behalf_of: the group of nodes for which a proxy dials out, else None. unstated: the variable that would say who
    an end is, where that end is unknown. detailed_by: ids of the rows that ask for the same in more detail.
    """

    row: dict[str, Any]
    sources: list[Party]
    destinations: list[Party]
    on_behalf_of: str | None = None
    unstated: str | None = None
    detailed_by: tuple[str, ...] = ()


def _named(group: str, host: str) -> Party:
    """A party that may be given as a name or as an address."""
    try:
        return Party(group, host, str(ipaddress.ip_address(host)))
    except ValueError:
        return Party(group, host, None)


def _members(site: Site, group: str) -> list[Party]:
    wanted = [node for node in site.nodes if group == "nodes" or node.role == "controller"]
    return [Party(SIDES[group], node.name, node.address) for node in wanted]


def _source(side: str, site: Site) -> tuple[list[Party], str | None]:
    """Return (parties, unstated variable) for the `from` of a row."""
    if side in ("nodes", "controllers"):
        return _members(site, side), None
    if side == "internet":
        networks = site.ingress_sources or [ANYWHERE]
        return [Party(SIDES[side], network, network) for network in networks], None
    return _other(side, site)


def _destination(row: Row, site: Site) -> tuple[list[Party], str | None]:
    """Return (parties, unstated variable) for the `to` of a row."""
    side = row["to"]
    if "host" in row:
        return [_named(SIDES["internet"], row["host"])], None
    if side in ("nodes", "controllers"):
        return _members(site, side), None
    if side == "internet" and row["application"] == "NTP" and site.ntp_servers:
        return [_named("NTP servers", server) for server in site.ntp_servers], None
    if side == "internet":
        return [Party(SIDES[side], "any", ANYWHERE)], None
    return _other(side, site)


def _other(side: str, site: Site) -> tuple[list[Party], str | None]:
    if side == "localhost":
        return [Party(SIDES[side], "localhost", "127.0.0.1")], None
    if side == "internal_network":
        parties = [Party(SIDES[side], network, network) for network in site.internal_networks]
        return parties, None if parties else "rtf_internal_networks"
    return [Party(side, side, side)], None


def _proxy_for(row: Row, site: Site) -> Proxy | None:
    if "host" not in row:
        return None
    return {"http_proxy": site.http_proxy, "socks5": site.monitoring_proxy}[row["carrier"]]


def _opening(row: Row, site: Site, endpoints: Sequence[Row]) -> Opening:
    proxy = _proxy_for(row, site)
    if proxy:
        group = "HTTP proxy" if row["carrier"] == "http_proxy" else "SOCKS5 proxy"
        destinations, unstated = _destination(row, site)
        return Opening(row, [_named(group, proxy.host)], destinations, SIDES[row["from"]], unstated)
    sources, unstated_source = _source(row["from"], site)
    destinations, unstated_destination = _destination(row, site)
    return Opening(
        row,
        sources,
        destinations,
        unstated=unstated_source or unstated_destination,
        detailed_by=_details(row, endpoints),
    )


def _details(row: Row, endpoints: Sequence[Row]) -> tuple[str, ...]:
    """The endpoint rows that ask for the same as an outbound row of the port table, name by name.

    Control planes whose names use other ports than the table says have their details anyway.
    """
    if "host" in row or row["to"] != "internet":
        return ()
    matching = [
        endpoint for endpoint in endpoints if _serves(PROTOCOLS[endpoint["protocol"]].title, row["application"] or "")
    ]
    on_port = [endpoint for endpoint in matching if str(endpoint["port"]) in row["ports"]]
    return tuple(endpoint["id"] for endpoint in on_port or matching)


def _serves(spoken: str, asked: str) -> bool:
    """Whether an endpoint's protocol is what a row of the port table asks for: WebSockets are, for AMQP over WebSockets."""
    return asked == spoken or asked.endswith(f" over {spoken}")


def _way_to_proxy(setting: Row, group: str, proxy: Proxy, site: Site, application: str) -> Opening:
    """The opening from the nodes to a proxy, as a row like those of the port table."""
    row = {
        **setting,
        "ports": [str(proxy.port)],
        "transport": "tcp",
        "application": application,
        "from": "nodes",
        "to": group,
        "phase": "operate",
        "direction": "outbound",
    }
    return Opening(row, _members(site, "nodes"), [_named(group, proxy.host)])


def _way_to_nts(row: Row, site: Site) -> Opening:
    """The opening for the keys of NTS beside the one for NTP itself, as a row like that one."""
    nts = {
        **row,
        "id": f"{row['id']}-nts",
        "ports": [NTS_PORT],
        "transport": "tcp",
        "application": "NTS-KE",
        "purpose": "Hands out the keys for authenticated NTP (NTS).",
    }
    return Opening(nts, _members(site, "nodes"), [_named("NTP servers", server) for server in site.nts_servers])


def needs_opening(row: Row) -> bool:
    """Whether a row needs an opening at all."""
    return not row["retired"] and row["severity"] != "info"


def openings(ports: Sequence[Row], endpoints: Iterable[Row], settings: Iterable[Row], site: Site) -> list[Opening]:
    """Return the openings of selected rows for a Site, in the order of the rows.

    ports, endpoints, settings: rows as the functions of catalog.py select them. Rows that are retired or for
    information only need no opening and are left out.
    """
    live = [row for row in endpoints if needs_opening(row)]
    found = [_opening(row, site, live) for row in ports if needs_opening(row)]
    if site.nts_servers:
        found += [_way_to_nts(row, site) for row in ports if needs_opening(row) and row["application"] == "NTP"]
    by_id = {row["id"]: row for row in settings}
    for proxy, setting, group, application in (
        (site.http_proxy, "http-proxy", "HTTP proxy", "HTTP CONNECT"),
        (site.monitoring_proxy, "socks5-proxy", "SOCKS5 proxy", "SOCKS5"),
    ):
        if proxy and setting in by_id:
            found.append(_way_to_proxy(by_id[setting], group, proxy, site, application))
    return found + [_opening(row, site, live) for row in live]


def ports_of(row: Row) -> list[str]:
    """Return the ports of a row, of either kind, as texts."""
    return row["ports"] if "ports" in row else [str(row["port"])]


def pairs(opening: Opening) -> list[tuple[Party, Party]]:
    """Return (source, destination) parties for each connection that an opening stands for; no node dials itself."""
    return [
        (source, destination)
        for source in opening.sources
        for destination in opening.destinations
        if source.address is None or source.address != destination.address or opening.row["direction"] == "local"
    ]
