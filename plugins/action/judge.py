# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action judge: judge evidence of one host with the checks of the catalogue."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.role_effect import judge_effect, sentence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction, display


class ActionModule(ControllerAction):
    """Roles verify their own effect with it."""

    ARGUMENTS = {
        "checks": {"type": "list", "elements": "str", "required": True},
        "must_pass": {"type": "list", "elements": "str", "default": []},
        "evidence": {"type": "dict", "required": True},
        "inputs": {"type": "dict", "default": {}},
    }

    def answer(self, arguments):
        """Fail when a required check failed or is unknown, with what to do about it; warn of one that is recommended."""
        inventory = {self.node: {"role": "worker"}, **self.inventory()}
        checks, must_pass = arguments["checks"], arguments["must_pass"]
        effect = judge_effect(
            catalog.load(), arguments["inputs"], inventory, self.node, arguments["evidence"], checks, must_pass
        )
        answer = {"checks": effect.results}
        if not effect.results:
            return {**answer, "failed": True, "msg": f"no check has one of these ids: {', '.join(checks)}"}
        for result in effect.warnings:
            display.warning(f"{result['node']}: {sentence(result)}")
        if effect.failures:
            answer.update(failed=True, msg="\n".join(sentence(result) for result in effect.failures))
        return answer
