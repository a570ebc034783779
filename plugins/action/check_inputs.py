# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action check_inputs: refuse inventory and variables that cannot be meant, before any host is touched."""

from __future__ import annotations

import re

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import (
    catalog,
    checks,
    firewall_inputs,
    inputs,
    kernel_inputs,
    selection,
    site_inputs,
    waivers,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plain import plain

display = Display()

UNDEFINED = re.compile(r"'[\w.]+' is undefined")
JUDGING = ("rtf_checks", "rtf_skip_checks", "rtf_waivers")


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Collect every problem and fail with all of them at once."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={"values": {"type": "dict"}, "groups": {"type": "bool", "default": False}}
        )
        catalogue = catalog.load()
        valid = checks_by_name(catalogue)
        if arguments["values"] is None:
            problems = self._inventory_problems(task_vars, valid, catalogue)
        else:
            problems = inputs.group_problems(plain(task_vars["groups"])) if arguments["groups"] else []
            problems += value_problems(plain(arguments["values"]), valid)
        result["changed"] = False
        if problems:
            result["failed"] = True
            result["msg"] = "Nothing was touched. " + ("" if len(problems) == 1 else "\n") + "\n".join(problems)
        return result

    def _inventory_problems(self, task_vars, valid, catalogue):
        """The whole inventory: groups, every node's variables, and what must agree between nodes."""
        groups = plain(task_vars["groups"])
        problems = inputs.group_problems(groups)
        if problems:
            return problems
        variables, where = {}, {}
        for node in groups["rtf_nodes"]:
            of_node = task_vars["hostvars"][node]
            variables[node], broken = _read(of_node, valid)
            guarded, _broken = _read(of_node, [name for name in of_node if inputs.may_hold_no_credentials(name, valid)])
            misplaced = inputs.misplaced_credentials(guarded)
            for problem in broken + misplaced + inputs.value_problems(variables[node], valid):
                where.setdefault(problem, []).append(node)
            for hint in inputs.misspellings(task_vars["hostvars"][node], valid):
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
    """Return `{variable: check}` for every input there is."""
    return {
        **inputs.checks_by_name(catalogue.release_ids, catalogue.control_planes),
        **site_inputs.checks_by_name(catalogue),
        **_judging_inputs(catalogue),
        **firewall_inputs.CHECKS,
        **kernel_inputs.CHECKS,
    }


def _judging_inputs(catalogue):
    """Checks of the inputs that select checks and waive failures."""
    globs = selection.globs(checks.load(), catalogue)
    return dict(zip(JUDGING, (globs, globs, waivers.checked(globs))))


def _offer_problems(variables, catalogue):
    """A release and a control plane can both be right and still not go together."""
    try:
        catalog.select_endpoints(
            catalogue, variables.get("rtf_release", catalog.DEFAULT_RELEASE), variables["rtf_control_plane"]
        )
    except catalog.CatalogError as problem:
        return [f"rtf_control_plane: {problem}"]
    return []


def value_problems(values, valid):
    """Return sentences.

    values: `{variable of a role: {"like": name of the input, "value": value, "unchanged": whether it may stay}}`.
    """
    unchanged = {
        name: entry for name, entry in values.items() if entry.get("unchanged") and inputs.given(entry["value"]) is None
    }
    values = {name: entry for name, entry in values.items() if name not in unchanged}
    guarded = {name: entry["value"] for name, entry in values.items() if inputs.may_hold_no_credentials(name, valid)}
    problems = inputs.misplaced_credentials(guarded)
    for name, entry in values.items():
        try:
            valid[entry["like"]](entry["value"])
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
    if not problems:
        names = {entry["like"]: name for name, entry in values.items()}
        given = {entry["like"]: entry["value"] for entry in values.values()}
        if any(entry["like"] == "rtf_ntp_keys" for entry in unchanged.values()):
            given["rtf_ntp_keys"] = []  # a server may only use a key that is given with it
        for problem in inputs.credential_problems(given) + inputs.key_problems(given):
            name, colon, text = problem.partition(":")
            problems.append(f"{names[name]}{colon}{text}" if name in names else problem)
    return problems


def _read(variables, names):
    """Return `({name: plain value}, [problem])`: a value whose template breaks is a problem of its own."""
    found, problems = {}, []
    for name in names:
        try:
            if name in variables:
                found[name] = plain(variables[name])
        except AnsibleError as problem:  # its text may repeat the template, and with it a secret
            undefined = UNDEFINED.match(str(problem))
            why = undefined[0] if undefined else f"its template cannot be evaluated ({type(problem).__name__})"
            problems.append(f"{name}: {why}")
    return found, problems
