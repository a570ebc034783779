# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills a process before each call of the operating system in turn, as a power cut or SIGKILL would."""

import itertools
import os
import sys

KILLED = 99
# Methods of open files that write; everything else that changes a file system is a function of the module posix.
WRITING = ("write", "flush", "close")


def at_every_call(prepare, action):
    """Yield the number of a call, when prepare() was called and action() was killed before it in a child process.

    Ends, after one more round, with the first number that action() does not reach.
    """
    for number in itertools.count():
        prepare()
        if _run(action, number) != KILLED:
            return
        yield number


def _run(action, number):
    """Run action() in a child, killed before its call of that number; return the exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sys.setprofile(_killer(number))
            action()
            code = 0
        finally:
            sys.setprofile(None)
            os._exit(code)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])


def _killer(number):
    left = itertools.count(number, -1)

    def profile(_frame, event, function):
        if event != "c_call":
            return
        if function.__module__ == "posix" and function is not _exit or function.__name__ in WRITING:
            if next(left) == 0:
                _exit(KILLED)

    _exit = os._exit
    return profile
