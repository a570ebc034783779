# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html on what limits the verdict: what was left out, waived or not verified."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

TEMPLATE = """\
<section aria-labelledby="limits">
<h2 id="limits">What limits this verdict</h2>
<ul>
{% for variable, ids in document.selection.left_out_by.items() %}<li>Left out by <code>{{ variable }}</code>: {{ ids | join(", ") }}</li>
{% endfor %}
{% for waiver in document.waivers %}<li>Waiver {{ waiver.state }}: {{ waiver.checks | join(", ") }}: {{ waiver.reason }}
{% if waiver.expires %} (until {{ waiver.expires }}){% endif %}</li>{% endfor %}
{% for row in document.not_verified %}<li>Not verified: {{ row.title }}</li>{% endfor %}
{% for note in document.cluster %}<li>{{ note.observed | prose }}. {{ note.remedy | prose }}</li>{% endfor %}
</ul>
</section>
"""


def values(_document: Document) -> dict[str, Any]:
    """Return nothing: the template shows what the document has."""
    return {}
