# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run many blocking jobs at once under one deadline, and never wait for one that hangs."""

import collections
import threading


class Finished:
    """How one job ended: `done` is whether it ended in time; then `value` or `error` (an Exception) is set."""

    def __init__(self):
        self.done = False
        self.value = None
        self.error = None


def run_all(jobs, concurrency, deadline, turns=None):
    """Call every function in `jobs`, at most `concurrency` at a time; return a list of Finished in their order.

    turns: where not every job may begin as soon as a thread is free, an object with the methods take(index), whether a job
    may begin now, and end(index, Finished). Both are called with its attribute `changed` held, a Condition that it notifies
    when more jobs may begin. The first one that may does.

    Returns when all are done or `deadline` has passed, whichever comes first. The threads are daemons: one that is
    stuck in a system call (getaddrinfo cannot be interrupted) does not keep the process from ending.
    Raises RuntimeError if not even one thread can be started.
    """
    outcomes = [Finished() for job in jobs]
    waiting = collections.deque(range(len(outcomes)))
    left = [len(outcomes)]
    changed = turns.changed if turns is not None else threading.Condition()

    def work():
        while True:
            with changed:
                index = _next(waiting, turns, deadline, changed)
                if index is None:
                    return
            job = jobs[index]
            value, error = None, None
            try:
                value = job()
            except Exception as exc:
                error = exc
            with changed:
                outcome = outcomes[index]
                outcome.value, outcome.error, outcome.done = value, error, True
                if turns is not None:
                    turns.end(index, outcome)
                left[0] -= 1
                changed.notify_all()

    _start_workers(work, min(concurrency, len(outcomes)))
    with changed:
        while left[0] and not deadline.expired():
            changed.wait(deadline.remaining())
        # A copy: a late thread must not change the caller's result.
        return [_copy(outcome) for outcome in outcomes]


def _next(waiting, turns, deadline, changed):
    """Take the index of a job that may begin out of `waiting`, and wait for one if need be; None when there is none left."""
    while waiting and not deadline.expired():
        index = next((index for index in waiting if turns is None or turns.take(index)), None)
        if index is not None:
            waiting.remove(index)
            return index
        changed.wait(deadline.remaining())
    return None


def start_daemon(work):
    """Run `work` in a thread that does not keep the process alive. Raises RuntimeError when there is no thread left."""
    thread = threading.Thread(target=work)
    thread.daemon = True
    thread.start()


def _start_workers(work, count):
    for number in range(count):
        try:
            start_daemon(work)
        except RuntimeError:
            # The host allows no more threads: fewer do the same work more slowly.
            if number == 0:
                raise
            return


def _copy(outcome):
    copy = Finished()
    copy.done, copy.value, copy.error = outcome.done, outcome.value, outcome.error
    return copy
