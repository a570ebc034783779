# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action judge: judge evidence of one host with the checks of the catalogue."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import blocking
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.subjects import subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import FAIL, UNKNOWN
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_arguments import (
    PROXY_ARGUMENTS,
    proxy_settings,
)

ARGUMENTS = {
    "checks": {"type": "list", "elements": "str", "required": True},
    "must_pass": {"type": "list", "elements": "str", "default": []},
    "evidence": {"type": "dict", "required": True},
    "release": {"type": "str", "default": catalog.DEFAULT_RELEASE},
    "ntp_servers": {"type": "list", "elements": "raw", "default": []},
    "offload_drivers": {"type": "list", "elements": "str", "default": ["vmxnet3"]},
    **PROXY_ARGUMENTS,
}


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Fail when a required check failed or is unknown, with what to do about it; warn of one that is recommended."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        judged = subject(
            task_vars["inventory_hostname"],
            plain(task_vars["groups"]),
            {},
            {"release": arguments["release"]},
            plain(arguments["ntp_servers"]),
            proxy=proxy_settings(arguments, task_vars),
        )._replace(offload_drivers=arguments["offload_drivers"])
        results = judge_node(
            checks.load(), judged, plain(arguments["evidence"]), arguments["checks"], arguments["must_pass"]
        )
        result.update(changed=False, checks=results)
        if not results:
            result.update(failed=True, msg=f"no check is called {', '.join(arguments['checks'])}")
            return result
        fatal, others = _sorted_out(results, arguments["must_pass"])
        if fatal:
            result.update(failed=True, msg="\n".join(_sentence(entry) for entry in fatal))
        for entry in others:
            self._display.warning(f"{entry['node']}: {_sentence(entry)}")
        return result


def _sorted_out(results, must_pass):
    """Return the results that stop the play, and those that are only worth a warning."""
    wrong = [entry for entry in results if entry["severity"] != "info" and entry["status"] in (FAIL, UNKNOWN)]
    fatal = [
        entry
        for entry in wrong
        if entry in blocking(results) or any(fnmatchcase(entry["id"], pattern) for pattern in must_pass)
    ]
    return fatal, [entry for entry in wrong if entry not in fatal]


def _sentence(entry):
    return f"{entry['id']}: {entry['title']}: {entry['status']}: {entry['observed']}. {entry['remedy']}"
