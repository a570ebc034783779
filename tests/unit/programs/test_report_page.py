# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a screen reader finds in report.html, by the accessibility tree of Chromium, and that the page asks nobody for anything."""

import collections

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import simulated_reports
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.hostile_text import shown
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.running(tmp_path_factory.mktemp("profile")) as found:
        yield found


class Page:
    """The page of a report: its accessible nodes by role, what it requested, what it complained of."""

    def __init__(self, browser, path, report):
        path.write_text(formats.render(report, ["html"])["report.html"], encoding="utf-8")
        session, self.requests = browser.opened(path)
        self.by_role = collections.defaultdict(list)
        for node in browser.ask("Accessibility.getFullAXTree", session)["nodes"]:
            if not node.get("ignored"):
                self.by_role[node["role"]["value"]].append(node)
        self.complaints = [event["params"] for event in browser.events if event.get("method") == "Log.entryAdded"]
        self.path, self.document = path, report.document

    def names(self, role):
        """The names of the nodes of a role, as a screen reader says them."""
        return [" ".join(str(node["name"]["value"]).split()) for node in self.by_role[role] if "name" in node]


@pytest.fixture(scope="module", params=[3, 20, 100])
def page(request, browser, tmp_path_factory):
    report = simulated_reports.report(request.param, broken=True, hostile=True)
    return Page(browser, tmp_path_factory.mktemp("page") / "report.html", report)


def test_the_page_asks_for_nothing_but_itself_and_its_policy_stops_nothing_of_it(page):
    assert page.requests == [page.path.as_uri()]
    assert page.complaints == []


def test_on_a_narrow_screen_only_tables_scroll_and_their_heads_leave_room_for_the_rest(page, browser):
    session, dummy = browser.opened(page.path)
    browser.ask("Emulation.setDeviceMetricsOverride", session, width=500, height=900, deviceScaleFactor=1, mobile=True)
    assert browser.ask("Page.getLayoutMetrics", session)["cssContentSize"]["width"] <= 500
    heads = "Math.max(...[...document.querySelectorAll('tbody th[scope=row]')].map(head => head.offsetWidth))"
    assert 50 < browser.ask("Runtime.evaluate", session, expression=heads)["result"]["value"] < 250


def test_headings_name_the_verdict_the_causes_and_every_section(page):
    headings = page.names("heading")
    numbers = sorted(int(name.partition(".")[0]) for name in headings if name.partition(".")[0].isdigit())
    assert numbers == list(range(1, len(page.document["causes"]) + 1))
    assert {
        "Runtime Fabric readiness",
        "Causes",
        "Requests by owner",
        "Nodes",
        "Ports between the nodes",
        "Endpoints",
        "What limits this verdict",
    } <= set(headings)


def test_causes_are_articles_with_the_name_of_the_cause(page):
    names = page.names("article")
    assert len(names) == len(page.document["causes"])
    for cause in page.document["causes"]:
        assert any(shown(cause["title"])[:40] in name for name in names)


def test_each_owner_has_all_requests_in_one_place_with_links_to_the_causes(page):
    owners = {cause["owner"] for cause in page.document["causes"]}
    assert owners <= set(page.names("rowheader"))
    numbers = [int(name) for name in page.names("link") if name.isdigit()]
    assert sorted(numbers) == list(range(1, len(page.document["causes"]) + 1))


def test_tables_have_heads_for_each_node_and_regions_that_the_keyboard_reaches(page):
    nodes = [node["name"] for node in page.document["nodes"]]
    heads = collections.Counter(page.names("columnheader"))
    assert all(heads[name] == 2 for name in nodes)  # ports and endpoints
    rows = collections.Counter(page.names("rowheader"))
    assert all(rows[name] == 2 for name in nodes)  # nodes and ports
    scrolled = [node for node in page.by_role["region"] if _has(node, "focusable")]
    assert len(scrolled) >= 3 and all(node["name"]["value"] for node in scrolled)


def test_links_lead_to_sections_and_nothing_hostile_became_a_part_of_the_page(page):
    assert [name for name in page.names("link") if not name.isdigit()] == [
        "Causes", "Requests", "Nodes", "Ports", "Endpoints", "Measurements", "What limits this verdict", "Findings",
    ]  # fmt: skip
    assert not page.by_role["image"] and not page.by_role["form"] and not page.by_role["button"]
    assert len(page.by_role["main"]) == len(page.by_role["navigation"]) == 1
    assert {"status"} <= set(page.by_role) and page.names("progressbar")


def _has(node, name):
    return any(entry["name"] == name and entry["value"].get("value") for entry in node.get("properties", ()))
