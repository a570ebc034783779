# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html on what changed since an earlier audit."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

TEMPLATE = """\
{% if document.since is defined %}
<section aria-labelledby="since">
<h2 id="since">Since the audit of {{ document.since.before }}</h2>
<ul>
{% for words, changes in [("New", document.since.new), ("Fixed", document.since.fixed), ("Changed", document.since.other)] %}
{% for change in changes %}
<li>{{ words }}: {{ change.id }} on {{ change.node }}: {{ change.before or "-" }} &rarr; {{ change.after or "-" }}</li>
{% endfor %}
{% endfor %}
<li>{{ document.since.still }} findings did not change.</li>
</ul>
</section>
{% endif %}
"""


def values(_document: Document) -> dict[str, Any]:
    """Return nothing: the template shows what the document has."""
    return {}
