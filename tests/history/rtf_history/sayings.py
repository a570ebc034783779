# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What compare_rtf printed and what a report says of the run before, in the words of the schedule."""

from __future__ import annotations

import re

_LINES = {
    "New": "new",
    "Fixed": "fixed",
    "Waived": "waived",
    "Changed": "changed",
    "Setting": "settings",
    "Unstable": "unstable",
}
_ENTRY = re.compile(rf"^  ({'|'.join(_LINES)}): +(.*)$")
_CONTINUED = " " * 12
_UNREACHED = re.compile(r"^(\S+) was unreachable in one of the runs and is not compared\.$")
_LAST = re.compile(r"^.* -> .*: .*, (\d+) as before$")
FIELDS = (*_LINES.values(), "unreached", "still")


def printed(output):
    """Return `{field: entries}` of what compare_rtf printed."""
    found = {field: [] for field in FIELDS}
    entries = []
    for line in output.splitlines():
        if entry := _ENTRY.match(line):
            entries.append([_LINES[entry[1]], entry[2]])
        elif entries and line.startswith(_CONTINUED):
            entries[-1][1] += f" {line.strip()}"
        elif unreached := _UNREACHED.match(line):
            found["unreached"].append(unreached[1])
        elif last := _LAST.match(line):
            found["still"] = int(last[1])
    for field, text in entries:
        found[field] += _by_node(text, " of ") if field == "settings" else _by_node(text.partition(": ")[0], " on ")
    return _sorted(found)


def reported(since):
    """Return the same of the part `since` of a report, which does not say what is unstable."""
    findings = {"new": "new", "fixed": "fixed", "waived": "waived", "changed": "other"}
    found = {field: [f"{one['id']} on {one['node']}" for one in since[name]] for field, name in findings.items()}
    settings = [_setting(**change) for change in since["settings"]]
    return _sorted({**found, "settings": settings, "unreached": since["unknown"], "still": since["still"]})


def scheduled(run):
    """Return the same of a run of the schedule."""
    return _sorted({field: run.get(field, []) for field in FIELDS})


def _by_node(text, word):
    """A text for each node of those that follow a word before the first colon."""
    what, colon, values = text.partition(": ")
    head, found, nodes = what.rpartition(word)
    return [f"{head}{found}{node}{colon}{values}" for node in nodes.split(", ")]


def _setting(node, setting, before, after):
    return f"{setting}{f' of {node}' if node else ''}: {before} -> {after}"


def _sorted(found):
    return {field: sorted(value) if isinstance(value, list) else value for field, value in found.items()}
