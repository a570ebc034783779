# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action check_inputs: give inputs their types, and refuse those that are not valid before any host is changed."""

from __future__ import annotations

import re

from ansible import constants
from ansible.errors import AnsibleError

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, declaration
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.door import Door, display
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    credentials,
    inputs,
    inventory,
    misspellings,
    strategies,
    validators,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain

UNDEFINED = re.compile(r"'[\w.]+' is undefined")
# Roles in which a task on one node needs what another node did in the task before.
IN_STEP = ("rtf_preflight",)


class ActionModule(Door):
    """Collects every problem and fails with all of them at once."""

    ARGUMENTS = {
        "role": {"type": "str"},
        "entry_point": {"type": "str", "default": declaration.MAIN},
        "groups": {"type": "bool", "default": False},
    }

    def answer(self, arguments):
        """Return the values with their types."""
        result, task_vars = {}, self.task_vars
        role, catalogue = arguments["role"], catalog.load()
        problems = inventory.group_problems(self.groups()) if arguments["groups"] or not role else []
        if role:
            problems += _strategy_problems(self._task.get_play().strategy) if role in IN_STEP else []
            result["inputs"], found = self._of_role(role, arguments["entry_point"], task_vars, catalogue)
        else:
            # The plays that follow may have another strategy than the one that validates.
            problems += _strategy_problems(constants.config.get_config_value("DEFAULT_STRATEGY"))
            found = [] if problems else _of_inventory(task_vars, catalogue)
        problems += found
        if problems:
            result.pop("inputs", None)
            unchanged = f"The role {role} changed nothing" if role else "Nothing was changed"
            result["failed"] = True
            result["msg"] = f"{unchanged}. " + ("" if len(problems) == 1 else "\n") + "\n".join(problems)
        return result

    def _of_role(self, role, entry_point, task_vars, catalogue):
        """Return `(inputs, [problem])` of an entry point of a role, as the host of the task has its variables."""
        declared = declaration.load()
        options = declared.of_role(role, entry_point)
        if entry_point not in declared.roles.get(role, {}):
            raise AnsibleError(f"this collection has no role {role} with the entry point {entry_point}")
        given, broken = _read(lambda name: self._templar.template(task_vars[name]), set(options) & set(task_vars))
        misplaced = inventory.misplaced_credentials(given, declared)
        found, problems = inputs.of_role(options, given, validators.by_variable(options, catalogue))
        _warn(task_vars, declared, f"{role}_")
        return found, broken + misplaced + problems


def _of_inventory(task_vars, catalogue):
    """Return the problems of the whole inventory, whose groups are valid."""
    declared, groups, nodes = declaration.load(), plain(task_vars["groups"]), {}
    for node in groups["rtf_nodes"]:
        of_node = task_vars["hostvars"][node]
        given, broken = _read(of_node.__getitem__, [name for name in of_node if name in declared.variables])
        guarded, _broken = _read(
            of_node.__getitem__,
            [name for name in of_node if name not in given and credentials.must_have_none(name, declared)],
        )
        address = {"ansible_host": plain(of_node["ansible_host"])} if "ansible_host" in of_node else {}
        nodes[node] = inventory.NodeVariables({**guarded, **given, **address}, broken)
        _warn(of_node, declared)
    return inventory.problems(nodes, groups, declared, catalogue)


def _warn(names, declared, prefix="rtf_"):
    for hint in misspellings.hints(names, declared, prefix):
        display.warning(hint)  # shown once, however many nodes


def _strategy_problems(strategy):
    problem = strategies.problem(str(strategy))
    return [problem] if problem else []


def _read(value_of, names):
    """Return `({name: plain value}, [problem])`: a value whose template breaks is a problem of its own."""
    found, problems = {}, []
    for name in names:
        try:
            found[name] = plain(value_of(name))
        except AnsibleError as problem:  # its text may repeat the template, and with it a secret
            undefined = UNDEFINED.match(str(problem))
            why = undefined[0] if undefined else f"its template cannot be evaluated ({type(problem).__name__})"
            problems.append(f"{name}: {why}")
    return found, problems
