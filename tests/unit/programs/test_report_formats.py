# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each format is read by a program that reads such files: xmllint, promtool, a parser of Markdown."""

import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import simulated_reports
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.hostile_text import shown

SCHEMA = Path(__file__).with_name("junit.xsd")


@pytest.fixture(scope="module", params=["well", "broken", "hostile"])
def report(request):
    return simulated_reports.report(4, broken=request.param != "well", hostile=request.param == "hostile")


@pytest.fixture(scope="module")
def texts(report):
    return formats.render(report, formats.FORMATS)


def fed(words, text):
    """What a program says that is given a text: (exit status, output)."""
    done = subprocess.run(
        words, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    return done.returncode, done.stdout.decode()


def test_junit_is_valid(texts):
    """As jenkinsci/xunit-plugin's junit-10.xsd, which fails the build of a file with one attribute more."""
    code, output = fed(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), "-"], texts["junit.xml"])
    assert code == 0, output


@pytest.mark.parametrize(
    "good, bad",
    [
        ('<testsuites name="Runtime Fabric readiness"', '<testsuites name="Runtime Fabric readiness" skipped="1"'),
        ('time="0"', 'time="soon"'),
        ('timestamp="2027-01-31T12:00:00"', 'timestamp="2027-01-31T12:00:00+00:00"'),
        ("</testsuite>", "<note/></testsuite>"),
    ],
)
def test_the_schema_knows_what_is_wrong(good, bad):
    text = formats.render(simulated_reports.report(4), ["junit"])["junit.xml"]
    assert good in text
    assert fed(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), "-"], text.replace(good, bad, 1))[0] != 0


def test_prometheus_accepts_the_metrics(texts):
    assert fed(["promtool", "check", "metrics"], texts["readiness.prom"]) == (0, "")


def test_promtool_would_refuse_a_text_that_ends_a_label():
    assert fed(["promtool", "check", "metrics"], 'runtime_fabric_ready{release="1.4"4"} 1\n')[0] != 0


def test_a_parser_of_markdown_finds_the_causes_the_nodes_and_no_markup(report, texts):
    """With raw HTML, links and images, that only a text which was not escaped can bring."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(texts["report.md"])
    parts = [part for token in tokens for part in (token, *(token.children or ()))]
    kinds = {part.type for part in parts}
    assert not kinds & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "hr",
        "fence",
        "code_block",
        "s_open",
        "em_open",
    }
    document = report.document
    heads = [token.tag for token in tokens if token.type == "heading_open"]
    assert heads == ["h1", *["h2"] * (len(document["causes"]) + bool(document["not_verified"]))]
    inline = [token for token in tokens if token.type == "inline"]
    said = {" ".join("".join(part.content for part in token.children).split()) for token in inline}
    for cause in document["causes"]:
        assert any(shown(cause["title"]) in text for text in said), cause["title"]
    assert sum(token.type == "tr_open" for token in tokens) == 1 + len(document["nodes"])
    commands = [part.content.strip() for part in parts if part.type == "code_inline"]
    confirm = [shown(cause["confirm"]) for cause in document["causes"] if cause["confirm"]]
    assert [command for command in commands if command in confirm] == confirm
    assert any(cause["alternatives"] for cause in document["causes"]) == any(" tcpdump " in text for text in commands)
