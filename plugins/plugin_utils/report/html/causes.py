# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html with the causes, as cards."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.cause_text import (
    mark,
    where_to_confirm,
)

TEMPLATE = """\
<section aria-labelledby="causes">
<h2 id="causes">Causes</h2>
{% for number, word, cause, node in causes %}
<article class="{{ 'blocking' if cause.blocking else '' }}" aria-labelledby="cause-{{ number }}">
<h3 id="cause-{{ number }}">{{ number }}.
<span class="{{ 'fail' if word == 'FAIL' else 'unknown' }}">{{ word }}</span> {{ cause.title }}</h3>
<dl>
<dt>Found</dt><dd>{{ cause.what | prose }}</dd>
<dt>Ask</dt><dd><strong>{{ cause.owner }}</strong>: {{ cause.ask | prose }}</dd>
{% if cause.confirm %}<dt>Confirm</dt><dd>{% if node %}on {{ node }}: {% endif %}<code>{{ cause.confirm }}</code>
<br>{{ cause.confirmed_by | prose }}</dd>{% endif %}
{% for alternative in cause.alternatives %}<dt>Rule out</dt><dd>{{ alternative | prose }}</dd>{% endfor %}
</dl>
<details><summary>{{ counted(cause.explains, "finding") }} on
{{ counted(cause.explains | map(attribute="node") | unique | list, "node") }}</summary>
<ul>{% for entry in cause.explains %}<li>{{ entry.id }} on {{ entry.node }}{% if entry.follows %}
<span class="dim">(follows)</span>{% endif %}</li>{% endfor %}</ul>
</details>
</article>
{% else %}
<p>Nothing has to be done.</p>
{% endfor %}
</section>
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: the causes with their numbers and marks, and the node that confirms each."""
    causes = [
        (number, mark(cause)[0], cause, where_to_confirm(cause)) for number, cause in enumerate(document["causes"], 1)
    ]
    return {"causes": causes}
