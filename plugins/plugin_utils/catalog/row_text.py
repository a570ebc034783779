# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How rows of the catalogue are put into words for people. Pure functions."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import PROTOCOLS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.markdown_tables import code

SIDES = {
    "nodes": "all nodes",
    "controllers": "controllers",
    "internet": "Internet",
    "internal_network": "internal network",
    "localhost": "localhost",
}
CONTROL_PLANES = {"us": "US", "eu": "EU", "ca": "Canada", "jp": "Japan", "in": "India"}
PHASES = {"install": "during installation only", "operate": "always"}
_SEVERITIES = {"required": [], "recommended": ["Recommended only."], "info": ["For information only."]}


def application(row: Row) -> str:
    """Return the name of a row's application protocol, or ""."""
    return PROTOCOLS[row["protocol"]].title if "protocol" in row else row["application"] or ""


def side(name: str) -> str:
    """Return what one calls a side of a row; an address or network of a site row is its own name."""
    return SIDES.get(name, name)


def ports(row: Row) -> str:
    """Return the ports of a row, of either kind, as one text."""
    return ", ".join(row["ports"]) if "ports" in row else str(row["port"])


def what(row: Row) -> str:
    """Return what a row for a port or a name requires, as one cell."""
    target = code(row["host"]) if "host" in row else side(row["to"])
    spoken = f", {application(row)}" if application(row) else ""
    opened = f"{row['transport'].upper()} {ports(row)}{spoken}"
    if row["direction"] == "local":
        return f"within each node, {opened}"
    return f"{side(row['from'])} to {target}, {opened}"


def notes(row: Row) -> list[str]:
    """Return what a person has to know of a row besides its columns."""
    found = list(row["notes"])
    if row["alternate_of"]:
        found.insert(0, f"Alternate of {row['alternate_of']}: one of the two is enough.")
    if row["retired"]:
        found.insert(0, f"Retired: {row['retired']['reason']}")
    return found


def remarks(row: Row) -> str:
    """Return what a row is for, how much it matters where it does not matter fully, and its notes."""
    return " ".join([row["purpose"], *_SEVERITIES[row["severity"]], *notes(row)])


def printed(row: Row) -> str:
    """Return the printed value of a setting with its readings, as an addition to its title, or ""."""
    if "printed" not in row["expected"]:
        return ""
    readings = " or ".join(f"{reading} Mbit/s" for reading in row["expected"]["readings_mbit"])
    return f": {row['expected']['printed']} ({readings}, the vendor does not say which)"


def value(content: Any) -> str:
    """Return the content of a field as a text."""
    if content is None:
        return "none"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, list):
        return ", ".join(str(entry) for entry in content) or "none"
    if isinstance(content, dict):
        return content.get("reason") or ", ".join(f"{key}: {value(entry)}" for key, entry in content.items())
    return side(str(content))
