# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import signal
import socket
import subprocess
import sys

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_process_is_known_by_when_it_began():
    with subprocess.Popen(SLEEP) as child:
        found = processes.process(child.pid)
        assert found == processes.process(child.pid) and found.born > 0
        processes.kill(found._replace(born=found.born - 1), 5)
        assert child.poll() is None, "a process that began at another time was killed"
        os.kill(child.pid, signal.SIGSTOP)
        while not processes.is_stopped(child.pid):
            assert child.poll() is None
        processes.kill(found, 5)
        # Dead, though nobody has collected it.
        assert processes.process(found.pid) is None and not processes.is_running(found.pid)
        assert child.wait() == -signal.SIGKILL
    processes.kill(found, 5)


def test_a_socket_is_held_by_those_that_have_it_open():
    with socket.socket() as sock:
        inode = os.fstat(sock.fileno()).st_ino
        assert processes.holds_socket(os.getpid(), inode)
        with subprocess.Popen(SLEEP) as child:
            assert not processes.holds_socket(child.pid, inode)
            child.kill()
    assert not processes.holds_socket(os.getpid(), inode)
