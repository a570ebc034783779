# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two audits are told apart: every change once, none invented."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import (
    compare,
    nodes_by_change,
    sentence,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = [("kernel.ip_forward", "w1"), ("time.synchronised", "w1"), ("kernel.ip_forward", "w2")]


def report(statuses, observed="", unreachable=()):
    results = [
        {
            "id": name,
            "node": node,
            "title": name,
            "severity": "required",
            "status": status,
            "observed": observed or status,
            "waiver": {"status": "fail", "reason": "known", "expires": None} if status == "waived" else None,
        }
        for (name, node), status in zip(CHECKS, statuses)
    ]
    nodes = [{"name": name, "unreachable": "no route" if name in unreachable else None} for name in ("w1", "w2")]
    return {"generated": "2027-01-31T12:00:00+00:00", "readiness": "ready", "results": results, "nodes": nodes}


def keys(changes):
    return {(change["id"], change["node"]) for change in changes}


STATUS = st.sampled_from(["pass", "fail", "unknown", "skipped", "waived"])
STATUSES = st.lists(STATUS, min_size=len(CHECKS), max_size=len(CHECKS))


@given(st.lists(STATUSES, min_size=20, max_size=20))
def test_over_twenty_runs_every_change_is_told_once_and_none_is_invented(schedule):
    for former, latter in zip(schedule, schedule[1:]):
        found = compare(report(former), report(latter))
        assert keys(found["new"]) == {
            key for key, old, now in zip(CHECKS, former, latter) if old in ("pass", "waived") and now == "fail"
        }
        assert keys(found["fixed"]) == {
            key for key, old, now in zip(CHECKS, former, latter) if old in ("fail", "waived") and now == "pass"
        }
        assert keys(found["waived"]) == {
            key for key, old, now in zip(CHECKS, former, latter) if old in ("fail", "pass") and now == "waived"
        }
        assert found["still"] == sum((old, now) == ("fail", "fail") for old, now in zip(former, latter))
        assert not found["other"] and bool(sentence(found)) == bool(found["new"] or found["fixed"] or found["waived"])


def test_a_gap_that_is_accepted_fixes_nothing():
    accepted = report(["waived"] * 3)
    for result in accepted["results"]:
        result["waiver"]["status"] = "skipped"
    assert not compare(report(["fail"] * 3), accepted)["fixed"] and not compare(accepted, report(["fail"] * 3))["new"]


def test_a_finding_with_another_value_has_changed():
    found = compare(report(["fail"] * 3, "offset 0.5 s"), report(["fail"] * 3, "offset 0.9 s"))
    assert keys(found["other"]) == set(CHECKS) and found["still"] == 0
    assert (found["other"][0]["before"], found["other"][0]["after"]) == ("offset 0.5 s", "offset 0.9 s")


def test_a_node_that_was_unreachable_has_nothing_new_and_nothing_fixed():
    found = compare(report(["fail", "pass", "pass"]), report(["unknown", "unknown", "pass"], unreachable=["w1"]))
    assert not found["new"] and not found["fixed"] and found["unknown"] == ["w1"]


def test_causes_begin_and_end():
    good = test_audit.audit_of(samples.audit_inputs(), test_audit.collected()).document
    evidence = copy.deepcopy(test_audit.collected())
    for own in evidence.values():
        own["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]["live"] = "0"
    bad = test_audit.audit_of(samples.audit_inputs(), evidence).document
    assert [title for title in compare(good, bad)["causes_new"] if "forwarding" in title]
    found = compare(bad, good)
    assert [title for title in found["causes_fixed"] if "forwarding" in title]
    assert "fixed: IPv4 forwarding is off on all 4 nodes" in sentence(found)
    assert sentence(compare(bad, bad)) == ""


@pytest.mark.parametrize("subject", ["id", "setting"])
def test_what_changed_alike_on_several_nodes_is_one_entry(subject):
    alike = [{"node": node, subject: "time zone", "before": "UTC", "after": "CET"} for node in ("w1", "w2")]
    other = {**alike[0], "after": "WET"}
    assert nodes_by_change([*alike, other], subject) == {
        ("time zone", "UTC", "CET"): ["w1", "w2"],
        ("time zone", "UTC", "WET"): ["w1"],
    }
