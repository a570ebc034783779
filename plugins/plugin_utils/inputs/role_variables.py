# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of inputs: from what a host's variables hold to one dictionary with types. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import clusters
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import (
    SECRET,
    URL,
    Variable,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import credentials

# Typed values of a role's variables, by their names without that of the role.
Inputs = dict[str, Any]
# The default of a role's variable whose input, while it is not set, leaves the node as it is.
UNCHANGED = "unchanged"
POD_CIDR, SERVICE_CIDR = clusters.load().appliance


def given(value: Any) -> Any:
    """Return the value of a role's variable, None where the input is not set."""
    return None if value == UNCHANGED else value


def role_of(node: str, groups: Mapping[str, Sequence[str]]) -> str:
    """Return `controller` or `worker` for a node of the inventory."""
    return "controller" if node in groups.get("rtf_controllers", []) else "worker"


def typed(
    variables: Mapping[str, Any], validators: Mapping[str, Callable[[Any], Any]], mandatory: Iterable[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Return `({name: value}, [problem])`: the variables with their types, and a sentence for each that is not valid.

    variables: `{name: value}` as a host has them; those without a validator are left out.
    """
    values, problems = {}, []
    for name in sorted(set(mandatory) | set(variables) & set(validators)):
        try:
            values[name] = validators[name](variables.get(name, ""))
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
    return values, problems


def of_role(
    options: Mapping[str, Variable], variables: Mapping[str, Any], validators: Mapping[str, Callable[[Any], Any]]
) -> tuple[Inputs, list[str]]:
    """Return `(inputs, [problem])` of the variables that a role takes.

    Secrets are not among the inputs, and the URL of a proxy hides its credentials.
    """
    values, problems = values_of_role(options, variables, validators)
    return shown(options, values), problems


def values_of_role(
    options: Mapping[str, Variable], variables: Mapping[str, Any], validators: Mapping[str, Callable[[Any], Any]]
) -> tuple[dict[str, Any], list[str]]:
    """Return `({name: value}, [problem])` of the variables that a role takes, secrets among them; none with a problem."""
    values, problems = typed(variables, {name: validators[name] for name in options})
    if not problems:
        names = {options[name].input.name: name for name in values}
        as_inputs = _as_inputs(options, values)
        if "rtf_ntp_keys" in names:
            as_inputs.setdefault("rtf_ntp_keys", [])  # a server may only use a key that is given with it
        problems = [_renamed(problem, names) for problem in credentials.disagreements(as_inputs)]
    return ({} if problems else values), problems


def shown(options: Mapping[str, Variable], values: Mapping[str, Any]) -> Inputs:
    """Return values that have no problem by their names without that of the role, and without secrets."""
    as_inputs = _as_inputs(options, values)
    return {
        options[name].short: credentials.shown(options[name].input.name, as_inputs, value)
        if options[name].input.credentials == URL
        else value
        for name, value in values.items()
        if options[name].input.credentials != SECRET
    }


def _as_inputs(options: Mapping[str, Variable], values: Mapping[str, Any]) -> dict[str, Any]:
    return {options[name].input.name: value for name, value in values.items() if value != UNCHANGED}


def _renamed(problem: str, names: Mapping[str, str]) -> str:
    """Return a sentence about an input as one about the role's variable; names: `{input: variable}`."""
    name, colon, text = problem.partition(":")
    return f"{names.get(name, name)}{colon}{text}"
