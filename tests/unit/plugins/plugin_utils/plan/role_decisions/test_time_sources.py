# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of the time sources that would leave a node without one is refused before it is made."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    rtf_time_sync,
    time_sources,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import (
    BLOCK,
    Wanted,
)

OLD, NEW, PACKAGE = "old.example.com", "new.example.com", "pool.example.org"
SHIPPED = "2.debian.pool.ntp.org"
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


def without_chrony(synchronised, identifier="debian", **units):
    return {
        "platform": {"id": identifier, "version": "12", "like": ["debian"]},
        "units": {f"{name}.service": unit for name, unit in units.items()},
        "synchronised": synchronised,
        "chrony": {"error": "chronyc: command not found"},
        "configuration": None,
    }


def answer(host, verdict="reachable", detail=None):
    return {"host": host, "verdict": verdict, "detail": detail}


def asked(found, servers=None, keys=None):
    return time_sources.replacements(found, Wanted(servers, keys))


def refusal(found, servers=None, keys=None, answers=()):
    return time_sources.refusal(found, Wanted(servers, keys), list(answers))


def taken_away(found, servers=None, keys=None):
    return time_sources.sentences(time_sources.losses(found, Wanted(servers, keys)))


def test_what_is_not_set_takes_nothing_away_and_probes_no_server():
    found = clock([source(OLD)], keys=[7])
    assert (taken_away(found), asked(found), refusal(found)) == ([], [], "")


def test_unchanged_is_what_is_not_set_and_force_probes_no_server():
    found = clock([source(OLD)], keys=[7])
    unset, new = (
        {"servers": "unchanged", "keys": "unchanged", "force": False},
        {"servers": [NEW], "keys": [], "force": False},
    )
    assert rtf_time_sync.questions(unset, {"time": found}) == asked(found)
    assert rtf_time_sync.questions(new, {"time": found}) == asked(found, [NEW], []) != []
    assert rtf_time_sync.questions({**new, "force": True}, {"time": found}) == []


def test_what_goes_is_named():
    found = clock([source(OLD)], keys=[7, 9], ntp=RUNS, openntpd=RESTS)
    assert taken_away(found, [NEW], [{"id": 9}]) == [
        f"chrony no longer uses {OLD}",
        "chrony no longer has the key 7",
        "ntp.service is stopped, and no longer starts at boot",
    ]


def test_the_servers_that_would_be_left_are_probed_before_the_last_one_goes():
    assert asked(clock([source(OLD)]), [NEW, {"host": "192.0.2.9"}]) == [NEW, "192.0.2.9", PACKAGE]


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
def test_no_server_is_probed_where_a_source_stays_or_none_works_now(found, servers):
    assert (asked(found, servers), refusal(found, servers)) == ([], "")


def test_a_chrony_that_prints_no_names_counts_as_losing_its_source():
    assert asked(clock([source(None)]), [NEW]) == [NEW, PACKAGE]
    assert asked(clock([source(None)]), [OLD, NEW]) == []


def test_a_source_whose_key_goes_is_lost():
    found = clock([source(OLD, key=7)], keys=[7])
    assert asked(found, None, []) == [PACKAGE, OLD]
    assert refusal(found, None, [], answers=[answer(PACKAGE, "unresolved")])
    assert asked(found, None, [{"id": 7}]) == []


@pytest.mark.parametrize("synchronised", [True, None])
def test_another_time_service_that_works_is_not_stopped_before_chrony_has_a_server_that_answers(synchronised):
    for found, host in (
        (without_chrony(synchronised, ntp=RUNS), SHIPPED),
        (
            clock([source(PACKAGE, "unusable")], ours=(), leap="Not synchronised", synchronised=synchronised, ntp=RUNS),
            PACKAGE,
        ),
    ):
        assert asked(found) == [host]
        text = refusal(found, answers=[answer(host, "unresolved", "no address")])
        assert "The clock follows ntp.service now" in text and "ntp.service is stopped" in text
        assert refusal(found, answers=[answer(host)]) == ""
        assert refusal(found, [NEW], answers=[answer(host, "unresolved"), answer(NEW)]) == ""


def test_without_any_server_to_probe_nothing_that_works_is_stopped():
    assert "no server that is known" in refusal(without_chrony(True, "mint", ntp=RUNS))


def test_before_chrony_is_installed_its_packages_servers_stand_beside_those_of_the_site():
    assert asked(without_chrony(True, ntp=RUNS), [NEW]) == [NEW, SHIPPED]
