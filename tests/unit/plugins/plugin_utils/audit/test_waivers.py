# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A failure that a site accepts stays visible, with its reason, and stops nothing."""

import datetime

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import waivers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import blocking, node_readiness
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import check_patterns, waiver_list

GLOBS = check_patterns.globs(checks.load(), catalog.load())
TODAY = datetime.date(2027, 1, 31)
NET = {"checks": ["net.static_address"], "reason": "reserved on the DHCP server"}


def result(status, name="net.static_address", node="n1"):
    return {"id": name, "node": node, "severity": "required", "status": status, "waiver": None}


def applied(results, *entries):
    return waivers.apply(results, waiver_list.parse(list(entries), GLOBS), TODAY)


def state(results, entry):
    return waivers.summary(results, waiver_list.parse([entry], GLOBS), TODAY)[0]["state"]


@pytest.mark.parametrize("status, left_out", [("fail", ()), ("skipped", {("net.static_address", "n1")})])
def test_the_status_alone_says_that_a_failure_or_gap_is_waived_and_it_stops_nothing(status, left_out):
    waived = waivers.apply([result(status)], waiver_list.parse([NET], GLOBS), TODAY, left_out)
    assert waived[0]["status"] == "waived"
    assert waived[0]["waiver"] == {"status": status, "reason": "reserved on the DHCP server", "expires": None}
    assert blocking(waived, left_out) == [] and node_readiness(waived) == "ready"
    assert len(blocking([result(status)], left_out)) == 1


@pytest.mark.parametrize("status", ["pass", "skipped", "unknown"])
def test_what_did_not_fail_is_not_waived(status):
    assert applied([result(status)], NET)[0]["waiver"] is None


def test_a_waiver_holds_for_the_nodes_and_checks_that_it_names():
    found = applied(
        [result("fail"), result("fail", node="n2"), result("fail", "net.private_address")], {**NET, "nodes": ["n2"]}
    )
    assert [bool(entry["waiver"]) for entry in found] == [False, True, False]
    assert all(
        entry["waiver"]
        for entry in applied(
            [result("fail"), result("fail", "time.synchronised")], {"checks": "*", "nodes": "n*", "reason": "x"}
        )
    )


def test_a_preparation_that_stopped_cannot_be_waived():
    assert applied([result("fail", "access.preparation")], {"checks": "*", "reason": "x"})[0]["waiver"] is None


@pytest.mark.parametrize(
    "expires, holds", [(None, True), ("2027-01-31", True), ("2027-02-01", True), ("2027-01-30", False), (TODAY, True)]
)
def test_a_waiver_holds_to_the_end_of_its_last_day(expires, holds):
    entry = {**NET, "expires": expires}
    assert bool(applied([result("fail")], entry)[0]["waiver"]) is holds
    assert state([result("fail")], entry) == ("applied" if holds else "expired")


@pytest.mark.parametrize(
    "statuses, found",
    [
        (["fail"], "applied"),
        (["pass", "unknown"], "untested"),
        (["pass"], "unused"),
        ([], "unused"),
        (["skipped"], "untested"),
        (["pass", "skipped"], "untested"),
    ],
)
def test_a_waiver_that_nothing_needs_is_told_from_one_that_could_not_be_tried(statuses, found):
    assert state([result(status) for status in statuses], NET) == found


@pytest.mark.parametrize(
    "value, said",
    [
        ({}, "must be a list"),
        (["x"], "entry 1: must be a dictionary"),
        ([NET, {**NET, "node": "n1"}], "entry 2: 'node' is not a field; valid: checks, nodes, reason, expires"),
        ([{"checks": ["net.*"]}], "entry 1: has no reason"),
        ([{**NET, "reason": "  "}], "entry 1: has no reason"),
        ([{"reason": "x"}], "entry 1: checks must be a list"),
        ([{**NET, "checks": []}], "entry 1: checks must be a list"),
        ([{**NET, "checks": ["net.static_adress"]}], "did you mean net.static_address"),
        ([{**NET, "nodes": 5}], "entry 1: nodes must be a list"),
        ([{**NET, "expires": "soon"}], "expires: 'soon' is not a date such as 2027-01-31"),
        ([{**NET, "expires": 20270131}], "is not a date"),
    ],
)
def test_a_waiver_that_cannot_be_meant_is_refused(value, said):
    with pytest.raises(ValueError) as refusal:
        waiver_list.parse(value, GLOBS)
    assert said in str(refusal.value)


def test_a_node_that_does_not_exist_is_named():
    accepted = waiver_list.parse([{**NET, "nodes": ["n1", "m*"]}], GLOBS)
    assert waiver_list.node_problems(accepted, ["n1", "n2"]) == ["rtf_waivers: 'm*' matches no node; valid: n1, n2"]
