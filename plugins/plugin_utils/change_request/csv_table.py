# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as CSV: one line for each opening, for a spreadsheet or a ticket system.

Left out: what stays within a node, and rows of the port table that the rows for names ask for in detail.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import row_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import decryption, shared_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Opening, Party, ports_of

COLUMNS = (
    "id",
    "direction",
    "source",
    "source addresses",
    "destination",
    "destination addresses",
    "transport",
    "ports",
    "application",
    "needed",
    "severity",
    "pass through undecrypted",
    "on behalf of",
    "purpose",
    "notes",
    "document",
    "section",
    "row",
)

_UNDECRYPTED = {
    decryption.MUTUAL_TLS: "yes",
    decryption.CONTAINERS: "for containers without the site's CA",
    None: "",
}


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _addresses(parties: Sequence[Party]) -> str:
    """An end without a name must not read like "any" to a program that imports the table."""
    return " ".join(shared_text.addresses(parties)) or "TO BE NAMED"


def _line(opening: Opening) -> tuple[str, ...]:
    row = opening.row
    remarks = row_text.notes(row)
    if opening.unstated:
        remarks.insert(0, f"The inventory does not set {opening.unstated}.")
    return (
        row["id"],
        row["direction"],
        shared_text.group(opening.sources) or row_text.side(row["from"]),
        _addresses(opening.sources),
        shared_text.group(opening.destinations) or row_text.side(row["to"]),
        _addresses(opening.destinations),
        row["transport"],
        " ".join(ports_of(row)),
        row_text.application(row),
        row_text.PHASES[row["phase"]],
        row["severity"],
        _UNDECRYPTED[decryption.exemption(row)],
        opening.on_behalf_of or "",
        row["purpose"],
        " ".join(remarks),
        row["source"]["document"],
        row["source"]["section"],
        row["source"]["row"],
    )


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for opening in request.openings:
        if opening.row["direction"] != "local" and not opening.detailed_by:
            writer.writerow(_cell(text) for text in _line(opening))
    return {"openings.csv": stream.getvalue()}
