# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two audits, as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import node_names
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import (
    Comparison,
    nodes_by_change,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.history import Flapping
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import WIDTH, Line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.verdict_text import VERDICTS

_WORDS: Mapping[str, tuple[str, str]] = {
    "new": ("New", "red"),
    "fixed": ("Fixed", "green"),
    "other": ("Changed", "yellow"),
    "waived": ("Waived", "cyan"),
}


def lines(found: Comparison, unstable: Sequence[Flapping] = ()) -> list[Line]:
    """Return the lines; the last one says how many findings are as they were. unstable: what came and went before."""
    out: list[Line] = [(f"From {found['before']} to {found['after']}", None)]
    changes = {"new": found["new"], "fixed": found["fixed"], "other": found["other"], "waived": found["waived"]}
    for name, (word, colour) in _WORDS.items():
        for (check, before, after), nodes in nodes_by_change(changes[name], "id").items():
            text = f"{check} on {node_names.named(nodes, 0)}: {before or '-'} -> {after or '-'}"
            out += [(line, colour) for line in _hanging(word, text)]
    for (setting, before, after), nodes in nodes_by_change(found["settings"], "setting").items():
        where = f" of {node_names.named(nodes, 0)}" if any(nodes) else ""
        out += [(text, "cyan") for text in _hanging("Setting", f"{setting}{where}: {before} -> {after}")]
    for one in unstable:
        text = f"{one['id']} on {one['node']}: failed in {one['failed']} of the last {one['runs']} audits"
        out += [(line, "yellow") for line in _hanging("Unstable", f"{text}, changed {one['changes']} times")]
    for node in found["unknown"]:
        out.append((f"{node} was unreachable in one of the runs and is not compared.", "yellow"))
    verdicts = " -> ".join(VERDICTS[readiness][0] for readiness in found["readiness"])
    counts = ", ".join(f"{len(changes[name])} {word.lower()}" for name, (word, _colour) in _WORDS.items())
    return [*out, (f"{verdicts}: {counts}, {found['still']} as before", None)]


def _hanging(word: str, text: str) -> list[str]:
    head = f"  {word + ':':<10}"
    return textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
