# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import threading
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.deadlines import Deadline
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.thread_pool import run_all
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


def job(value, seconds=0.0):
    def work():
        time.sleep(seconds)
        return value

    return work


def test_answers_come_in_the_order_of_the_jobs_not_of_their_ends():
    outcomes = run_all([job("slow", 0.2), job("quick"), job("middling", 0.1)], 3, Deadline(5))
    assert [outcome.value for outcome in outcomes] == ["slow", "quick", "middling"]
    assert all(outcome.done for outcome in outcomes)


def test_jobs_run_side_by_side():
    all_at_work = threading.Barrier(40)
    outcomes = run_all([all_at_work.wait] * 40, 40, Deadline(loopback.PATIENCE))
    assert all(outcome.done for outcome in outcomes)


def test_no_more_than_the_given_number_at_once():
    lock = threading.Lock()
    running, most = [0], [0]

    def work():
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= 1

    run_all([work] * 12, 3, Deadline(5))
    assert most[0] == 3


def test_an_exception_is_the_job_s_own_affair():
    def broken():
        raise ValueError("no")

    outcomes = run_all([broken, job("fine")], 1, Deadline(5))
    assert (outcomes[0].done, str(outcomes[0].error)) == (True, "no")
    assert outcomes[1].value == "fine"


def test_a_hung_job_does_not_outlast_the_deadline_nor_spoil_the_others():
    release = threading.Event()
    begun = time.monotonic()
    outcomes = run_all([release.wait, job("fine")], 2, Deadline(1))
    assert time.monotonic() - begun < loopback.PATIENCE
    assert [outcome.done for outcome in outcomes] == [False, True]
    release.set()
    time.sleep(0.1)
    assert not outcomes[0].done, "a straggler changed an answer that was given already"


def test_jobs_that_have_no_turn_before_the_deadline_are_never_begun():
    release = threading.Event()
    begun = []
    outcomes = run_all([release.wait, lambda: begun.append(1)], 1, Deadline(0.2))
    release.set()
    time.sleep(0.1)
    assert [outcome.done for outcome in outcomes] == [False, False]
    assert begun == []


def test_nothing_to_do():
    assert run_all([], 4, Deadline(5)) == []
