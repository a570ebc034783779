# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog

SOURCE = {"document": "Page A", "section": "S", "row": "R"}
COMMON = {"severity": "required", "purpose": "Does something.", "source": SOURCE}
SMALL = {
    "releases": {
        "documents": [
            {"title": "Page A", "url": "https://a.example.com"},
            {"title": "Page B", "url": "https://b.example.com"},
        ],
        "releases": [
            {"id": "1.9", "line": "appliance", "control_planes": ["us", "eu"], "document": "Page A"},
            {"id": "1.10", "line": "appliance", "control_planes": ["us", "eu"], "document": "Page B"},
            {"id": "2.x", "line": "self_managed", "control_planes": ["us", "jp"], "document": "Page B"},
        ],
    },
    "ports": {
        "ports": [
            {
                **COMMON,
                "id": "first",
                "ports": ["1-5"],
                "transport": "tcp",
                "from": "nodes",
                "to": "controllers",
                "phase": "operate",
                "since": "1.9",
                "changes": [
                    {"since": "1.10", "source": {**SOURCE, "document": "Page B"}, "ports": ["1-3", "5"]},
                    {"since": "2.x", "source": {**SOURCE, "document": "Page B"}, "from": "internet"},
                ],
            },
            {
                **COMMON,
                "id": "second",
                "ports": ["7"],
                "transport": "udp",
                "from": "internet",
                "to": "controllers",
                "phase": "install",
                "since": "1.9",
                "until": "1.10",
                "replaced_by": ["first"],
            },
        ]
    },
    "endpoints": {
        "endpoints": [
            {
                **COMMON,
                "id": "everywhere",
                "host": "a.example.com",
                "port": 443,
                "protocol": "https",
                "control_planes": ["us", "eu", "jp"],
                "from": "nodes",
                "mutual_tls": False,
                "carrier": "http_proxy",
                "since": "1.9",
            },
            {
                **COMMON,
                "id": "broker",
                "host": "b.example.com",
                "port": 443,
                "protocol": "amqp_wss",
                "control_planes": ["us"],
                "from": "controllers",
                "mutual_tls": True,
                "carrier": "http_proxy",
                "since": "1.10",
            },
        ]
    },
    "host_requirements": {
        "settings": [{**COMMON, "id": "setting", "title": "T", "expected": {"x": 1}, "since": "1.10"}]
    },
}


@pytest.fixture
def small():
    return catalog.parse(copy.deepcopy(SMALL))


def ids(found):
    return [row["id"] for row in found]


def test_releases_are_ordered_by_the_file_not_by_their_names(small):
    assert small.release_ids == ["1.9", "1.10", "2.x"]
    assert ids(catalog.select_settings(small, "1.9")) == []
    assert ids(catalog.select_settings(small, "1.10")) == ["setting"]
    assert ids(catalog.select_settings(small, "2.x")) == ["setting"]


def test_until_is_the_last_release_of_a_row(small):
    assert ids(catalog.select_ports(small, "1.10", "install")) == ["first", "second"]
    assert ids(catalog.select_ports(small, "2.x", "install")) == ["first"]


def test_changes_apply_from_their_release_on(small):
    assert [catalog.select_ports(small, release)[0]["ports"] for release in small.release_ids] == [
        ["1-5"],
        ["1-3", "5"],
        ["1-3", "5"],
    ]
    assert [catalog.select_ports(small, release)[0]["direction"] for release in small.release_ids] == [
        "internal",
        "internal",
        "inbound",
    ]
    assert catalog.select_ports(small, "1.10")[0]["source"]["document"] == "Page B"
    assert "changes" not in catalog.select_ports(small, "1.9")[0]


def test_phase_install_includes_operate(small):
    assert ids(catalog.select_ports(small, "1.9")) == ["first"]
    assert ids(catalog.select_ports(small, "1.9", "install")) == ["first", "second"]


