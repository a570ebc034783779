# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The template and the style of report.html."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#59636e;--line:#d1d9e0;--card:#f6f8fa;
--pass:#1a7f37;--fail:#cf222e;--unknown:#9a6700;--skipped:#59636e;--passbg:#dafbe1;--failbg:#ffebe9;--unknownbg:#fff8c5}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#9198a1;--line:#3d444d;--card:#151b23;
--pass:#3fb950;--fail:#f85149;--unknown:#d29922;--skipped:#9198a1;--passbg:#12261e;--failbg:#25171c;--unknownbg:#272115}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem 1.5rem 4rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
h3{font-size:1.05rem;margin:0 0 .4rem}
.dim{color:var(--dim)}.pass{color:var(--pass)}.fail{color:var(--fail)}.unknown{color:var(--unknown)}.skipped{color:var(--skipped)}
.verdict{border-left:.4rem solid;padding:.2rem .8rem;background:var(--card);color:inherit}
.verdict.ready{border-color:var(--pass)}.verdict.not_ready{border-color:var(--fail)}.verdict.incomplete{border-color:var(--unknown)}
article{border:1px solid var(--line);border-left:.4rem solid var(--unknown);border-radius:.3rem;padding:.7rem 1rem;margin:.8rem 0;
background:var(--card);break-inside:avoid}
article.blocking{border-left-color:var(--fail)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem .8rem;margin:0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
code{font:14px/1.4 ui-monospace,"SF Mono",Consolas,monospace;background:var(--bg);padding:0 .2rem;border:1px solid var(--line);
border-radius:.2rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:left;
vertical-align:top}th{background:var(--card);font-weight:600}
tbody th[scope=row]{position:sticky;left:0}caption{text-align:left}
.dense{font-size:.7rem;line-height:1.2}.dense td{padding:.1rem .15rem;text-align:center;white-space:nowrap}
.dense thead th{padding:.3rem .1rem;vertical-align:bottom}.dense thead span{writing-mode:vertical-rl;white-space:nowrap}
.dense tbody th{white-space:nowrap}
td.pass{background:var(--passbg)}td.fail{background:var(--failbg)}td.unknown{background:var(--unknownbg)}
details{margin:.3rem 0}summary{cursor:pointer;padding:.2rem 0}summary:focus-visible,a:focus-visible{outline:2px solid var(--fg)}
progress{width:12rem;height:.7rem;vertical-align:middle}
a{color:inherit}nav a{margin-right:1rem}
@media print{body{max-width:none;padding:0}nav{display:none}details>*{display:block}}
"""

PAGE = """<!DOCTYPE html>
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
<p class="verdict {{ document.readiness }}" role="status"><strong>{{ verdict }}</strong>:
{{ counted(document.nodes, "node") }}{% if blocking %},
{{ blocking }} {{ "cause" if blocking == 1 else "causes" }} to resolve first{% endif %}.</p>
<p class="dim">Release {{ document.release }}, control plane {{ document.control_plane }}, phase {{ document.phase }},
<time datetime="{{ document.generated }}">{{ document.generated }}</time></p>
{% if again %}<p>{{ again }}</p>{% endif %}
<nav aria-label="Sections"><a href="#causes">Causes</a><a href="#nodes">Nodes</a>{% if matrix %}<a href="#ports">Ports</a>{% endif %}
{% if endpoints %}<a href="#endpoints">Endpoints</a>{% endif %}{% if links %}<a href="#links">Measurements</a>{% endif %}
<a href="#limits">What limits this verdict</a><a href="#findings">Findings</a></nav>
</header>
<main>
<section aria-labelledby="causes">
<h2 id="causes">Causes</h2>
{% for number, word, cause in causes %}
<article class="{{ 'blocking' if cause.blocking else '' }}" aria-labelledby="cause-{{ number }}">
<h3 id="cause-{{ number }}">{{ number }}.
<span class="{{ 'fail' if word == 'FAIL' else 'unknown' }}">{{ word }}</span> {{ cause.title }}</h3>
<dl>
<dt>Found</dt><dd>{{ cause.what }}</dd>
<dt>Ask</dt><dd><strong>{{ cause.owner }}</strong>: {{ cause.ask }}</dd>
{% if cause.confirm %}<dt>Confirm</dt><dd>{% if where(cause) %}on {{ where(cause) }}: {% endif %}<code>{{ cause.confirm }}</code></dd>
{% endif %}
{% for alternative in cause.alternatives %}<dt>If not</dt><dd>{{ alternative }}</dd>{% endfor %}
</dl>
<details><summary>{{ counted(cause.explains, "finding") }} on {{ counted(cause.nodes, "node") }}</summary>
<ul>{% for entry in cause.explains %}<li>{{ entry.id }} on {{ entry.node }}{% if entry.follows %}
<span class="dim">(follows)</span>{% endif %}</li>{% endfor %}</ul>
</details>
</article>
{% else %}
<p>Nothing has to be done.</p>
{% endfor %}
</section>
{% if document.since is defined %}
<section aria-labelledby="since">
<h2 id="since">Since the audit of {{ document.since.before }}</h2>
<ul>
{% for words, changes in [("New", document.since.new), ("Fixed", document.since.fixed), ("Changed", document.since.other)] %}
{% for change in changes %}
<li>{{ words }}: {{ change.id }} on {{ change.node }}: {{ change.before or "-" }} &rarr; {{ change.after or "-" }}</li>
{% endfor %}
{% endfor %}
<li>{{ document.since.still }} findings are as they were.</li>
</ul>
</section>
{% endif %}
<section aria-labelledby="nodes">
<h2 id="nodes">Nodes</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Nodes"><table>
<thead><tr><th scope="col">Node</th><th scope="col">Role</th><th scope="col">Address</th><th scope="col">Readiness</th>
<th scope="col">Checks</th></tr></thead>
<tbody>{% for node in document.nodes %}
<tr><th scope="row">{{ node.name }}</th><td>{{ node.role }}</td><td>{{ node.address or "" }}</td>
<td class="{{ {'ready': 'pass', 'not_ready': 'fail', 'incomplete': 'unknown'}[node.readiness] }}">{{ verdict_of[node.readiness] }}</td>
<td>{% for status, count in counts[node.name].items() %}{{ count }} {{ status }}{{ "" if loop.last else ", " }}{% endfor %}
{% if node.unreachable %}; unreachable: {{ node.unreachable }}{% endif %}</td></tr>
{% endfor %}</tbody></table></div>
</section>
{% if matrix %}
<section aria-labelledby="ports">
<h2 id="ports">Ports between the nodes</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Port matrix"><table class="{{ dense }}">
<caption class="dim">Rows are sources, columns destinations.</caption>
<thead><tr><th scope="col">From / to</th>{% for name in matrix.nodes %}<th scope="col"><span>{{ name }}</span></th>{% endfor %}</tr></thead>
<tbody>{% for source, statuses in matrix.rows %}
<tr><th scope="row">{{ source }}</th>{% for status in statuses %}{% if status %}<td class="{{ status }}">{{ marks[status] }}</td>
{%- else %}<td>-</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if matrix.details %}
<details><summary>{{ counted(matrix.details, "difference") }} from what is wanted</summary>
<ul>{% for status, what, pairs in matrix.details %}<li><span class="{{ status }}">{{ what }}</span>: {{ pairs }}</li>
{% endfor %}{% if matrix.more > 0 %}<li>and {{ matrix.more }} more in report.json</li>{% endif %}</ul></details>
{% endif %}
</section>
{% endif %}
{% if endpoints %}
<section aria-labelledby="endpoints">
<h2 id="endpoints">Endpoints</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Endpoints by node"><table class="{{ dense }}">
<thead><tr><th scope="col">Endpoint</th>
{%- for node in document.nodes %}<th scope="col"><span>{{ node.name }}</span></th>{% endfor %}</tr></thead>
<tbody>{% for row in endpoints %}
<tr><th scope="row">{{ row.title }}</th>{% for result in row.cells %}{% if result %}<td class="{{ result.status }}">
{%- if dense and result.evidence.verdict == "reachable" %}ok{% else %}{{ result.evidence.verdict | replace("_", " ") }}{% endif %}
{%- if result.evidence.path != "direct" %} <span class="dim">{{ result.evidence.path | replace("_", " ") }}</span>{% endif %}</td>
{%- else %}<td>-</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>
</section>
{% endif %}
{% if links %}
<section aria-labelledby="links">
<h2 id="links">Measurements between the nodes</h2>
{% for chart in links %}
<h3>{{ chart.title }} in {{ chart.unit }}</h3>
{% if chart.count > chart.bars | length %}<p class="dim">The {{ chart.bars | length }} worst of {{ chart.count }}.</p>{% endif %}
<table><tbody>{% for source, destination, value, percent in chart.bars %}
<tr><th scope="row">{{ source }} to {{ destination }}</th><td>{{ ("%.0f" if value >= 100 else "%.3g") | format(value) }}</td><td>
<progress value="{{ percent }}" max="100" aria-label="{{ source }} to {{ destination }}"></progress></td></tr>
{% endfor %}</tbody></table>
{% endfor %}
</section>
{% endif %}
<section aria-labelledby="limits">
<h2 id="limits">What limits this verdict</h2>
<ul>
{% for variable, ids in document.selection.left_out_by.items() %}<li>Left out by <code>{{ variable }}</code>: {{ ids | join(", ") }}</li>
{% endfor %}
{% for waiver in document.waivers %}<li>Waiver {{ waiver.state }}: {{ waiver.checks | join(", ") }}: {{ waiver.reason }}
{% if waiver.expires %} (until {{ waiver.expires }}){% endif %}</li>{% endfor %}
{% for row in document.not_verified %}<li>Not verified: {{ row.title }}</li>{% endfor %}
{% for note in document.cluster %}<li>{{ note.observed }} {{ note.remedy }}</li>{% endfor %}
</ul>
</section>
<section aria-labelledby="findings">
<h2 id="findings">Findings by node</h2>
{% for node, entries in findings.items() %}
<details><summary>{{ node }}: {{ counted(entries | sum(attribute="0", start=[]), "check") }} that did not pass</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Findings of {{ node }}"><table>
<thead><tr><th scope="col">Check</th><th scope="col">Status</th><th scope="col">Found</th><th scope="col">Wanted</th></tr></thead>
<tbody>{% for ids, result in entries %}
<tr><th scope="row">{{ ids | join(", ") }}</th>
<td class="{{ result.status }}">{{ result.status }}</td>
<td>{{ result.observed }}{% if result.waiver %} <span class="dim">({{ result.waiver.reason }})</span>{% endif %}</td>
<td>{{ result.expected if ids | length == 1 else "" }}</td></tr>
{% endfor %}</tbody></table></div></details>
{% endfor %}
</section>
</main>
</body>
</html>
"""
