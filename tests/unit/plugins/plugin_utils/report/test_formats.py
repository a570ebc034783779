# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each format holds the causes, is well-formed whatever hosts and peers sent, and loads nothing from elsewhere."""

import html
import html.parser
import re
from xml.etree import ElementTree

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import compare
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import changes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import (
    golden_files,
    simulated_reports,
)


@pytest.fixture(scope="module", params=["plain", "hostile"])
def report(request):
    return simulated_reports.report(4, broken=True, hostile=request.param == "hostile")


@pytest.fixture(scope="module")
def texts(report):
    return formats.render(report, formats.FORMATS)


def test_a_format_is_written_where_it_is_chosen(report):
    assert set(formats.render(report)) == {"report.json"}
    for name, each in formats.FORMATS.items():
        assert set(formats.render(report, [name])) == {"report.json", each.file}


def test_junit_has_a_case_for_each_check_and_node_and_counts_them(report, texts):
    top = ElementTree.fromstring(texts["junit.xml"])
    results = report.document["results"]
    cases = top.findall("./testsuite/testcase")
    assert len(cases) == len(results) == int(top.get("tests"))
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    required = [one for one in results if one["severity"] == "required"]
    assert (
        len(top.findall(".//failure"))
        == int(top.get("failures"))
        == sum(one["status"] == "fail" for one in required)
        > 0
    )
    assert len(top.findall(".//error")) == int(top.get("errors")) == sum(one["status"] == "unknown" for one in required)
    for suite in top:
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))


def test_markdown_has_a_section_for_each_cause_and_nothing_that_is_markup(report, texts):
    text = texts["report.md"]
    heads = re.findall(r"^## (\d+)\. ", text, re.M)
    assert [int(number) for number in heads] == list(range(1, len(report.document["causes"]) + 1))
    outside_of_code = re.sub(r"(`+) .*? \1(?!`)", "", text)
    assert not re.search(r"(?<!\\)<script", outside_of_code) and not re.search("[\x00-\x08\x1b]", text)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(report.document["nodes"])
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {5}


def test_each_command_that_confirms_has_its_output_beside_it(report, texts):
    page = " ".join(html.unescape(re.sub("<[^>]*>", "", texts["report.html"])).split())
    markdown = texts["report.md"].replace("\\", "")
    commands = [cause for cause in report.document["causes"] if cause["confirm"]]
    assert markdown.count("**Confirm:**") == len(commands) > 0
    for cause in commands:
        words = re.split(r"[<`]", cause["confirmed_by"])[0].strip()
        assert words in page and words in markdown


SAMPLE = re.compile(r'^(runtime_fabric_\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? -?\d+$')


def test_prometheus_has_samples_under_their_own_head(report, texts):
    names, current = set(), None
    for line in texts["readiness.prom"].splitlines():
        if line.startswith("# TYPE "):
            current = line.split()[2]
            assert current not in names
            names.add(current)
        elif not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match and match[1] == current, line
    assert {"runtime_fabric_ready", "runtime_fabric_node_ready", "runtime_fabric_checks"} <= names


class Page(html.parser.HTMLParser):
    """Which elements and addresses a page has, and whether elements end as they should."""

    VOID = ("meta", "br")

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links, self.open, self.policy, self.attributes = [], [], [], [], None, set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.attributes.update(found)
        if "id" in found:
            self.ids.append(found["id"])
        self.links += [found[name] for name in ("href", "src") if name in found]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_columns_of_the_port_matrix_are_headed_by_the_names_of_the_nodes(report, texts):
    table = texts["report.html"].partition('<h2 id="ports">')[2].partition("</table>")[0]
    heads = re.findall(r"<th scope=\"col\">(?:<span>)?([^<]*)<", table)
    assert heads == ["From / to", *report.document["port_matrix"]["nodes"]]
    assert re.findall(r'<th scope="row">([^<]*)</th>', table) == report.document["port_matrix"]["nodes"]


