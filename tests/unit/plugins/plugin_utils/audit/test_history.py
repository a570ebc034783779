# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Twenty audits under a schedule of faults: every change is told once, none is invented, and what comes and goes is named."""

import copy
import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import compare
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.history import JudgedRun, compared, flapping
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit.test_comparison import (
    CHECKS,
    keys,
    report,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

STATUS = st.sampled_from(["pass", "fail", "waived", "unknown", "skipped"])
WORDS = {"pass": "fixed", "fail": "new", "waived": "waived"}
STATUSES = st.lists(STATUS, min_size=len(CHECKS), max_size=len(CHECKS))


def told(documents):
    """What comparing each run with the one before says: [(number of the run, "new" or "fixed", key)]."""
    found = []
    for number in range(1, len(documents)):
        after, before, *earlier = [JudgedRun(document, {}) for document in reversed(documents[: number + 1])]
        comparison = compared(before, after, earlier)
        found += [(number, word, key) for word in ("new", "fixed", "waived") for key in keys(comparison[word])]
    return found


def happened(schedule):
    """What changed in a schedule of statuses, counted from answer to answer."""
    found = []
    for place, key in enumerate(CHECKS):
        last = None
        for number, statuses in enumerate(schedule):
            if statuses[place] in WORDS:
                if last not in (None, statuses[place]):
                    found.append((number, WORDS[statuses[place]], key))
                last = statuses[place]
    return found


@given(st.lists(STATUSES, min_size=20, max_size=20))
def test_every_change_is_told_once_also_behind_runs_without_an_answer(schedule):
    documents = [report(statuses) for statuses in schedule]
    assert sorted(told(documents)) == sorted(happened(schedule))


@given(st.lists(STATUSES, min_size=20, max_size=20))
def test_what_changed_three_times_is_named_and_a_waiver_changes_nothing(schedule):
    faults = [["fail" if status == "waived" else status for status in statuses] for statuses in schedule]
    changes = [key for _number, _word, key in happened(faults)]
    found = {(one["id"], one["node"]): one["changes"] for one in flapping([report(statuses) for statuses in schedule])}
    assert found == {key: changes.count(key) for key in CHECKS if changes.count(key) >= 3}


def test_a_setting_is_compared_with_its_last_value_also_behind_runs_that_did_not_collect_it():
    whole, narrow = report(["pass"] * 3), report(["pass", "skipped", "pass"])
    first = JudgedRun(whole, {"w1": {"time zone": "UTC", "MTU of eth0": "1500"}})
    second = JudgedRun(narrow, {"w1": {"MTU of eth0": "1400"}})
    third = JudgedRun(whole, {"w1": {"time zone": "CET", "MTU of eth0": "1400"}})
    found = [
        [change["setting"] for change in compared(*pair, [first])["settings"]]
        for pair in ((first, second), (second, third))
    ]
    assert found == [["MTU of eth0"], ["time zone"]]


# Run by run, what is broken in real audits: nothing, forwarding on w1, endpoints on all nodes, w2 off, a port.
SCHEDULE = [
    "", "f", "f", "", "f", "fe", "e", "", "u", "fu", "f", "", "p", "p", "pe", "e", "", "f", "", "",
]  # fmt: skip


@functools.lru_cache
def collected(unreachable):
    return test_audit.collected(unreachable=unreachable)


def audited(broken, place):
    evidence = copy.deepcopy(collected("w2" if "u" in broken else None))
    if "f" in broken:
        evidence["w1"]["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]["live"] = "0"
    for node, own in evidence.items():
        if "e" in broken and "egress" in own:
            own["egress"][0].update(verdict="dropped", detail=f"no answer within 5.{place:03} s", elapsed=place)
        if node == "w1" and "p" in broken:
            clusters.spoil({"w1": own["ports"]}, "w1", "w3", "tcp", "dropped", "10250")
    return test_audit.audit_of(samples.audit_inputs(), evidence).document


@pytest.fixture(scope="module")
def runs():
    return [audited(broken, place) for place, broken in enumerate(SCHEDULE)]


def test_twenty_audits_of_a_cluster_that_breaks_and_is_repaired(runs):
    endpoint = next(
        one["id"] for one in runs[5]["results"] if one["id"].startswith("egress.") and one["status"] == "fail"
    )
    port = next(one["id"] for one in runs[12]["results"] if one["id"].startswith("ports.") and one["status"] == "fail")
    expected = []
    for letter, check, nodes in (
        ("f", "kernel.ip_forward", ["w1"]),
        ("e", endpoint, ["c1", "w1", "w2", "w3"]),
        ("p", port, ["w1"]),
    ):
        for number in range(1, len(SCHEDULE)):
            was, is_now = (letter in SCHEDULE[place] for place in (number - 1, number))
            word = {(False, True): "new", (True, False): "fixed"}.get((was, is_now))
            expected += [(number, word, (check, node)) for node in nodes if word]
    assert sorted(told(runs)) == sorted(expected)
    off = [number for number in range(1, len(runs)) if compare(runs[number - 1], runs[number])["unknown"] == ["w2"]]
    assert off == [8, 9, 10]  # of which the second and the third have it in the run before


def test_nothing_is_told_as_changed_that_was_only_measured_again(runs):
    for former, latter in zip(runs, runs[1:]):
        assert not compare(former, latter)["other"]


def test_what_comes_and_goes_is_named_with_how_often(runs):
    found = {(one["id"], one["node"]): (one["failed"], one["runs"], one["changes"]) for one in flapping(runs)}
    assert found[("kernel.ip_forward", "w1")] == (7, 20, 8)
    assert {node for _id, node in found} == {"w1"} | (
        {"w2", "w3", "c1"} if any(id.startswith("egress.") for id, _node in found) else set()
    )


@pytest.mark.parametrize(
    "before, after, changed",
    [
        ("w2: 540 Mbit/s, peak 600 Mbit/s", "w2: 572 Mbit/s, peak 610 Mbit/s", False),
        ("w2: 540 Mbit/s", "w2: 20 Mbit/s", True),
        ("a on w1, b on w2", "b on w2, a on w1", False),
        ("TCP 10250 dropped", "TCP 10251 dropped", True),
        ("offset 0.5 s", "offset 0.9 s", True),
        ("debian 12", "debian 13", True),
        (
            "w2: p50 40, p95 41, max 43 ms; w3: p50 38, p95 39, max 39.5 ms",
            "w3: p50 40, p95 41.5, max 42 ms; w2: p50 39, p95 40, max 41 ms",
            False,
        ),
        ("w2: p50 40, p95 41, max 43 ms", "w2: p50 340, p95 341, max 343 ms", True),
        ("w2: p50 40, p95 41, max 43 ms", "w3: p50 40, p95 41, max 43 ms", True),
    ],
)
def test_a_value_that_was_measured_again_is_no_change(before, after, changed):
    assert bool(compare(report(["fail"] * 3, before), report(["fail"] * 3, after))["other"]) is changed
