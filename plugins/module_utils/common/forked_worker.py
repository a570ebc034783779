# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of this process that answers requests: for work that would change this process, such as entering a namespace.

It ends with its parent, and after its lifetime in any case, so nothing of it is left. To be started before any thread.
"""

import ctypes
import json
import os
import signal
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, detached_process
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable

MOST_BYTES = 16 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


class WorkerFailed(Exception):
    """The worker did not answer in time, or could not; the text says why."""


class Worker:
    """A context manager. serve: a function from a request to a reply, both JSON; lifetime: seconds."""

    def __init__(self, serve, lifetime):
        self._serve, self._lifetime = serve, lifetime
        self._socket, self._pid = None, None

    def __enter__(self):
        self._socket, theirs = socket.socketpair()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            self._become_worker(theirs, parent)
        theirs.close()
        return self

    def __exit__(self, kind, problem, traceback):
        self._socket.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def fileno(self):
        """For select(): readable when the reply begins."""
        return self._socket.fileno()

    def send(self, request):
        """Send a request, whose reply has to be received before the next one. Raises WorkerFailed."""
        try:
            self._socket.sendall(_line(request))
        except OSError as problem:
            raise WorkerFailed(f"the forked process has ended: {problem.strerror}") from problem

    def receive(self, seconds):
        """The reply to what was sent. Raises WorkerFailed."""
        deadline, received = deadlines.Deadline(seconds), bytearray()
        while not received.endswith(b"\n"):
            if not readable([self._socket], deadline.remaining()):
                raise WorkerFailed(f"the forked process did not answer within {seconds:g} s")
            chunk = self._socket.recv(65536)
            if not chunk or len(received) > MOST_BYTES:
                raise WorkerFailed(
                    "the forked process ended" if not chunk else "the answer of the forked process is too long"
                )
            received += chunk
        reply = json.loads(received.decode("utf-8"))
        if "failed" in reply:
            raise WorkerFailed(reply["failed"])
        return reply["done"]

    def ask(self, request, seconds):
        """The reply to a request. Raises WorkerFailed."""
        self.send(request)
        return self.receive(seconds)

    def _become_worker(self, channel, parent):
        """In the forked process: never returns."""
        status = 1
        try:
            self._socket.close()
            detached_process.bound(self._lifetime)
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                detached_process.without_terminal()
                with channel.makefile("rb") as requests:
                    for line in requests:
                        channel.sendall(_line(self._reply(json.loads(line.decode("utf-8")))))
            status = 0
        finally:
            # No exception may reach the code of the module, of which this process is a copy.
            os._exit(status)

    def _reply(self, request):
        try:
            return {"done": self._serve(request)}
        except Exception as problem:
            return {"failed": f"{type(problem).__name__}: {problem}"}


def _line(message):
    return json.dumps(message).encode("utf-8") + b"\n"
