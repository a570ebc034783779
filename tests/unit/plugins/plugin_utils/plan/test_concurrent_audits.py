# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runs of Ansible are over, and what is said of one that is not."""

import os
import subprocess
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import concurrent_audits, process_identity

OURS = concurrent_audits.this_run("ours")


def run_of(process, **changed):
    return {**OURS, "id": "theirs", "process": process, **changed}


@pytest.fixture
def child():
    """The process of another run."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def test_the_process_of_this_run_is_the_parent_of_a_worker():
    assert OURS["process"] == process_identity.own(os.getppid()) and OURS["controller"] and OURS["user"]


def test_a_run_is_over_when_its_process_is_gone(child):
    theirs = run_of(process_identity.own(child.pid))
    assert not concurrent_audits.is_over(theirs, OURS)
    child.kill()
    child.wait()
    assert concurrent_audits.is_over(theirs, OURS)


def test_a_later_process_with_the_same_id_is_another_one(child):
    machine, dummy, born = process_identity.own(child.pid).rpartition(" ")
    assert concurrent_audits.is_over(run_of(f"{machine} {int(born) - 1}"), OURS)


def test_what_this_very_run_left_is_over():
    assert concurrent_audits.is_over(run_of(OURS["process"]), OURS)


@pytest.mark.parametrize(
    "theirs",
    [
        None,
        {},
        run_of(""),
        run_of("another-boot 4026531836 1 1"),
        run_of(OURS["process"].partition(" ")[0] + " 1 1 1"),
    ],
)
def test_of_another_controller_nothing_is_known(theirs):
    assert not concurrent_audits.is_over(theirs, OURS)


def test_a_controller_without_proc_knows_nothing():
    assert not concurrent_audits.is_over(run_of("boot 1 1 1"), {**OURS, "process": ""})


def result(*holders):
    return {"changed": False, "listening": {"held_by": list(holders)}}


def test_nobody_is_in_the_way_where_listeners_run():
    assert (
        concurrent_audits.in_the_way({"n1": {"listening": {"places": []}}, "n2": None, "n3": {"unreachable": True}})
        == {}
    )


def test_who_is_in_the_way_is_said_in_one_line():
    theirs = {"pid": 7, "run": run_of("", started=1700000000.5, user="jo", controller="build-1"), "ends_in": 131.6}
    found = concurrent_audits.in_the_way(
        {"n1": result(theirs), "n2": {"listening": {"places": []}}, "n3": result(theirs)}
    )
    assert concurrent_audits.sentence(found) == (
        "Another audit uses the ports on n1, n3, run by jo on build-1 since 2023-11-14 22:13:20 UTC. Nothing was judged. "
        "Wait until it has ended, then run this audit again. If it was interrupted, its listeners end within 132 s."
    )


def test_a_listener_that_does_not_say_whose_it_is():
    sentence = concurrent_audits.sentence({"n1": [{"pid": 7, "hung": True}]})
    assert sentence.startswith("Another audit uses the ports on n1, with a listener of unknown origin (pid 7). ")
