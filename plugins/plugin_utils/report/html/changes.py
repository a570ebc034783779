# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html on what changed since an earlier audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import node_names
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import (
    Comparison,
    nodes_by_change,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

TEMPLATE = """\
{% if document.since is defined %}
<section aria-labelledby="since">
<h2 id="since">Since the audit of {{ document.since.before | replace("T", " ") | replace("+00:00", " UTC") }}</h2>
<ul>
{% for word, what, before, after in changes_since %}
<li><strong>{{ word }}</strong>: {{ what }}: {{ before or "-" }} &rarr; {{ after or "-" }}</li>
{% endfor %}
{% for name in document.since.unknown %}<li>{{ name }} was unreachable in one of the runs and is not compared.</li>
{% endfor %}
<li>Findings that fail as before: {{ document.since.still }}</li>
</ul>
</section>
{% endif %}
"""


def values(document: Document) -> dict[str, Any]:
    """Return what changed, each as (word, what, before, after)."""
    return {"changes_since": list(_changes(document["since"], len(document["nodes"]))) if "since" in document else []}


def _changes(since: Comparison, nodes: int) -> Iterator[tuple[str, str, str, str]]:
    findings = {"New": since["new"], "Fixed": since["fixed"], "Waived": since["waived"], "Changed": since["other"]}
    for word, found in findings.items():
        for (check, before, after), where in nodes_by_change(found, "id").items():
            yield word, f"{check} on {node_names.named(where, nodes)}", before, after
    for (setting, before, after), where in nodes_by_change(since["settings"], "setting").items():
        yield "Setting", setting + (f" of {node_names.named(where, nodes)}" if any(where) else ""), before, after
