# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that several formats of a change request share. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Opening, Party
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import unstated


def group(parties: Sequence[Party]) -> str:
    """Return what one calls the parties at one end."""
    return parties[0].group if parties else ""


def addresses(parties: Sequence[Party]) -> list[str]:
    """Return the addresses of parties, or their names where there is no address."""
    return [party.address or party.name for party in parties]


def scope_line(request: Request) -> str:
    """Return one line that says what a request is for."""
    scope, count = request.scope, len(request.site.nodes)
    nodes = "1 node" if count == 1 else f"{count} nodes"
    return f"release {scope.release}, control plane {scope.control_plane}, phase {scope.phase}, {nodes}"


def _missing(request: Request) -> list[str]:
    return [
        f"{variable} is not set, so one end is missing in: {', '.join(ids)}."
        for variable, ids in unstated(request.openings).items()
    ]


def questions(request: Request) -> list[str]:
    """Return the questions that the inventory leaves open."""
    found = _missing(request)
    for variable, side, stated in (
        ("rtf_ingress_sources", "from", request.site.ingress_sources),
        ("rtf_ntp_servers", "to", request.site.ntp_servers),
    ):
        wide = [each.row["id"] for each in request.openings if _is_wide(each, side)]
        if wide and not stated:
            found.append(f"{variable} is not set, so any address is requested in: {', '.join(wide)}.")
    if request.self_managed and not request.profile:
        found.append(
            "rtf_cluster_profile is not set, so the ports that your Kubernetes uses between its nodes are not requested."
        )
    if request.profile and request.profile.beside_ports:
        found.append(
            f"The nodes of a {request.profile.id} cluster also exchange {request.profile.beside_ports}, which has no "
            "ports and is therefore in none of the tables: allow it between all nodes."
        )
    return found


def _is_wide(opening: Opening, side: str) -> bool:
    """Whether the other side of a row is any address because the inventory does not name it."""
    row = opening.row
    if side == "to":
        return row["to"] == "internet" and row.get("application") == "NTP"
    return row["from"] == "internet"


def header(request: Request, *lines: str) -> list[str]:
    """Return the comment lines at the top of a generated configuration, without their comment sign."""
    return [f"Runtime Fabric: {scope_line(request)}", *lines]


def omissions(request: Request) -> list[str]:
    """Return comment lines about what a packet filter's configuration cannot contain yet."""
    return [f"Not included: {missing}" for missing in _missing(request)]


def one_line(text: str) -> str:
    """Return a text that cannot end a comment or a quoted string: inventory names may hold anything."""
    return "".join(character if character.isprintable() and character not in '"\\' else " " for character in text)


def shortened(text: str, length: int) -> str:
    """Return a text cut to a length, with dots where something is missing."""
    return text if len(text) <= length else f"{text[: length - 3]}..."
