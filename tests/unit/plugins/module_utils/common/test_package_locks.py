# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks as dpkg and rpm hold them, by fcntl, are seen and not taken."""

import contextlib
import subprocess
import sys
import threading

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import package_locks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

HOLDING = """
import fcntl, sys
lock = open(sys.argv[1], "r+")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    found = tmp_path / "lock"
    found.write_text("")
    monkeypatch.setattr(package_locks, "LOCKS", (str(tmp_path / "none"), str(found)))
    monkeypatch.setattr(package_locks, "_POLL", 0.01)
    return str(found)


@contextlib.contextmanager
def held(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.stdin.close()


def test_nobody_holds_a_lock_that_is_free_or_not_there(path):
    assert [package_locks.holder(one) for one in package_locks.LOCKS] == [0, 0]
    assert package_locks.wait(0)


def test_the_holder_is_named_and_keeps_the_lock(path):
    with held(path) as process:
        assert [package_locks.holder(path) for dummy in range(2)] == [process.pid] * 2
        assert not package_locks.wait(0.05)
    assert package_locks.holder(path) == 0


def test_it_waits_for_the_end_of_the_work(path):
    with held(path) as process:
        threading.Timer(0.2, process.stdin.close).start()
        assert package_locks.wait(loopback.PATIENCE)
