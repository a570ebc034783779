# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/checks.md from catalog/checks/: `make docs`."""

from __future__ import annotations

import functools
import itertools
import pathlib

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import ASKED_BY_INPUTS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.markdown_tables import code, table

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "checks.md"
LINES = {"appliance": "the appliance", "self_managed": "your own Kubernetes"}
EACH = {"endpoints": "for each endpoint", "ports": "for each row of the port table", "settings": "for each setting"}

INTRODUCTION = """\
# The checks of the audit

`make docs` generates this page from `catalog/checks/`. The names are those of `report.json`, of `rtf_checks`,
`rtf_skip_checks` and `rtf_waivers`, which also take globs such as `kernel.*`.

A **required** check that fails keeps the cluster from being ready; a **recommended** one warns; **info** needs no action.
The owner is who usually has to act; the report names another one where the evidence does. The command shows the fault on
the node without this collection; capitals stand for what you fill in.

To accept a failure:

    rtf_waivers:
      - checks: [storage.os_disk]
        nodes: [worker-1]            # all nodes without it
        reason: enlarged in May, ticket 4711
        expires: 2027-05-31          # without it, for good
"""


def render(rows):
    """Return the page for rows of catalog/checks/."""
    sections = [INTRODUCTION]
    for area, own in itertools.groupby(rows, lambda row: row["id"].partition(".")[0]):
        sections.append(
            f"## {area}\n\n{_overview(found := list(own))}\n\n" + "\n\n".join(_details(row) for row in found)
        )
    return "\n".join(sections)


def _name(row):
    return f"{row['id']}.ROW" if "each" in row else row["id"]


def _overview(rows):
    lines = table(
        ["check", "title", "severity", "owner"],
        [[code(_name(row)), row["title"], row["severity"], row["owner"]] for row in rows],
    )
    return "\n".join(lines)


@functools.cache
def _not_asked():
    """`[(line, ids of the ports and settings that it does not require)]` of every release."""
    loaded = catalog.load()
    return [(release["line"], catalog.not_asked(loaded, release["id"])) for release in loaded.releases]


def _holds_for(row):
    """The release lines that ask for what a check proves, and the inputs with which a site asks for it itself."""
    asking = [line for line, not_asked in _not_asked() if not checks.is_not_required(row, not_asked)]
    inputs = " or ".join(code(ASKED_BY_INPUTS[name]) for name in row["requirements"] if name in ASKED_BY_INPUTS)
    wanted = {line: LINES[line] if line in asking else f"{LINES[line]} where {inputs} is set" for line in row["lines"]}
    return " and ".join(text for line, text in wanted.items() if line in asking or inputs)


def _details(row):
    notes = [
        ("Made", EACH.get(row.get("each"))),
        ("Cause where it fails", row["fault"].format(nodes="NODES", title="TITLE")),
        ("Holds for", _holds_for(row)),
        ("Nodes", f"{row['role']}s only" if "role" in row else None),
        ("Phase", f"{row['phase']} only" if "phase" in row else None),
        ("Looks at", ", ".join(code(name) for name in row["evidence"]) or None),
        ("To see it", f"{code(row['confirm'])}; confirmed if {row['confirmed_if']}" if "confirm" in row else None),
        ("Requirements", ", ".join(code(name) for name in row["requirements"]) or None),
        ("Source", f"{row['source']['document']}, {row['source']['section']}"),
    ]
    listed = "\n".join(f"* {label}: {text}" for label, text in notes if text)
    return f"### {code(_name(row))}\n\n{listed}"


if __name__ == "__main__":
    PAGE.write_text(render(checks.load()), encoding="utf-8")
    print(PAGE)
