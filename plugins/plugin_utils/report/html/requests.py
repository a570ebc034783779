# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to send to whom: everything that one owner has to do, the openings among it, in one place."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

TEMPLATE = """\
{% if requests %}
<section aria-labelledby="requests">
<h2 id="requests">Requests by owner</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Requests by owner"><table>
<thead><tr><th scope="col">Owner</th><th scope="col">Cause</th><th scope="col">Request</th></tr></thead>
<tbody>{% for owner, asks in requests.items() %}{% for number, ask in asks %}
<tr>{% if loop.first %}<th scope="rowgroup" rowspan="{{ asks | length }}">{{ owner }}</th>{% endif %}
<td><a href="#cause-{{ number }}">{{ number }}</a></td><td>{{ ask | prose }}</td></tr>
{% endfor %}{% endfor %}</tbody></table></div>
</section>
{% endif %}
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: `{owner: [(number of the cause, what to do)]}`."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, cause in enumerate(document["causes"], 1):
        if cause["ask"]:
            found.setdefault(cause["owner"], []).append((number, cause["ask"]))
    return {"requests": found}
