# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of the time sources that would leave a node without one is refused before it is made."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.filter import time_sync_plan as door
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.time_sync import BLOCK, time_sync_plan

OLD, NEW, PACKAGE = "old.example.com", "new.example.com", "pool.example.org"
OURS, THEIRS = "/etc/chrony/sources.d/runtime-fabric.sources", "/etc/chrony/chrony.conf"
RUNS, RESTS = {"active": True, "enabled": True}, {"active": False, "enabled": False}


def source(name, state="selected", key=None, address="192.0.2.1"):
    mode = {"mode": "key", "key": key} if key else {"mode": "none", "key": None}
    return {"name": name, "address": address, "state": state, "authentication": mode}


def clock(sources=(), ours=(OLD,), theirs=(PACKAGE,), keys=(), leap="Normal", synchronised=False, **units):
    """A node with chrony, of which our file and the package's name sources. units: others, by the first word of their name."""
    return {
        "units": {"chrony.service": RUNS, **{f"{name}.service": unit for name, unit in units.items()}},
        "synchronised": synchronised,
        "chrony": {"tracking": {"leap": leap}, "sources": list(sources)},
        "configuration": {
            "sources": [
                {"directive": "server", "host": host, "key": None, "block": block, "path": path}
                for hosts, block, path in ((theirs, None, THEIRS), (ours, BLOCK, OURS))
                for host in hosts
            ],
            "keys": [{"id": number, "block": BLOCK, "path": "/etc/chrony/chrony.keys"} for number in keys],
        },
    }


def without_chrony(synchronised, **units):
    return {
        "units": {f"{name}.service": unit for name, unit in units.items()},
        "synchronised": synchronised,
        "chrony": {"error": "chronyc: command not found"},
        "configuration": None,
    }


def answer(host, verdict="reachable", detail=None):
    return {"host": host, "verdict": verdict, "detail": detail}


def refusal(found, servers=None, keys=None, package_sources=(), answers=()):
    return time_sync_plan(found, servers, keys, package_sources, list(answers))["refusal"]


def test_what_is_not_set_takes_nothing_away_and_asks_nobody():
    plan = time_sync_plan(clock([source(OLD)], keys=[7]))
    assert plan == {"taken_away": [], "ask": [], "refusal": ""}


def test_unchanged_is_what_is_not_set():
    found = clock([source(OLD)], keys=[7])
    assert door.plan(found, "unchanged", "unchanged") == time_sync_plan(found)
    assert door.plan(found, [NEW], []) == time_sync_plan(found, [NEW], [])


def test_what_goes_is_named():
    plan = time_sync_plan(clock([source(OLD)], keys=[7, 9], ntp=RUNS, openntpd=RESTS), [NEW], [{"id": 9}])
    assert plan["taken_away"] == [
        f"chrony no longer uses {OLD}",
        "chrony no longer has the key 7",
        "ntp.service is stopped, and no longer starts at boot",
    ]


def test_the_servers_that_would_be_left_are_asked_before_the_last_one_goes():
    plan = time_sync_plan(clock([source(OLD)]), [NEW, {"host": "192.0.2.9"}], None)
    assert (plan["ask"], plan["refusal"]) == ([NEW, "192.0.2.9", PACKAGE], "")


@pytest.mark.parametrize(
    "answers, refused",
    [
        ([answer(NEW), answer(PACKAGE, "unresolved")], False),
        ([answer(NEW, "no_reply"), answer(PACKAGE)], False),
        (
            [
                answer(NEW, "no_reply", "no answer from UDP 123"),
                answer(PACKAGE, "unresolved", f"{PACKAGE}: no address"),
            ],
            True,
        ),
        # One that answers and does not know the time itself is none.
        ([answer(NEW, detail="the server answers but is not synchronised itself (stratum 16)")], True),
    ],
)
def test_it_goes_only_where_another_one_answers(answers, refused):
    assert bool(refusal(clock([source(OLD)]), [NEW], answers=answers)) is refused


def test_the_refusal_names_what_would_be_lost_why_and_what_to_do():
    text = refusal(clock([source(OLD)]), [], answers=[answer(PACKAGE, "unresolved", f"{PACKAGE}: no address")])
    for part in (
        f"The clock follows {OLD} now",
        f"chrony no longer uses {OLD}",
        f"({PACKAGE}: no address)",
        "leave it unset",
        "rtf_time_sync_force",
    ):
        assert part in text


@pytest.mark.parametrize(
    "found, servers",
    [
        (clock([source(OLD), source(PACKAGE, "combined")]), []),  # another source of chrony's stays
        (clock([source(PACKAGE), source(OLD, "unusable")]), [NEW]),  # the one that goes does not work
        (clock([source(OLD)]), [OLD, NEW]),  # nothing goes
        (clock([source(OLD)], leap="Not synchronised"), [NEW]),  # nothing keeps the clock now
        (clock([source(OLD, "unusable")]), [NEW]),
        (clock([source("dhcp.example.com"), source(OLD)]), []),  # of no file that was read
        (without_chrony(False, ntp=RUNS), [NEW]),  # a fresh node whose service has no source, either
        (without_chrony(True), [NEW]),  # and one without any
        (without_chrony(True, ntp=RESTS), [NEW]),
    ],
)
def test_nobody_is_asked_where_a_source_stays_or_none_works_now(found, servers):
    plan = time_sync_plan(found, servers, None)
    assert (plan["ask"], plan["refusal"]) == ([], "")


def test_a_chrony_that_tells_no_names_counts_as_losing_its_source():
    assert time_sync_plan(clock([source(None)]), [NEW], None)["ask"] == [NEW, PACKAGE]
    assert time_sync_plan(clock([source(None)]), [OLD, NEW], None)["ask"] == []


def test_a_source_whose_key_goes_is_lost():
    found = clock([source(OLD, key=7)], keys=[7])
    assert time_sync_plan(found, None, [])["ask"] == [PACKAGE, OLD]
    assert refusal(found, None, [], answers=[answer(PACKAGE, "unresolved")])
    assert time_sync_plan(found, None, [{"id": 7}])["ask"] == []


@pytest.mark.parametrize("synchronised", [True, None])
def test_another_time_service_that_works_is_not_stopped_before_chrony_has_a_server_that_answers(synchronised):
    for found, hosts in (
        (without_chrony(synchronised, ntp=RUNS), (PACKAGE,)),
        (
            clock([source(PACKAGE, "unusable")], ours=(), leap="Not synchronised", synchronised=synchronised, ntp=RUNS),
            (),
        ),
    ):
        assert time_sync_plan(found, None, None, hosts)["ask"] == [PACKAGE]
        text = refusal(found, None, None, hosts, [answer(PACKAGE, "unresolved", "no address")])
        assert "The clock follows ntp.service now" in text and "ntp.service is stopped" in text
        assert refusal(found, None, None, hosts, [answer(PACKAGE)]) == ""
        assert refusal(found, [NEW], None, hosts, [answer(PACKAGE, "unresolved"), answer(NEW)]) == ""


def test_without_any_server_to_ask_nothing_that_works_is_stopped():
    assert "no server that is known" in refusal(without_chrony(True, ntp=RUNS))


def test_before_chrony_is_installed_its_packages_servers_stand_beside_those_of_the_site():
    assert time_sync_plan(without_chrony(True, ntp=RUNS), [NEW], None, [PACKAGE])["ask"] == [NEW, PACKAGE]
