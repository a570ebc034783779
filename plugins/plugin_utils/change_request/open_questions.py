# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change request asks back, because the inventory leaves it open."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Opening
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import unstated


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


def omissions(request: Request) -> list[str]:
    """Return comment lines about what a packet filter's configuration cannot contain yet."""
    return [f"Not included: {missing}" for missing in _missing(request)]
