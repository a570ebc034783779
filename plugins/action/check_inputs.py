# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action check_inputs: give inputs their types, and refuse those that are not valid before any host is changed."""

from __future__ import annotations

from ansible import constants

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import (
    ControllerAction,
    read_variables,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    credentials,
    inventory,
    strategies,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain

# Roles in which a task on one node needs what another node did in the task before.
IN_STEP = ("rtf_preflight",)


class ActionModule(ControllerAction):
    """Collects every problem and fails with all of them at once."""

    ARGUMENTS = {
        "role": {"type": "str"},
        "entry_point": {"type": "str", "default": input_declarations.MAIN},
        "groups": {"type": "bool", "default": False},
    }

    def answer(self, arguments):
        """Return the values with their types."""
        result = {}
        role, catalogue = arguments["role"], catalog.load()
        problems = inventory.group_problems(self.groups()) if arguments["groups"] or not role else []
        if role:
            problems += _strategy_problems(self._task.get_play().strategy) if role in IN_STEP else []
            variables = self.role_variables(role, arguments["entry_point"])
            result["inputs"], found = variables.inputs, variables.problems
        else:
            # The plays that follow may have another strategy than the one that validates.
            problems += _strategy_problems(constants.config.get_config_value("DEFAULT_STRATEGY"))
            found = [] if problems else self._of_inventory(catalogue)
        problems += found
        if problems:
            result.pop("inputs", None)
            unchanged = f"The role {role} changed nothing" if role else "Nothing was changed"
            result["failed"] = True
            result["msg"] = f"{unchanged}. " + ("" if len(problems) == 1 else "\n") + "\n".join(problems)
        return result

    def _of_inventory(self, catalogue):
        """Return the problems of the whole inventory, whose groups are valid."""
        declared, groups, nodes = input_declarations.load(), self.groups(), {}
        for node in groups["rtf_nodes"]:
            of_node = self.task_vars["hostvars"][node]
            given, broken = read_variables(
                of_node.__getitem__, [name for name in of_node if name in declared.variables]
            )
            guarded, _broken = read_variables(
                of_node.__getitem__,
                [name for name in of_node if name not in given and credentials.must_have_none(name, declared)],
            )
            address = {"ansible_host": plain(of_node["ansible_host"])} if "ansible_host" in of_node else {}
            nodes[node] = inventory.NodeVariables({**guarded, **given, **address}, broken)
            self.hint_at_misspellings(of_node)
        return inventory.problems(nodes, groups, declared, catalogue)


def _strategy_problems(strategy):
    problem = strategies.problem(str(strategy))
    return [problem] if problem else []
