# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html: one page without scripts or outside requests, to read, to print and to send on.

Each section is a file of this folder with a `TEMPLATE` and a function `values(document)`, which returns what the template
shows besides the document.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import jinja2
import markupsafe

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudged_stamp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.html import (
    causes,
    changes,
    endpoints,
    findings,
    measurements,
    nodes,
    port_matrix,
    requests,
    style,
    verdict_limits,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import MARKS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.verdict_text import VERDICTS, verdict_text

# In this order.
SECTIONS = (causes, requests, changes, nodes, port_matrix, endpoints, measurements, verdict_limits, findings)
# What no page can hold, whatever a host or a peer sent.
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]")
_DENSE = 12  # tables with more columns for nodes have upright heads, small cells, and a height of their own
_START = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Runtime Fabric readiness: {{ verdict }}</title>
<style>{{ style }}</style>
</head>
<body>
<header>
<h1>Runtime Fabric readiness</h1>
<p class="verdict {{ document.readiness }}" role="status"><strong>{{ verdict }}</strong>: {{ to_do }}</p>
<p class="dim">Release {{ document.release }}, control plane {{ document.control_plane }}, phase {{ document.phase }},
<time datetime="{{ document.generated }}">{{ document.generated | replace("T", " ") | replace("+00:00", " UTC") }}</time></p>
{% if again %}<p>{{ again }}</p>{% endif %}
<nav aria-label="Sections"><a href="#causes">Causes</a>{% if requests %}<a href="#requests">Requests</a>{% endif %}
<a href="#nodes">Nodes</a>{% if matrix %}<a href="#ports">Ports</a>{% endif %}
{% if endpoints %}<a href="#endpoints">Endpoints</a>{% endif %}{% if links %}<a href="#links">Measurements</a>{% endif %}
<a href="#limits">What limits this verdict</a><a href="#findings">Findings</a></nav>
</header>
<main>
"""
_END = """\
</main>
</body>
</html>
"""


def _shown(value: Any) -> Any:
    """A value as the page shows it."""
    # What is markup already has a class of its own.
    return _CONTROL.sub("?", value) if isinstance(value, str) and not isinstance(value, markupsafe.Markup) else value


def _prose(value: str) -> markupsafe.Markup:
    """A text in which commands stand between backticks."""
    parts = _shown(value).split("`")
    if len(parts) % 2 == 0:
        return markupsafe.escape(_shown(value))
    shown = [
        markupsafe.Markup("<code>{}</code>" if place % 2 else "{}").format(part) for place, part in enumerate(parts)
    ]
    return markupsafe.Markup("").join(shown)


_PAGE = jinja2.Environment(
    autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=_shown
)
_PAGE.filters["prose"] = _prose


def text(report: Report) -> str:
    """Return the content of the file."""
    document = report.document
    digest = base64.b64encode(hashlib.sha256(style.STYLE.encode()).digest()).decode()
    template = "".join((_START, *(section.TEMPLATE for section in SECTIONS), _END))
    return _PAGE.from_string(template).render(
        {name: value for section in SECTIONS for name, value in section.values(document).items()},
        document=document,
        again=rejudged_stamp.sentence(document["rejudged"], document["generated"]) if "rejudged" in document else "",
        style=markupsafe.Markup(style.STYLE),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        verdict=VERDICTS[document["readiness"]][0],
        verdict_of={name: words[0] for name, words in VERDICTS.items()},
        to_do=verdict_text(document).partition(": ")[2],
        marks=MARKS,
        counted=_counted,
        dense="dense" if len(document["nodes"]) > _DENSE else "",
        tall=" tall" if len(document["nodes"]) > _DENSE else "",
    )


def _counted(entries: Sequence[Any], noun: str) -> str:
    return f"{len(entries)} {noun}{'' if len(entries) == 1 else 's'}"
