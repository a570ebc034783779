# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action firewall_rules: with `confirm`, change a host's firewall and confirm the change in one task.

With a task for each, all hosts of a play would change before the first one confirms, and the time that a host waits for its
confirmation would have to grow with the number of hosts.
"""

from __future__ import annotations

import time

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import process_identity

display = Display()

MODULE = "hostprep.runtime_fabric.firewall_rules"
WAIT_TIMEOUT = 120  # as the module's default
ROLLBACK_TIMEOUT = 60  # likewise
STEP = 5  # seconds that one call of the module waits for another change
PAUSE = 1  # seconds between two attempts to connect
LIMIT_OF_A_ROLLBACK = 60  # seconds, from its beginning until the host can be reached again


class ActionModule(ActionBase):
    """Runs the module on the host, and again over a new connection."""

    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return the result of the module, or why the change was not confirmed."""
        super().run(tmp, task_vars)
        options = dict(self._task.args)
        confirm = boolean(options.pop("confirm", False), strict=True)
        self._task_vars = task_vars
        if not confirm or options.get("state", "present") not in ("present", "absent"):
            return self._module(options)
        self._label = options.get("label")
        self._seconds = _seconds(options, "rollback_timeout", ROLLBACK_TIMEOUT)
        self._run = process_identity.own() or None
        try:
            result = self._change({**options, "run": self._run})
        except AnsibleConnectionFailure as problem:
            # The module may have changed everything before the connection broke.
            return self._rolled_back({}, f"the connection broke during the change: {problem}")
        if result.get("failed") or not result.get("pending"):
            return result
        options = {"label": self._label, "state": "confirmed", "change_id": result["change_id"]}
        confirmed, problem = self._over_a_new_connection(options, self._seconds)
        if confirmed is None or confirmed.get("failed"):
            reached = confirmed is not None
            return self._rolled_back(result, confirmed.get("msg") if reached else problem, reached)
        return {**result, "pending": False}

    def _module(self, options):
        return self._execute_module(module_name=MODULE, module_args=options, task_vars=self._task_vars)

    def _change(self, options):
        """Make the change, once no other change is pending."""
        deadline = time.monotonic() + _seconds(options, "wait_timeout", WAIT_TIMEOUT)
        wait = 0
        while True:
            result = self._module({**options, "wait_timeout": wait})
            left = deadline - time.monotonic()
            if not result.get("busy"):
                return result
            pending = result.get("pending_change")
            if pending and pending.get("id") and process_identity.is_gone(pending.get("run")):
                display.vv("a killed run of this control node left an unconfirmed change, which is rolled back now")
                self._module({"label": options["label"], "state": "rolled_back", "change_id": pending["id"]})
            elif left <= 0:
                return result
            wait = int(max(0, min(STEP, left)))

    def _rolled_back(self, change, problem, reached=False):
        """Wait until the host has rolled the change back; return the result of the task, which has failed.

        problem: why the change was not confirmed. reached: whether the host answered over a new connection.
        """
        options = {"label": self._label, "state": "rolled_back", "change_id": change.get("change_id"), "run": self._run}
        answer, lost = self._over_a_new_connection(options, self._seconds + LIMIT_OF_A_ROLLBACK)
        host = self._task_vars.get("inventory_hostname", "the host")
        failure = "refused to confirm" if reached else "could not be reached"
        backend = f" ({change['backend']})" if change.get("backend") else ""
        cause = f"{host} {failure} over a new connection after its firewall was changed{backend}"
        if answer is None:
            now = (
                f"The host rolls the change back by itself within {self._seconds} seconds of the change, "
                f"but it has not been reachable since: {lost}"
            )
        elif answer.get("failed"):
            now = f"Its rollback failed: {answer.get('msg')}"
        else:
            now = "The host has rolled the change back: its earlier rules are in force"
            if not reached:
                now += (
                    ". Check what else blocks SSH on the host, for example rules that the firewall loads when it is started, "
                    "then run this again"
                )
        message = f"{cause}: {problem}. {now}."
        return {**change, "changed": False, "failed": True, "pending": False, "msg": message}

    def _over_a_new_connection(self, options, seconds):
        """Call the module over a new connection until one is made; return (its result or None, what failed last)."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._connection.reset()
                return self._module(options), ""
            except AnsibleConnectionFailure as failure:
                problem = str(failure)
            if time.monotonic() >= deadline:
                return None, problem
            time.sleep(PAUSE)


def _seconds(options, name, default):
    """Return an option in seconds; the module itself refuses one that is not a number."""
    try:
        return int(options.get(name, default))
    except (TypeError, ValueError):
        return default
