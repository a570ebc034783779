# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker answers, and ends with whoever started it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import forked_worker, processes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

STARTER = f"""
import os, sys, time
from {forked_worker.__name__} import Worker
with Worker(lambda request: os.getpid(), 60) as worker:
    print(worker.ask(1, 10), flush=True)
    time.sleep(60)
"""


def test_it_answers_one_request_after_another():
    with forked_worker.Worker(lambda request: [request, os.getpid()], 60) as worker:
        first, pid = worker.ask({"number": 1}, 10)
        assert first == {"number": 1}
        assert worker.ask("x" * 300000, 10) == ["x" * 300000, pid]
        assert pid != os.getpid()
    assert processes.process(pid) is None


def test_a_problem_of_the_work_is_told():
    with forked_worker.Worker(lambda request: 1 // request, 60) as worker:
        with pytest.raises(forked_worker.WorkerFailed, match="ZeroDivisionError"):
            worker.ask(0, 10)
        assert worker.ask(1, 10) == 1


def test_work_that_hangs_is_left_and_ended():
    with forked_worker.Worker(lambda request: time.sleep(60), 60) as worker:
        with pytest.raises(forked_worker.WorkerFailed, match=r"did not answer within 0\.1 s"):
            worker.ask(None, 0.1)
        pid = worker._pid
    assert processes.process(pid) is None


def test_a_worker_that_dies_is_told():
    with forked_worker.Worker(lambda request: os.kill(os.getpid(), signal.SIGKILL), 60) as worker:
        with pytest.raises(forked_worker.WorkerFailed, match="ended"):
            worker.ask(None, 10)


def test_its_lifetime_ends_it():
    with forked_worker.Worker(lambda request: time.sleep(60), 0.2) as worker:
        with pytest.raises(forked_worker.WorkerFailed, match="ended"):
            worker.ask(None, 30)


def test_it_ends_with_a_parent_that_is_killed():
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        env=module_process.environment(forked_worker),
        stdout=subprocess.PIPE,
        universal_newlines=True,
    )
    worker = processes.process(int(starter.stdout.readline()))
    starter.kill()
    starter.communicate()
    processes.wait_until_gone(worker, 10)
    assert processes.process(worker.pid) != worker
