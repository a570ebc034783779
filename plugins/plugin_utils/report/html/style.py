# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of report.html."""

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
h3{font-size:1.05rem;margin:0 0 .4rem}table+h3{margin-top:1.2rem}
.dim{color:var(--dim)}.pass{color:var(--pass)}.fail{color:var(--fail)}.unknown{color:var(--unknown)}.skipped{color:var(--skipped)}
.verdict{border-left:.4rem solid;padding:.2rem .8rem;background:var(--card);color:inherit}
.verdict.ready{border-color:var(--pass)}.verdict.not_ready{border-color:var(--fail)}.verdict.incomplete{border-color:var(--unknown)}
article{border:1px solid var(--line);border-left:.4rem solid var(--unknown);border-radius:.3rem;padding:.7rem 1rem;margin:.8rem 0;
background:var(--card);break-inside:avoid}
article.blocking{border-left-color:var(--fail)}
dl{display:grid;grid-template-columns:4.5rem 1fr;gap:.2rem .8rem;margin:0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
code{font:14px/1.4 ui-monospace,"SF Mono",Consolas,monospace;background:var(--bg);padding:0 .2rem;border:1px solid var(--line);
border-radius:.2rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:left;
vertical-align:top}th{background:var(--card);font-weight:600}
tbody th[scope=row]{position:sticky;left:0}caption{text-align:left}
.dense{font-size:.7rem;line-height:1.2}.dense td{padding:.1rem .15rem;text-align:center;white-space:nowrap}
.dense thead th{padding:.3rem .1rem;vertical-align:bottom}.dense thead span{writing-mode:vertical-rl;white-space:nowrap}
.dense tbody th{white-space:nowrap}.dense td{min-width:2.3em}
.tall{max-height:85vh;overflow:auto}.tall thead th{position:sticky;top:0;z-index:1}.tall thead th:first-child{left:0;z-index:2}
td.pass{background:var(--passbg)}td.fail{background:var(--failbg)}td.unknown{background:var(--unknownbg)}td.pass,td.fail,td.unknown{white-space:nowrap}
.dense td.fail,.dense td.unknown{color:var(--bg);font-weight:700}
.dense td.fail{background:var(--fail)}.dense td.unknown{background:var(--unknown)}
.dense td.fail .dim,.dense td.unknown .dim{color:inherit}
details{margin:.3rem 0}summary{cursor:pointer;padding:.2rem 0}summary:focus-visible,a:focus-visible{outline:2px solid var(--fg)}
progress{width:12rem;height:.7rem;vertical-align:middle}
@media (max-width:36rem){body{padding:.5rem .8rem 3rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}
tbody th[scope=row]{min-width:7rem;max-width:9rem;overflow-wrap:anywhere}.dense tbody th{white-space:normal}}
a{color:inherit}nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}
@media print{body{max-width:none;padding:0}nav{display:none}details>*{display:block}.tall{max-height:none}.tall thead th{position:static}}
"""