def test_a_role_has_the_rows_it_takes_part_in(small):
    assert ids(catalog.select_ports(small, "1.9", "install", "worker")) == ["first"]
    assert ids(catalog.select_ports(small, "1.9", "install", "controller")) == ["first", "second"]
    assert ids(catalog.select_endpoints(small, "1.10", "us", "worker")) == ["everywhere"]
    assert ids(catalog.select_endpoints(small, "1.10", "us", "controller")) == ["everywhere", "broker"]


def test_a_selection_shares_nothing_with_the_catalogue(small):
    catalog.select_ports(small, "1.9")[0]["ports"].append("spoilt")
    assert catalog.select_ports(small, "1.9")[0]["ports"] == ["1-5"]


@pytest.mark.parametrize(
    "question, message",
    [
        (lambda c: catalog.select_ports(c, "9.9"), "'9.9' is not a release; valid: 1.9, 1.10, 2.x"),
        (lambda c: catalog.select_settings(c, 1.9), "1.9 is not a release; valid: 1.9, 1.10, 2.x"),
        (
            lambda c: catalog.select_ports(c, "1.9", "later"),
            "'later' is not a phase; valid: install, operate",
        ),
        (
            lambda c: catalog.select_endpoints(c, "2.x", "eu"),
            "'eu' is not a control plane of release 2.x; valid: us, jp",
        ),
        (
            lambda c: catalog.select_endpoints(c, "1.9", "us", "boss"),
            "'boss' is not a node role; valid: controller, worker",
        ),
    ],
)
def test_an_unknown_argument_is_answered_with_what_is_valid(small, question, message):
    with pytest.raises(catalog.CatalogError) as caught:
        question(small)
    assert str(caught.value) == message


def spoil(content, path, value):
    """Return the small catalogue with the entry at `path` replaced, or removed when `value` is None."""
    spoilt = copy.deepcopy(content)
    place = spoilt
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return spoilt


@pytest.mark.parametrize(
    "path, value, message",
    [
        (("ports", "ports", 0, "source"), None, "ports.yml, row 'first': source is missing"),
        (("ports", "ports", 1, "id"), "first", "ports.yml, row 'first': this id is used twice"),
        (("endpoints", "endpoints", 0, "id"), "first", "endpoints.yml, row 'first': this id is used twice"),
        (("ports", "ports", 0, "since"), "1.5", "'1.5' is not a release; valid: 1.9, 1.10, 2.x"),
        (("ports", "ports", 1, "since"), "2.x", "out of order: 2.x, 1.10"),
        (("ports", "ports", 1, "replaced_by"), ["third"], "row 'second': refers to 'third'"),
        (("ports", "ports", 0, "changes", 0, "ports"), ["0"], "row 'first': ports: '0' is not a port"),
        (
            ("ports", "ports", 0, "source"),
            {**SOURCE, "document": "Hearsay"},
            "'Hearsay' is not among the documents",
        ),
        (("endpoints", "endpoints", 0, "control_planes"), ["mars"], "mars is not known; valid: us, eu, jp"),
        (("endpoints",), {"rows": []}, "endpoints.yml: the top level has no list named endpoints"),
        (("host_requirements",), [], "host_requirements.yml: the top level has no list named settings"),
        (("releases", "releases", 0, "document"), "Hearsay", "'Hearsay' is not among the documents"),
        (
            ("releases", "releases", 0, "control_planes"),
            [],
            "control_planes: [] is not a list with at least one entry",
        ),
    ],
)
def test_a_broken_catalogue_is_refused(path, value, message):
    with pytest.raises(catalog.CatalogError) as caught:
        catalog.parse(spoil(SMALL, path, value))
    assert message in str(caught.value)


def test_a_missing_or_unreadable_file_is_named(tmp_path):
    with pytest.raises(catalog.CatalogError, match="releases.yml cannot be read"):
        catalog.load(tmp_path)
    (tmp_path / "releases.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(catalog.CatalogError, match="releases.yml cannot be read"):
        catalog.load(tmp_path)


def test_the_shipped_catalogue_loads_once():
    assert catalog.load() is catalog.load()
    assert catalog.DEFAULT_RELEASE in catalog.load().release_ids
