# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which results of egress_info are those of package repositories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# No row of the catalogue and of a site has an id with a colon.
ID_PREFIX = "repository:"


def split(endpoints: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return (results of endpoints, results of package repositories) among the endpoints that egress_info returned."""
    found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for endpoint in endpoints:
        found[str(endpoint["id"]).startswith(ID_PREFIX)].append(endpoint)
    return found
