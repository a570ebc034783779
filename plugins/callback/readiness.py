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
  - A run without an audit looks as usual.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
requirements:
  - Set C(stdout_callback=hostprep.runtime_fabric.readiness) in the section C([defaults]) of C(ansible.cfg).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

from ansible.plugins.callback.default import CallbackModule as Default

REPORTS = ("hostprep.runtime_fabric.preflight_report", "hostprep.runtime_fabric.rejudge")
COLOURS = {"ready": "green", "not_ready": "red", "incomplete": "yellow"}


class CallbackModule(Default):
    """Keeps the summary of the audit until the end of the run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "hostprep.runtime_fabric.readiness"

    def __init__(self):
        super().__init__()
        self._summary, self._colour = [], None

    def v2_runner_on_ok(self, result):
        self._keep(result)
        super().v2_runner_on_ok(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if self._keep(result):
            self._display.display(f"fatal: [{result._host.get_name()}]: {result._result.get('msg')}", color="red")
        else:
            super().v2_runner_on_failed(result, ignore_errors)

    def v2_playbook_on_stats(self, stats):
        super().v2_playbook_on_stats(stats)
        for line in self._summary:
            self._display.display(line, color=self._colour)

    def _keep(self, result):
        """Remember the summary if this is the result of the report; return whether it is."""
        found = result._result.get("summary") if result._task.action in REPORTS else None
        if not found:
            return False
        self._summary, self._colour = list(found), COLOURS.get(result._result.get("readiness"))
        return True
