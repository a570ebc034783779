# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rtf_time_sync plans for services and on the way back. Its files: platforms/test_time_sync.py; its sources: test_time_sources.py."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import change_records
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_time_sync
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import BLOCK
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    KINDS,
    Cluster,
    Refusal,
)

RUNS, RESTS = {"active": True, "enabled": True}, {"active": False, "enabled": False}
NTP, SOURCES = "ntp.service", "/etc/chrony/sources.d/runtime-fabric.sources"
FOUND = {
    "name": BLOCK,
    "path": SOURCES,
    "target": SOURCES,
    "mode": 0o644,
    "mode_before": None,
    "missing_directories": 0,
    "leftovers": [],
    "in_place": True,
    "lines": [{"text": "server a.example iburst", "expected": True}],
}


def host(units, newer=(), installed=True, blocks=()):
    configuration = {"path": "/etc/chrony/chrony.conf", "files": [], "sources": [], "keys": [], "newer": list(newer)}
    return {
        "time": {
            "units": units,
            "synchronised": False,
            "chrony": {"version": "4.3", "features": ["NTS"]} if installed else {"error": "no chronyc"},
            "configuration": configuration if installed else None,
            "platform": {"id": "debian", "version": "12", "like": []},
        },
        "blocks": list(blocks),
    }


def nothing_to_restore():
    """Evidence that no block of ours is there."""
    paths = ("/etc/chrony/chrony.conf", SOURCES, "/etc/chrony/conf.d/runtime-fabric.conf", "/etc/chrony/chrony.keys")
    return [{**FOUND, "path": path, "target": path, "mode": None, "lines": None} for path in paths]


def plan(found, servers=UNCHANGED, keys=UNCHANGED, force=False):
    planned = rtf_time_sync.plan({"servers": servers, "keys": keys, "force": force}, found, Cluster("n1", {}, {}))
    assert {change["kind"] for change in planned.changes} <= set(KINDS)
    return planned


def services(planned):
    return [tuple(one.values()) for change in planned.changes for one in change.get("services", ())]


def test_chrony_that_runs_alone_needs_nothing():
    assert plan(host({"chrony.service": RUNS, NTP: RESTS})) == ([], {}, [], [], [])


def test_other_time_services_are_stopped_named_and_recorded_before_chrony_is_started():
    planned = plan(host({"chrony.service": RESTS, NTP: RUNS}))
    assert services(planned) == [(NTP, False, "stopped"), ("chrony", True, "started")]
    assert planned.record == {"units": {NTP: RUNS, "chrony.service": RESTS}}
    assert planned.removals == [f"{NTP} is stopped, and no longer starts at boot"]


def test_a_change_that_leaves_no_source_is_refused_unless_it_is_forced():
    found = host({"chrony.service": RUNS, NTP: RUNS})
    found["time"]["synchronised"] = True
    with pytest.raises(Refusal, match="Nothing was changed. The clock follows ntp.service now"):
        plan(found)
    assert services(plan(found, force=True)) == [(NTP, False, "stopped")]
    found["time_answers"] = [{"host": "a.example", "verdict": "reachable", "detail": None}]
    assert services(plan(found, ["a.example"]))[0] == (NTP, False, "stopped")


def test_evidence_that_could_not_be_collected_is_a_refusal():
    with pytest.raises(Refusal, match="time: no systemd"):
        plan({"time": {"error": "no systemd"}})


def test_a_configuration_that_cannot_be_read_is_a_refusal_and_no_obstacle_to_reverting():
    """Such as a link of /etc/chrony/chrony.conf to a file that is not there."""
    found = host({"chrony.service": RUNS}, blocks=nothing_to_restore())
    found["time"]["configuration"] = {"error": "/etc/chrony/chrony.conf: dangling link to /nowhere"}
    with pytest.raises(Refusal, match="configuration: /etc/chrony/chrony.conf: dangling link to /nowhere"):
        plan(found, ["a.example"])
    assert rtf_time_sync.revert({}, found, {}).changes == []


def test_chronyd_with_directives_instead_of_a_file_is_a_refusal_where_a_file_is_asked_for():
    found = host({"chrony.service": RUNS})
    found["time"]["configuration"].update(path=None, directives=True)
    with pytest.raises(Refusal, match="started with directives instead of a configuration file"):
        plan(found, ["a.example"])
    assert plan(found) == ([], {}, [], [], [])


def test_reverting_removes_our_files_restarts_chrony_and_restores_the_services():
    remembered = {"units": {NTP: RUNS, "chrony.service": RESTS, "gone.service": RUNS}}
    blocks = [FOUND, *(entry for entry in nothing_to_restore() if entry["path"] != SOURCES)]
    planned = rtf_time_sync.revert({}, host({"chrony.service": RUNS, NTP: RESTS}, blocks=blocks), remembered)
    assert [entry["path"] for entry in planned.changes[0]["blocks"]] == [SOURCES]
    assert [change["services"] for change in planned.changes[1:]] == [
        [{"name": "chrony", "state": "restarted"}],
        [
            {"name": NTP, "enabled": True, "state": "started"},
            {"name": "chrony.service", "enabled": False, "state": "stopped"},
        ],
    ]


