# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that several formats of a change request share. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Party


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


def header(request: Request, *lines: str) -> list[str]:
    """Return the comment lines at the top of a generated configuration, without their comment sign."""
    return [f"Runtime Fabric: {scope_line(request)}", *lines]


def one_line(text: str) -> str:
    """Return a text that cannot end a comment or a quoted string: inventory names may hold anything."""
    return "".join(character if character.isprintable() and character not in '"\\' else " " for character in text)


def shortened(text: str, length: int) -> str:
    """Return a text cut to a length, with dots where something is missing."""
    return text if len(text) <= length else f"{text[: length - 3]}..."
