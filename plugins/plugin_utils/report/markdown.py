# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.md: the causes for a ticket or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudged_stamp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.cause_text import where_to_confirm
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.verdict_text import (
    VERDICTS,
    tally,
    verdict_text,
)

_CONTROL = re.compile("[\u0000-\u001f\u007f-\u009f]")
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


def text(report: Report) -> str:
    """Return the content of the file."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    document = report.document
    scope = f"release {document['release']}, control plane {document['control_plane']}, phase {document['phase']}"
    yield f"# Runtime Fabric readiness: {VERDICTS[document['readiness']][0]}"
    yield ""
    yield _plain(f"{verdict_text(document)}; checks: {tally(document)}; {scope}; {document['generated']}")
    if "rejudged" in document:
        yield ""
        yield _plain(rejudged_stamp.sentence(document["rejudged"], document["generated"]))
    yield ""
    yield "| node | role | address | readiness |"
    yield "|---|---|---|---|"
    for node in document["nodes"]:
        cells = (node["name"], node["role"], node["address"] or "", node["readiness"].replace("_", " "))
        yield f"| {' | '.join(_plain(cell) for cell in cells)} |"
    for number, cause in enumerate(document["causes"], 1):
        yield ""
        yield from _cause(number, cause)
    if document["not_verified"]:
        yield ""
        yield "## Not verified"
        yield ""
        for row in document["not_verified"]:
            yield f"* {_plain(row['title'])}"


def _cause(number: int, cause: Cause) -> Iterator[str]:
    blocking = "" if cause["blocking"] else " (does not block)"
    yield f"## {number}. {_plain(cause['title'])}{blocking}"
    yield ""
    yield f"* **Found:** {_prose(cause['what'])}"
    yield f"* **For:** {_plain(cause['owner'])}"
    yield f"* **Please:** {_prose(cause['ask'])}"
    if cause["confirm"]:
        node = where_to_confirm(cause)
        command = f"{f'on {_plain(node)}: ' if node else ''}{_code(cause['confirm'])}"
        yield f"* **Confirm:** {command}. {_prose(cause['confirmed_by'])}"
    for alternative in cause["alternatives"]:
        yield f"* **Rule out:** {_prose(alternative)}"
    follows = dict.fromkeys(entry["id"] for entry in cause["explains"] if entry["follows"])
    if follows:
        yield f"* **Follows from it:** {_plain(', '.join(follows))}"


def _prose(value: str) -> str:
    """A text in which commands stand between backticks, and nothing else is taken for Markdown or HTML."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return _plain(value)
    return "".join(_code(part) if place % 2 else _escaped(part) for place, part in enumerate(parts))


def _plain(value: str) -> str:
    """A text in which nothing is taken for Markdown or HTML."""
    return _escaped(value).strip()


def _escaped(value: str) -> str:
    return _MARKS.sub(r"\\\1", _CONTROL.sub("?", re.sub(r"\s+", " ", value)))


def _code(value: str) -> str:
    ticks = max((len(run) for run in re.findall("`+", value)), default=0) + 1
    return f"{'`' * ticks} {_one_line(value)} {'`' * ticks}"


def _one_line(value: str) -> str:
    return _CONTROL.sub("?", " ".join(value.split()))
