# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action check_inputs: give inputs their types, and refuse those that are not valid before any host is touched."""

from __future__ import annotations

import re

from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import selection, waivers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    firewall_inputs,
    inputs,
    kernel_inputs,
    proxy_inputs,
    role_options,
    site_inputs,
    strategies,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain

display = Display()

UNDEFINED = re.compile(r"'[\w.]+' is undefined")
ARGUMENTS = {
    "role": {"type": "str"},
    "entry_point": {"type": "str", "default": "main"},
    "values": {"type": "dict"},
    "groups": {"type": "bool", "default": False},
}
JUDGING = ("rtf_checks", "rtf_skip_checks", "rtf_waivers")
# Roles in which a task on one node needs what another node did in the task before.
IN_STEP = ("rtf_preflight",)


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Collect every problem and fail with all of them at once, or return the values with their types."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        catalogue, role = catalog.load(), arguments["role"]
        valid = checks_by_name(catalogue)
        problems = inputs.group_problems(plain(task_vars["groups"])) if arguments["groups"] else []
        if role:
            problems += _strategy_problems(self._task.get_play().strategy) if role in IN_STEP else []
            result["inputs"], found = self._of_role(role, arguments["entry_point"], task_vars, valid)
        elif arguments["values"] is not None:
            result["inputs"], found = typed_values(plain(arguments["values"]), valid)
        else:
            # The plays that follow may have another strategy than the one that checks.
            problems += _strategy_problems(constants.config.get_config_value("DEFAULT_STRATEGY"))
            found = problems or self._inventory_problems(task_vars, valid, catalogue)
        problems += [problem for problem in found if problem not in problems]
        result["changed"] = False
        if problems:
            result.pop("inputs", None)
            untouched = f"The role {role} did nothing" if role else "Nothing was touched"
            result["failed"] = True
            result["msg"] = f"{untouched}. " + ("" if len(problems) == 1 else "\n") + "\n".join(problems)
        return result

    def _of_role(self, role, entry_point, task_vars, valid):
        """Return `({option without the name of its role: value}, [problem])` of what a role was given."""
        options = role_options.load().get(role, {}).get(entry_point)
        if options is None:
            raise AnsibleError(f"this collection has no role {role} with the entry point {entry_point}")
        given, broken = _read(lambda name: self._templar.template(task_vars[name]), set(options) & set(task_vars))
        values, problems = _typed(given, valid, valid)
        return {
            role_options.short(role, name): value
            for name, value in values.items()
            if role_options.showable(options[name], inputs.may_hold_no_credentials(name, valid))
        }, broken + (problems or _disagreeing({role_options.like(role, name): name for name in values}, values))

    def _inventory_problems(self, task_vars, valid, catalogue):
        """The whole inventory: groups, every node's variables, and what must agree between nodes."""
        groups = plain(task_vars["groups"])
        problems = inputs.group_problems(groups)
        if problems:
            return problems
        variables, where = {}, {}
        for node in groups["rtf_nodes"]:
            of_node = task_vars["hostvars"][node]
            given, broken = _read(of_node.__getitem__, [name for name in valid if name in of_node])
            guarded, _broken = _read(
                of_node.__getitem__, [name for name in of_node if inputs.may_hold_no_credentials(name, valid)]
            )
            misplaced = inputs.misplaced_credentials(guarded)
            variables[node], problems = inputs.typed(given, valid, inputs.MANDATORY)
            problems = problems or inputs.value_problems(variables[node], valid)
            for problem in broken + misplaced + problems:
                where.setdefault(problem, []).append(node)
            for hint in inputs.misspellings(of_node, valid):
                display.warning(hint)  # shown once, however many nodes
        problems = [
            problem if len(nodes) == len(variables) else f"{problem} (on {', '.join(nodes)})"
            for problem, nodes in where.items()
        ]
        problems += inputs.disagreements(variables, inputs.ONE_VALUE_FOR_ALL + site_inputs.ONE_VALUE_FOR_ALL + JUDGING)
        if problems:
            return problems
        for node, values in variables.items():
            if "ansible_host" in task_vars["hostvars"][node]:
                values["ansible_host"] = plain(task_vars["hostvars"][node]["ansible_host"])
        first = next(iter(variables.values()))
        problems = inputs.network_problems(variables) + firewall_inputs.address_problems(variables, groups)
        problems += _offer_problems(first, catalogue)
        accepted = waivers.parse(first.get("rtf_waivers", []), selection.globs(checks.load(), catalogue))
        return problems + waivers.node_problems(accepted, list(variables))


def checks_by_name(catalogue):
    """Return `{name: check}` of every input and every variable of a role."""
    globs = selection.globs(checks.load(), catalogue)
    found = {
        **inputs.checks_by_name(catalogue.release_ids, catalogue.control_planes),
        **site_inputs.checks_by_name(catalogue),
        **dict(zip(JUDGING, (globs, globs, waivers.checked(globs)), strict=False)),
        **firewall_inputs.CHECKS,
        **kernel_inputs.CHECKS,
        **proxy_inputs.CHECKS,
    }
    return {**found, **role_options.checks_by_name(role_options.load(), found)}


def _strategy_problems(strategy):
    problem = strategies.problem(str(strategy))
    return [problem] if problem else []


def _offer_problems(variables, catalogue):
    """A release and a control plane can both be right and still not go together."""
    try:
        catalog.select_endpoints(
            catalogue, variables.get("rtf_release", catalog.DEFAULT_RELEASE), variables["rtf_control_plane"]
        )
    except catalog.CatalogError as problem:
        return [f"rtf_control_plane: {problem}"]
    return []


def typed_values(entries, valid):
    """Return `({name: value}, [problem])` of `{name: {"like": name of the input, "value": value}}`."""
    given = {name: entry["value"] for name, entry in entries.items()}
    values, problems = _typed(given, {name: valid[entry["like"]] for name, entry in entries.items()}, valid)
    return values, problems or _disagreeing({entry["like"]: name for name, entry in entries.items()}, values)


def _typed(given, checks_of_values, valid):
    """As inputs.typed, and with a problem for each value that holds a URL with credentials and has no place for them."""
    guarded = {name: value for name, value in given.items() if inputs.may_hold_no_credentials(name, valid)}
    values, problems = inputs.typed(given, checks_of_values)
    return values, inputs.misplaced_credentials(guarded) + problems


def _disagreeing(names, values):
    """Return sentences about values, each valid by itself, that do not go together; names: `{input: name in values}`."""
    as_inputs = {like: values[name] for like, name in names.items() if values[name] != inputs.UNCHANGED}
    if "rtf_ntp_keys" in names:
        as_inputs.setdefault("rtf_ntp_keys", [])  # a server may only use a key that is given with it
    problems = []
    for problem in inputs.credential_problems(as_inputs) + inputs.key_problems(as_inputs):
        name, colon, text = problem.partition(":")
        problems.append(f"{names[name]}{colon}{text}" if name in names else problem)
    return problems


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
