# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's default output, with the verdict of the audit in the last lines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: readiness
type: stdout
short_description: Show the verdict of the audit in the last lines
version_added: 1.0.0
description:
  - The output is that of the plugin P(ansible.builtin.default#callback), with the same options.
  - After the recap it shows what the audit of P(hostprep.runtime_fabric.rtf_preflight#role) found, the verdict in the last
    line. Where the audit fails the run, the failed task shows one line and not its whole result.
  - Where a run ends without a report, because a task failed or the run was interrupted, the last lines say so, and which
    report of an earlier run is still there.
  - While a task of this collection is running, a line every 15 seconds names the hosts that it is still waiting for.
  - With C(-v) the report lists every check; the results of the modules of this collection appear only with C(-vv).
  - A run without an audit looks as usual.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
requirements:
  - Set C(stdout_callback=hostprep.runtime_fabric.readiness) in the section C([defaults]) of C(ansible.cfg).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

import atexit
import os
import textwrap
import threading
import time
from pathlib import Path

from ansible.plugins.callback.default import CallbackModule as Default
from ansible.template import Templar

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import closing_block
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import WIDTH

OURS = "hostprep.runtime_fabric."
REPORT = f"{OURS}preflight_report"
REJUDGED = f"{OURS}rejudge"
ROLE = "rtf_preflight"
COLOURS = {"ready": "green", "not_ready": "red", "incomplete": "yellow"}
QUIET = 15  # seconds without a word
MOST_HOSTS = 4


class CallbackModule(Default):
    """Keeps the summary of the audit until the end of the run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "hostprep.runtime_fabric.readiness"

    def __init__(self):
        super().__init__()
        self._summary, self._colour = [], None
        self._audited, self._ended = None, False
        self._pulse = Pulse(self._display.display)
        atexit.register(self._at_exit, os.getpid())

    def v2_playbook_on_start(self, playbook):
        super().v2_playbook_on_start(playbook)
        self._audited = next((play for play in playbook.get_plays() if _audits(play)), None)

    def v2_playbook_on_task_start(self, task, is_conditional):
        super().v2_playbook_on_task_start(task, is_conditional)
        self._pulse.task(task.action.startswith(OURS))

    def v2_runner_on_start(self, host, task):
        super().v2_runner_on_start(host, task)
        self._pulse.waits_for(host.get_name())

    def v2_runner_on_ok(self, result):
        self._keep(result)
        super().v2_runner_on_ok(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if self._keep(result):
            self._display.display(f"fatal: [{result._host.get_name()}]: {result._result.get('msg')}", color="red")
        else:
            super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_unreachable(self, result):
        self._pulse.heard_of(result._host.get_name())
        super().v2_runner_on_unreachable(result)

    def v2_runner_on_skipped(self, result):
        self._pulse.heard_of(result._host.get_name())
        super().v2_runner_on_skipped(result)

    def v2_playbook_on_stats(self, stats):
        self._ended = True
        self._pulse.task(False)
        super().v2_playbook_on_stats(stats)
        if self._audited is not None and not self._summary and (stats.failures or stats.dark):
            self._say_that_there_is_no_report()
        for line in self._summary:
            self._display.display(line, color=self._colour)

    def _run_is_verbose(self, result, verbosity=0):
        ours = str(result._task.action).startswith(OURS)
        return super()._run_is_verbose(result, verbosity=max(verbosity, int(ours)))

    def _keep(self, result):
        """Remember the summary if this is the result of the report; return whether it is."""
        self._pulse.heard_of(result._host.get_name())
        found = result._result.get("summary") if result._task.action in (REPORT, REJUDGED) else None
        if not found:
            return False
        self._summary, self._colour = list(found), COLOURS.get(result._result.get("readiness"))
        return True

    def _at_exit(self, process):
        """The end of a run that was interrupted."""
        if os.getpid() == process and self._audited is not None and not self._ended:
            self._say_that_there_is_no_report()
            for line in self._summary:
                self._display.display(line, color=self._colour)

    def _say_that_there_is_no_report(self):
        if self._summary:
            return
        directory = _report_directory(self._audited)
        last = run_directories.newest(directory, formats.MAIN)
        text = closing_block.unwritten(str(directory), "the run ended before the audit", last)
        for line in textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False):
            self._display.display(line, color="yellow")


class Pulse:
    """Shows that a long task lives: which hosts it waits for, whenever nothing was heard for a while."""

    def __init__(self, show, quiet=QUIET):
        self._show, self._quiet, self._lock = show, quiet, threading.Lock()
        self._began = self._heard = None
        self._hosts, self._thread = {}, None

    def task(self, watched):
        """A task begins; watched: whether to say what it waits for."""
        with self._lock:
            self._began = self._heard = time.monotonic() if watched else None
            self._hosts = {}
        if watched and self._thread is None:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()

    def waits_for(self, host):
        """The task begins on a host."""
        with self._lock:
            self._hosts[host] = None

    def heard_of(self, host):
        """The task ended on a host."""
        with self._lock:
            self._hosts.pop(host, None)
            self._heard = self._heard and time.monotonic()

    def line(self, now):
        """Return what to show now; an empty text where it is not time."""
        with self._lock:
            if not self._heard or not self._hosts or now - self._heard < self._quiet:
                return ""
            self._heard, hosts = now, list(self._hosts)
            named = ", ".join(hosts[:MOST_HOSTS]) + (
                f" and {len(hosts) - MOST_HOSTS} more" if len(hosts) > MOST_HOSTS else ""
            )
            return f"... {now - self._began:.0f} s, waiting for {named}"

    def _watch(self):
        while True:
            time.sleep(self._quiet / 15)
            line = self.line(time.monotonic())
            if line:
                self._show(line)


def _audits(play):
    """Whether a play audits."""
    roles = [role.get_name(include_role_fqcn=False) for role in play.roles]
    for task in _tasks(play.tasks):
        roles += [task.action.removeprefix(OURS), str((task.args or {}).get("name", "")).removeprefix(OURS)]
        roles += [task._role.get_name(include_role_fqcn=False)] if task._role else []
    return ROLE in roles or REPORT.removeprefix(OURS) in roles


def _tasks(entries):
    for entry in entries:
        if hasattr(entry, "block"):
            yield from _tasks([*entry.block, *entry.rescue, *entry.always])
        else:
            yield entry


def _report_directory(play):
    """Return the directory of the reports of the nodes of a play."""
    manager = play.get_variable_manager()
    nodes = manager._inventory.get_hosts("rtf_nodes")
    variables = manager.get_vars(play=play, host=nodes[0]) if nodes else {}
    name = next((one for one in ("rtf_preflight_report_dir", "rtf_report_dir") if one in variables), None)
    found = Templar(loader=play.get_loader(), variables=variables).template(variables[name]) if name else None
    return Path(str(found or input_declarations.default_of("rtf_report_dir"))).absolute()
