# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import signal
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import detached_process, processes


def gone_within(pid, seconds):
    end = time.monotonic() + seconds
    while processes.is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not processes.is_running(pid)


def say_pid_and_sleep(say):
    say(str(os.getpid()).encode("ascii"))
    time.sleep(60)


@pytest.mark.parametrize("number", [None, signal.SIGSTOP, signal.SIGHUP, signal.SIGALRM])
def test_no_signal_lets_the_process_outlive_its_time(number):
    pid = int(detached_process.start(say_pid_and_sleep, 1.2, 5))
    assert processes.is_running(pid) and os.getsid(pid) != os.getsid(0)
    if number is not None:
        os.kill(pid, number)
    assert gone_within(pid, 3)


def test_the_process_keeps_no_file_of_the_caller_open():
    def tell_files(say):
        paths = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
        say(",".join(os.readlink(path) for path in paths if os.path.islink(path)).encode("utf-8"))

    reader, writer = os.pipe()
    mine = os.readlink(f"/proc/self/fd/{writer}")
    try:
        said = detached_process.start(tell_files, 5, 5).decode("utf-8")
    finally:
        os.close(reader)
        os.close(writer)
    assert mine not in said and said.count(os.devnull) == 3


def test_why_it_did_not_start_is_told():
    def fail(say):
        raise OSError(98, "taken")

    with pytest.raises(detached_process.NotStarted, match="taken"):
        detached_process.start(fail, 5, 5)


def test_a_process_that_says_nothing_is_given_up():
    with pytest.raises(detached_process.NotStarted, match="hung"):
        detached_process.start(lambda say: time.sleep(60), 1, 0.2)
