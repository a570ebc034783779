# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every report that an audit makes is one of the published schema."""

import copy
import datetime
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import compare
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.plan import test_link_measurements
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import report_schema
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.hostile_text import (
    HOSTILE,
    hostile_text,
)

WAIVERS = [
    {"checks": ["kernel.*"], "nodes": ["w1"], "reason": "known", "expires": "2027-02-01"},
    {"checks": ["host.*"], "reason": "last year's", "expires": "2026-01-31"},
    {"checks": ["proxy.installer"], "reason": "not needed"},
    {"checks": ["ports.*"], "reason": "the network team proves them"},
]


def broken():
    evidence = test_audit.collected(unreachable="w3", limit=["w2"])
    evidence["w1"]["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]["live"] = "0"
    for peer in evidence["c1"]["ports"]["probes"]:
        if peer["name"] == "w1":
            clusters.spoil({"c1": evidence["c1"]["ports"]}, "c1", "w1", "tcp", "dropped", "10250")
            break
    return evidence


def measured():
    evidence = test_audit.collected()
    for node, own in evidence.items():
        others = [other for other in evidence if other != node]
        links = [test_link_measurements.link(other) for other in others]
        links[0].update(test_link_measurements.link(others[0], p95=None, mtu=None, arrives=None))
        own["ports"].update(links=links, unmeasured={}, bandwidth_left_out={})
        rates = {"send": test_link_measurements.rates(941.0), "receive": {"error": "the connection broke"}}
        own["ports"]["bandwidth"] = [{"name": others[0], "address": "10.0.0.2", "port": 1, **rates}]
    return evidence


def nothing():
    return {
        name: {"inventory": own["inventory"], "host": {"error": "no Python"}, "egress": {"error": "no Python"}}
        for name, own in test_audit.collected().items()
    }


def many():
    one = test_audit.collected(clusters.nodes(1, 1))
    inventory = {"role": "worker", "ansible_host": "10.9.0.1"}
    return {**one, **{f"x{number}": {**copy.deepcopy(one["w1"]), "inventory": inventory} for number in range(98)}}


REPORTS = {
    "in order": (test_audit.collected, {}),
    "broken, unreachable and outside of the run": (broken, {}),
    "measured": (measured, {}),
    "nothing collected": (nothing, {}),
    "no node": (dict, {"port_matrix": False}),
    "without a matrix": (test_audit.collected, {"port_matrix": False}),
    "waivers": (broken, {"waivers": WAIVERS, "port_matrix": False}),
    "left out": (broken, {"skip_checks": ["time.*", "nosuch"], "checks": ["kernel.*", "time.*"], "waivers": WAIVERS}),
    "operate": (broken, {"phase": "operate"}),
    "2.x": (broken, {"release": "2.x", "control_plane": "jp"}),
    "1.13": (broken, {"release": "1.13", "control_plane": "eu"}),
    "rows of the site": (broken, {"extra_endpoints": [{"host": "registry.example.com", "port": 8443}]}),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_one_of_the_published_schema(name):
    evidence, inputs = REPORTS[name]
    found = test_audit.audit_of(samples.audit_inputs(**inputs), evidence())
    assert report_schema.problems(found.document) == []
    assert report_schema.problems(hostile_text(found.document)) == []
    assert json.loads(formats.render(found)["report.json"]) == json.loads(json.dumps(found.document))


def test_a_report_of_100_nodes_is_one_of_the_published_schema():
    found = test_audit.audit_of(samples.audit_inputs(port_matrix=False, release="2.x"), many())
    assert len(found.document["nodes"]) == 100 and report_schema.problems(found.document) == []


def test_what_changed_since_the_last_run_is_of_the_schema():
    before = test_audit.audit_of(samples.audit_inputs(), test_audit.collected()).document
    after = test_audit.audit_of(samples.audit_inputs(), broken(), test_audit.NOW + datetime.timedelta(hours=1)).document
    after["since"] = compare(before, after)
    assert after["since"]["new"] and after["since"]["unknown"] == ["w3"]
    assert report_schema.problems(after) == []


@pytest.fixture(scope="module")
def document():
    return test_audit.audit_of(samples.audit_inputs(checks=["host.*", "ports*"]), broken()).document


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop("collection"),
        lambda found: found.update(format=1),
        lambda found: found.update(more=1),
        lambda found: found.update(generated="yesterday"),
        lambda found: found["results"][0].update(status="warned"),
        lambda found: found["results"][0].update(waiver={"reason": "x", "expires": None}),
        lambda found: found["nodes"][0].update(readiness="almost"),
        lambda found: found["causes"][0].update(owner="somebody"),
        lambda found: found["port_matrix"]["cells"][0].update(more=1),
    ],
)
def test_what_is_not_of_the_schema_is_found(change, document):
    found = copy.deepcopy(document)
    change(found)
    assert len(report_schema.problems(found)) == 1


TEXT = st.text(max_size=30) | st.just(HOSTILE)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(["w1", "w2", "w3", "c1"]), max_size=4), TEXT, st.sampled_from(["host", "egress", "ports"])
)
def test_whatever_could_not_be_collected_leaves_a_report_of_the_schema(nodes, why, part):
    evidence = test_audit.collected()
    for node in nodes:
        if part == "ports":
            evidence[node]["ports"].update(places={"error": why}, probes={"error": why})
        else:
            evidence[node][part] = {"error": why}
    found = test_audit.audit_of(samples.audit_inputs(), evidence).document
    assert report_schema.problems(found) == []