def test_reverting_finds_what_is_in_a_file_that_chrony_no_longer_reads():
    """The option -f, or another file of keys, that came after the role ran."""
    keys = "/etc/chrony/chrony.keys"
    blocks = [
        {
            **found,
            **(
                {"mode": 0o640, "lines": [{"text": "7 SHA1 @{key_7}", "expected": True}]}
                if found["path"] == keys
                else {}
            ),
        }
        for found in nothing_to_restore()
    ]
    found = host({"chrony.service": RUNS}, blocks=blocks)
    found["time"]["configuration"]["files"] = [{"directive": "keyfile", "path": "/etc/ntp/site.keys", "block": None}]
    blocks.append({**FOUND, "path": "/etc/ntp/site.keys", "target": "/etc/ntp/site.keys", "lines": None})
    planned = rtf_time_sync.revert({}, {**found, "blocks": blocks}, {})
    assert [(entry["path"], entry["state"]) for entry in planned.changes[0]["blocks"]] == [(keys, "absent")]


def test_reverting_a_host_that_is_as_before_changes_nothing():
    found = host({"chrony.service": RUNS, NTP: RESTS}, blocks=nothing_to_restore())
    assert rtf_time_sync.revert({}, found, {}).changes == []
    assert rtf_time_sync.revert({}, found, {"units": {NTP: RESTS}}).changes == []
    assert rtf_time_sync.revert({}, host({}, installed=False), {}).changes == []


def test_servers_are_configured_before_the_installation_that_starts_chrony_with_them():
    """What the new chrony needs besides, as a line in its own file, is planned again after the installation."""
    blocks = nothing_to_restore()
    planned = plan(host({NTP: RESTS}, installed=False, blocks=blocks), ["a.example"])
    assert [(change["step"], change["kind"]) for change in planned.changes] == [
        ("Configure the servers of chrony before its installation", "blocks"),
        ("Install chrony", "packages"),
        ("Configure the servers and keys of chrony", "blocks"),
        ("Start chrony, now and at boot", "services"),
    ]
    assert [entry["path"] for entry in planned.changes[0]["blocks"]] == [SOURCES]
    assert planned.changes[2]["blocks"] == []
    there = [FOUND if found["path"] == SOURCES else found for found in blocks]
    installed = host({"chrony.service": RUNS}, blocks=there)
    installed["time"]["configuration"]["files"] = [
        {"directive": "sourcedir", "path": "/etc/chrony/sources.d", "block": None}
    ]
    assert plan(installed, ["a.example"]).changes == []
    installed["time"]["configuration"]["files"] = []
    assert [change["step"] for change in plan(installed, ["a.example"]).changes] == []


def test_with_keys_chrony_is_configured_after_its_installation():
    keys = [{"id": 7, "type": "SHA256", "secret": "x"}]
    planned = plan(host({}, installed=False, blocks=nothing_to_restore()), ["a.example"], keys)
    assert [change["kind"] for change in planned.changes] == ["packages", "blocks", "services"]


def test_reverting_an_installation_that_never_came_removes_the_servers():
    planned = rtf_time_sync.revert({}, host({}, installed=False, blocks=[FOUND]), {})
    assert [(entry["path"], entry["state"]) for entry in planned.changes[0]["blocks"]] == [(SOURCES, "absent")]
    assert len(planned.changes) == 1


def test_services_are_restored_after_the_packages_and_a_chrony_that_goes_is_not_restarted():
    remembered = {"units": {NTP: RUNS}, "packages_added": ["chrony"]}
    planned = rtf_time_sync.revert({}, host({"chrony.service": RUNS, NTP: RESTS}, blocks=[FOUND]), remembered)
    assert [change["kind"] for change in planned.changes] == ["blocks"]


def test_a_chrony_that_has_not_read_what_an_interrupted_run_removed_is_restarted():
    found = host({"chrony.service": RUNS}, newer=["/etc/chrony/chrony.conf"], blocks=nothing_to_restore())
    assert services(rtf_time_sync.revert({}, found, {})) == [("chrony", "restarted")]


@pytest.mark.parametrize(
    "left", [RESTS, {"active": False, "enabled": True}, {"active": True, "enabled": False}, RUNS, None]
)
def test_a_run_that_was_killed_within_the_installation_records_what_an_undisturbed_one_does(left):
    """The chrony that it leaves, idle or not, is none of the site's."""
    first = plan(host({NTP: RUNS}, installed=False))
    packages = first.changes[0]
    assert (packages["kind"], first.record) == ("packages", {})  # one record is written
    recorded = {"packages_added": ["chrony"], "packages_removed": ["ntp"], **packages["record"]}
    undisturbed = dict(recorded)
    units = {NTP: RESTS} if left is None else {NTP: RESTS, "chrony.service": left}
    again = plan(host(units, installed=left is not None))
    assert change_records.merged(recorded, again.record) == undisturbed
    assert undisturbed["units"] == {NTP: RUNS, "chrony.service": RESTS}


def test_the_inspection_of_the_way_back_needs_no_inputs():
    asked = rtf_time_sync.inspection({}, {})
    assert asked["sections"] == ["time"] and {place["name"] for place in asked["blocks"]} == {BLOCK}
