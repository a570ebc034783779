# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many attempts run at a time through one proxy: a few, so that the load of the probes does not make them fail."""

import collections
import threading

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import connection_paths, verdicts

A_FEW = 4


class ProxyTurns:
    """The turns of thread_pool.run_all. paths: the path of each attempt. most: at a time through one proxy.

    late: a function of an attempt's result that returns whether it timed out. Without a limit run attempts through a proxy
    that is unreachable, or through which twice `most` attempts timed out and none got an answer: waiting for their turns
    would only use up the time of the other attempts.
    """

    def __init__(self, paths, most, late):
        self._paths, self._most, self._late = paths, most, late
        self._running, self._lost = collections.Counter(), collections.Counter()
        self._answered, self._holding = set(), set()
        self.changed = threading.Condition()

    def take(self, index):
        """Whether an attempt may begin now; if so, it counts as begun."""
        path = self._paths[index]
        if path != connection_paths.DIRECT and self._running[path] >= self._most and self._to_be_spared(path):
            return False
        self._running[path] += 1
        return True

    def hold(self, index):
        """End the turn of an attempt that only keeps its connection open from now on, which puts no load on the proxy."""
        with self.changed:
            self._holding.add(index)
            self._running[self._paths[index]] -= 1
            self._answered.add(self._paths[index])
            self.changed.notify_all()

    def end(self, index, outcome):
        """An attempt has ended."""
        path = self._paths[index]
        if index not in self._holding:
            self._running[path] -= 1
        result = outcome.value or {}
        if result.get("verdict") == verdicts.PROXY_UNREACHABLE:
            self._lost[path] += 2 * self._most
        elif result and self._late(result):
            self._lost[path] += 1
        else:
            self._answered.add(path)

    def _to_be_spared(self, path):
        return path in self._answered or self._lost[path] < 2 * self._most
