# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of action plugins that decide on the controller alone.

The only module of plugin_utils that imports Ansible. It lies here because Ansible takes every file in plugins/action for
an action of its own, and because plugin_utils is where a collection keeps what its plugins share.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, cast

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.files import CatalogError
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import InventoryEntry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    input_validators,
    inventory,
    misspellings,
    role_variables,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of

display = Display()

_UNDEFINED = re.compile(r"'[\w.]+' is undefined")

# Ansible imports an action once, in the process whose copies then run it for each host: what is read here is not read again.
with contextlib.suppress(CatalogError):  # whoever asks for the catalogue reports it
    catalog.load()
    checks.load()


class RoleVariables(NamedTuple):
    """What a host has for a role. values: by names without that of the role, secrets among them. inputs: without any."""

    values: dict[str, Any]
    inputs: dict[str, Any]
    problems: list[str]


class ControllerAction(ActionBase):
    """Arguments in as plain data, one call, result out. ValueError and OSError fail the task with their text."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {}

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Validate the arguments and return the answer."""
        result = super().run(tmp, task_vars)
        self.task_vars = task_vars
        dummy, arguments = self.validate_argument_spec(argument_spec=self.ARGUMENTS)
        try:
            result.update({"changed": False, **self.answer(plain(arguments))})
        except (ValueError, OSError) as problem:
            raise AnsibleActionFail(str(problem)) from problem
        return result

    def answer(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the result of the task. arguments: those of ARGUMENTS, as plain data."""
        raise NotImplementedError

    @property
    def node(self) -> str:
        """The host of the task."""
        return str(self.task_vars["inventory_hostname"])

    @property
    def check_mode(self) -> bool:
        """Whether nothing may be changed."""
        return bool(self._task.check_mode)

    def groups(self) -> dict[str, list[str]]:
        """Return the groups of the inventory."""
        return plain(self.task_vars["groups"])

    def variables(self, nodes: Iterable[str], names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return `{node: {name: value}}` of the inventory's variables, those that are set."""
        found = {}
        for node in nodes:
            of_node = self.task_vars["hostvars"][node]  # Ansible computes it anew on every access
            found[node] = {name: plain(of_node[name]) for name in names if name in of_node}
        return found

    def registered(self, nodes: Iterable[str], where: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Return `{node: {part: value}}` of variables that tasks left with each node; where: `{part: variable}`.

        Such values hold no templates, so they are read as they are, which takes a fraction of the time.
        """
        found = {}
        for node in nodes:
            of_node = self.task_vars["hostvars"].raw_get(node)
            found[node] = {part: plain(of_node[variable]) for part, variable in where.items() if variable in of_node}
        return found

    def own_entries(self, nodes: Iterable[str], variable: str) -> dict[str, Any]:
        """Return `{node: its own entry}` of `nodes` in the result of a task that ran once for a batch of nodes.

        Nodes of different batches have different results under the same name.
        """
        found = {}
        for node in nodes:
            entries = self.task_vars["hostvars"].raw_get(node).get(variable, {}).get("nodes", {})
            if node in entries:
                found[node] = plain(entries[node])
        return found

    def batch(self) -> list[str]:
        """Return the hosts on which this play, or batch of it, still works."""
        return [str(host) for host in self.task_vars["ansible_play_batch"]]

    def lost(self) -> set[str]:
        """Return the hosts that this play has lost."""
        return {
            str(host)
            for host in set(self.task_vars["ansible_play_hosts_all"]) - set(self.task_vars["ansible_play_hosts"])
        }

    def role_variables(self, role: str, entry_point: str) -> RoleVariables:
        """Return the variables of an entry point of a role, as the host of the task has them.

        Outside the role its defaults are not among the variables of the host: what is not set there has the declared one,
        and is left out where Ansible computes that from other defaults of the role.
        """
        declared = input_declarations.load()
        options = {
            name: one
            for name, one in declared.of_role(role, entry_point).items()
            if name in self.task_vars or not _is_computed(one.default)
        }
        if entry_point not in declared.roles.get(role, {}):
            raise AnsibleError(f"this collection has no role {role} with the entry point {entry_point}")
        sources = {
            name: next((one for one in (name, options[name].follows) if one in self.task_vars), "") for name in options
        }
        given, broken = read_variables(
            lambda name: self._templar.template(self.task_vars[sources[name]]),
            [name for name, source in sources.items() if source],
        )
        given.update({name: options[name].default for name, source in sources.items() if not source})
        misplaced = inventory.misplaced_credentials(given, declared)
        values, problems = role_variables.values_of_role(
            options, given, input_validators.by_variable(options, catalog.load())
        )
        self.hint_at_misspellings(self.task_vars, f"{role}_")
        by_short_name = {options[name].short: value for name, value in values.items()}
        return RoleVariables(by_short_name, role_variables.shown(options, values), broken + misplaced + problems)

    def hint_at_misspellings(self, names: Iterable[str], prefix: str = "rtf_") -> None:
        """Warn of variables that look like misspelt ones."""
        for hint in misspellings.hints(names, input_declarations.load(), prefix):
            display.warning(hint)  # shown once, however many nodes

    def inventory(self) -> dict[str, InventoryEntry]:
        """Return what the inventory says of each node of the cluster."""
        groups = self.groups()
        variables = self.variables(groups.get("rtf_nodes", []), ("rtf_node_address", "ansible_host"))
        return {
            node: cast(InventoryEntry, {"role": role_of(node, groups), **entry}) for node, entry in variables.items()
        }

    def hosts_of_the_play(self) -> set[str]:
        """Return the hosts that this play, or batch of it, works on, those that it has lost included."""
        return self.lost().union(self.batch())


def read_variables(value_of: Callable[[str], Any], names: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """Return `({name: plain value}, [problem])`: a value whose template breaks is a problem of its own."""
    found, problems = {}, []
    for name in names:
        try:
            found[name] = plain(value_of(name))
        except AnsibleError as problem:  # its text may repeat the template, and with it a secret
            undefined = _UNDEFINED.match(str(problem))
            why = undefined[0] if undefined else f"its template cannot be evaluated ({type(problem).__name__})"
            problems.append(f"{name}: {why}")
    return found, problems


def _is_computed(default: Any) -> bool:
    return isinstance(default, str) and "{{" in default
