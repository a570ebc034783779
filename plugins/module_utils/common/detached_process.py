# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a process that outlives the module, with a limited lifetime.

The kernel enforces the limit with a timer that sends SIGKILL, even when the process is stopped or hangs.
"""

import ctypes
import math
import os
import signal

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable

_CLOCK_BOOTTIME = 7  # counts the time that a suspended machine sleeps, too
_SIGEV_SIGNAL = 0
_FAILED = b"\0failed: "


class NotStarted(Exception):
    """The process did not start or did not report in time; the text says why."""


class _SignalEvent(ctypes.Structure):
    _fields_ = [
        ("value", ctypes.c_void_p),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 64),
    ]


class _TimeSpec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _TimerSpec(ctypes.Structure):
    _fields_ = [("interval", _TimeSpec), ("value", _TimeSpec)]


def kill_after(seconds):
    """Set a kernel timer that kills this process after `seconds`. Raises OSError if the timer cannot be set."""
    library = _library_with("timer_create")
    event = _SignalEvent(None, signal.SIGKILL, _SIGEV_SIGNAL, b"")
    timer = ctypes.c_void_p()
    _succeed(library.timer_create(_CLOCK_BOOTTIME, ctypes.byref(event), ctypes.byref(timer)))
    whole = int(seconds)
    spec = _TimerSpec(_TimeSpec(0, 0), _TimeSpec(whole, int((seconds - whole) * 1e9) or 1))
    _succeed(library.timer_settime(timer, 0, ctypes.byref(spec), None))


def _library_with(name):
    # The GNU C library had its timers in librt before 2.34.
    for library in (None, "librt.so.1"):
        found = ctypes.CDLL(library, use_errno=True)
        if hasattr(found, name):
            return found
    raise OSError(f"the C library has no {name}")


def _succeed(status):
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def start(work, lifetime, patience):
    """Run `work(report)` in a separate process that is killed `lifetime` seconds from now; return the bytes it reported.

    report: to be called once, with bytes. The process has no terminal, no parent, none of the caller's open files, and / as
    its directory. Raises NotStarted without a report within `patience` seconds; the process is then gone, or ends when its
    lifetime is over.
    """
    reader, writer = os.pipe()
    middle = os.fork()
    if middle == 0:
        _become_process(work, lifetime, writer)
    os.close(writer)
    os.waitpid(middle, 0)
    try:
        reported = _read_all(reader, patience)
    finally:
        os.close(reader)
    if reported.startswith(_FAILED):
        raise NotStarted(reported[len(_FAILED) :].decode("utf-8", "replace"))
    if not reported:
        raise NotStarted("the process ended or hung before it could report")
    return reported


def _become_process(work, lifetime, writer):
    """In the forked child: never returns."""
    status = 1
    try:
        os.setsid()
        if os.fork() == 0:
            bound(lifetime)
            os.chdir("/")
            _let_go_of_files(writer)
            _run(work, writer)
        status = 0
    finally:
        # No exception may reach the code of the module, of which this process is a copy.
        os._exit(status)


def _run(work, writer):
    done = []

    def report(data):
        done.append(True)
        _report(writer, data)

    try:
        work(report)
    except Exception as problem:
        if done:
            raise
        _report(writer, _FAILED + (f"{type(problem).__name__}: {problem}").encode())


def bound(lifetime):
    """Limit the lifetime of this process, in seconds."""
    # The alarm is there for a C library without timers: it ends all but a stopped process.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(math.ceil(lifetime)) + 1)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        kill_after(lifetime)
    except OSError:
        return


def _let_go_of_files(kept):
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the one that listed the folder
    without_terminal()


def without_terminal():
    """Read nothing, and write nowhere: whoever waits for the end of this process's output does not wait for it."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.close(null)


def _report(writer, data):
    while data:
        data = data[os.write(writer, data) :]
    os.close(writer)


def _read_all(reader, patience):
    deadline = deadlines.Deadline(patience)
    chunks = []
    while not deadline.expired():
        if readable([reader], deadline.remaining()):
            chunk = os.read(reader, 65536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
    return b""