def test_html_is_one_page_without_scripts_and_outside_requests(report, texts):
    page = Page()
    page.feed(texts["report.html"])
    assert not page.open and "script" not in page.tags and "img" not in page.tags
    assert "default-src 'none'" in page.policy and "unsafe" not in page.policy
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links) and len(page.links) > 4
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("article") == len(report.document["causes"])
    assert "h1" in page.tags and "main" in page.tags and page.tags.count("table") > 3


def test_commands_in_sentences_are_code_and_nothing_hostile_between_them_is_markup():
    found = simulated_reports.report(4, broken=True)
    causes = found.document["causes"]
    causes = [{**causes[0], "ask": "Run `ls -l <x>` & `id`.", "alternatives": ["a ` alone"]}, *causes[1:]]
    text = formats.render(found._replace(document={**found.document, "causes": causes}), ["html"])["report.html"]
    assert text.count("Run <code>ls -l &lt;x&gt;</code> &amp; <code>id</code>.") == 2  # at the cause, and by its owner
    assert "<dd>a ` alone</dd>" in text


def test_what_measures_the_bandwidth_is_no_endpoint(report, texts):
    table = texts["report.html"].partition('<h2 id="endpoints">')[2].partition("</table>")[0]
    assert any(result["id"] == "egress.bandwidth" for result in report.document["results"])
    assert table.count('scope="row"') > 5 and "bandwidth" not in table


MEGABYTE = 1_000_000


@pytest.mark.parametrize("lost", [False, True], ids=["broken", "unreachable"])
def test_the_page_of_a_hundred_nodes_can_be_sent_and_shows_all_of_them(lost):
    found = simulated_reports.report(100, broken=True, hostile=True)
    if lost:
        reason = "unreachable: " + "no route " * 20
        found = found._replace(document=simulated_reports.unreachable(found.document, reason))
    text = formats.render(found, ["html"])["report.html"]
    assert len(text.encode()) < 3 * MEGABYTE
    page = Page()
    page.feed(text)
    assert not page.open and page.tags.count("td") > 100 * 100
    assert text.count("worker-97</span></th>") == 2  # a column of the port matrix, and one of the endpoints


def test_what_changed_alike_on_many_nodes_is_one_line_of_the_page_and_of_compare_rtf():
    before, after = simulated_reports.report(100).document, simulated_reports.report(100, broken=True).document
    nodes = [node["name"] for node in after["nodes"]]
    settings = [{"node": name, "setting": "running kernel", "before": "6.1", "after": "6.12"} for name in nodes]
    since = compare(before, after, [*settings, {**settings[0], "node": "", "setting": "rtf_max_latency_ms"}])
    assert len(since["new"]) > 400
    text = formats.render(Report({**after, "since": since}, [], {}), ["html"])["report.html"]
    section = text.partition('<h2 id="since">')[2].partition("</section>")[0]
    assert section.count("<li>") < 15 and "egress.dias-ingestor-nginx-us on all 100 nodes: reachable" in section
    assert "running kernel of all 100 nodes: 6.1 &rarr; 6.12</li>" in section
    assert "rtf_max_latency_ms: 6.1 &rarr; 6.12</li>" in section
    shown = [line for line, _colour in changes.lines(since)]
    assert len(shown) < 40 and any("running kernel of controller-1, " in line for line in shown)


def test_the_page_names_the_checks_of_each_node_that_matter_first():
    text = formats.render(simulated_reports.report(4, broken=True), ["html"])["report.html"]
    assert "8 fail, 1 unknown, 1 waived, 105 pass</td>" in " ".join(text.split()).replace(" </td>", "</td>")


@pytest.mark.parametrize("name", sorted(golden_files.texts()))
def test_a_report_is_in_every_format_as_it_was(name):
    """Where a change is meant, golden_files.py says how to write the files again."""
    assert golden_files.texts()[name] == (golden_files.FOLDER / name).read_text(encoding="utf-8")


def test_every_golden_file_is_compared():
    assert sorted(path.name for path in golden_files.FOLDER.iterdir()) == sorted(golden_files.texts())
