# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests of killed runs: which kills there are, and what counts as well."""

import signal
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import cases, tasks, trial
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.callback.kill_moment import key_of
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.kill_signals import Kill, end, kill_of
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.playbook_runs import Run
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.results import Results, numbers

EVENTS = [
    {"at": 1.0, "event": "start", "task": "r/main: Look#1", "action": "hostprep.runtime_fabric.host_info"},
    {"at": 1.5, "event": "end", "task": "r/main: Look#1", "status": "ok", "changed": False},
    {"at": 2.0, "event": "start", "task": "r/main: Install#1", "action": "ansible.builtin.apt"},
    {"at": 6.0, "event": "end", "task": "r/main: Install#1", "status": "ok", "changed": True},
    {"at": 7.0, "event": "start", "task": "r/main: Other#1", "action": "ansible.builtin.apt"},
    {"at": 7.1, "event": "end", "task": "r/main: Other#1", "status": "skipped", "changed": False},
]
WELL = {
    "struck": True,
    "still_running": False,
    "revert": {"code": 0},
    "left": {},
    "rerun": {"code": 0},
    "once_more": {"code": 0, "changed": []},
    "otherwise": {},
    "unread": [],
}


def test_every_task_of_the_entry_points_is_listed_once_and_no_other():
    found = tasks.tasks_of("prepare_rtf")
    assert len(found) == len(set(found)) > 60
    assert {"rtf_kernel/apply_services: *", "rtf_firewall/apply_rules: *"} <= set(found)
    assert not any("revert" in name.partition(":")[0] for name in found)


@pytest.mark.parametrize(
    "path, key",
    [
        ("/x/hostprep/runtime_fabric/roles/rtf_kernel/tasks/apply_services.yml:3", "rtf_kernel/apply_services: N"),
        ("/x/playbooks/prepare_rtf.yml:12", "prepare_rtf: N"),
        ("", "N"),
    ],
)
def test_a_task_is_known_by_its_role_and_its_file(path, key):
    assert key_of(path, "N") == key


def test_a_task_that_changes_something_is_killed_at_more_moments_and_one_that_was_skipped_at_none():
    found = [(case.task, case.moment, case.follow_up) for case in cases.cases(EVENTS)]
    assert found == [
        ("r/main: Look#1", "start", "converge"),
        *(
            ("r/main: Install#1", *kind)
            for kind in (
                ("into", "rerun"),
                ("after", "converge"),
                ("after", "revert"),
                ("module", "rerun"),
                ("connection", "rerun"),
            )
        ),
    ]


def test_what_takes_several_modules_loses_its_controller_with_and_without_its_worker():
    change = [{**event, "action": "hostprep.runtime_fabric.firewall_rules"} for event in EVENTS[2:4]]
    assert "parent" in [case.moment for case in cases.cases(change)]
    assert "parent" not in [case.moment for case in cases.cases(EVENTS)]


def test_a_kill_into_a_task_comes_when_half_of_its_time_is_over():
    kill = kill_of(cases.Case("r/main: Install#1", "module", "rerun"), 4.0, ["sudo", "-n"], 12, "^python3$")
    assert (kill.moment, kill.delay, kill.of_controller) == ("into", 2.0, False)
    assert "until sudo -n pkill -KILL --ns 12 --nslist pid -f '^python3$'; do" in kill.weapon


STRIKE, STRUCK, CUT = {"event": "strike"}, {"event": "struck"}, EVENTS[:3]


@pytest.mark.parametrize(
    "code, events, kill, cut",
    [
        (-9, [*CUT, STRIKE], {}, True),
        (-9, [*CUT, STRIKE, EVENTS[3], EVENTS[4]], {}, False),  # the next task had begun
        (0, [*EVENTS, STRIKE], {}, False),  # the run had come to its end
        (2, [*CUT, STRIKE, STRUCK, {**EVENTS[3], "status": "failed"}], {"of_controller": False}, True),
        (0, [*CUT, STRIKE, EVENTS[3], STRUCK], {"of_controller": False}, False),
        (0, [*CUT, STRIKE, EVENTS[3]], {"of_controller": False}, False),  # there was nothing to kill
    ],
)
def test_a_kill_counts_only_where_it_came_within_its_task(code, events, kill, cut):
    assert Run(code, "", events).cut_off(Kill("r/main: Install#1", "into", **kill)) == cut


def test_what_is_left_of_a_run_is_known_by_its_log(tmp_path):
    log, other = tmp_path / "killed.log", tmp_path / "revert.log"
    runs = [
        subprocess.Popen(["sleep", "60"], env={"RTF_KILLS_LOG": str(path)}, start_new_session=True)
        for path in (log, other)
    ]
    try:
        end(log)
        assert runs[0].wait(10) == -signal.SIGKILL and runs[1].poll() is None
    finally:
        for process in runs:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "found, wrong",
    [
        ({}, []),
        ({"struck": False}, ["not killed"]),
        ({"rerun": {"code": 2}}, ["does not converge"]),
        ({"once_more": {"code": 0, "changed": ["x"]}}, ["changes something again"]),
        ({"unread": ["docker.service"]}, ["systemd has not read its files"]),
        ({"otherwise": {"files": ["+/etc/x"]}}, ["converges to something else"]),
        ({"left": {"files": ["+/etc/x"]}}, ["not as before"]),
        ({"revert": {"code": 2}, "left": {"files": ["+/etc/x"]}}, ["does not revert"]),
    ],
)
def test_what_went_wrong_is_named(found, wrong):
    assert trial.verdict({**WELL, **found}) == wrong


def test_what_was_not_tried_is_not_judged():
    tried = {name: WELL[name] for name in ("struck", "rerun", "otherwise", "unread")}
    assert trial.verdict(tried) == []
    assert trial.verdict({**tried, "otherwise": {"files": ["+/etc/x"]}}) == ["converges to something else"]


def test_results_are_kept_and_what_failed_is_tried_again_where_that_is_asked_for(tmp_path):
    path = tmp_path / "results.jsonl"
    results = Results(path, False)
    results.add({"name": "a", "task": "t", "verdict": [], **{key: WELL[key] for key in ("rerun", "left")}})
    results.add({"name": "b", "task": "t", "verdict": ["not as before"], "left": {"files": ["x"]}})
    assert Results(path, True).done == {"a", "b"} and Results(path, True, True).done == {"a"}
    assert Results(path, False).done == set()
    assert numbers(results.rows) == [
        "killed: 2 of 2, at 1 tasks",
        "converged: 1 of 1",
        "reverted to the byte: 1 of 2",
        "  not as before: b",
    ]
