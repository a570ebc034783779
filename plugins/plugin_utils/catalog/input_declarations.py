# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user may set, as `catalog/inputs.yml` declares it.

An input is one entry of that file. A variable is a name under which a user may set it: the input's own name, and a
variable of each role that takes it. `load` reads the file; everything else is pure.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files

FILE = files.FOLDER / "inputs.yml"
MAIN = "main"
CLUSTER, NODE, ROLE = "cluster", "node", "role"
# Kinds of credentials: the value is a secret, or a URL that may contain one.
SECRET, URL = "secret", "url"


class Input(NamedTuple):
    """An entry of `inputs`; catalog/README.md describes the fields. default, example: None where there is none."""

    name: str
    scope: str
    type: str
    meaning: str
    elements: str = ""
    default: Any = None
    default_shown: str = ""
    validator: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    unit: str = ""
    mandatory: bool = False
    credentials: str = ""
    no_log: bool = False
    fields: dict[str, dict[str, Any]] = {}
    when_unset: str = ""
    rejudge: str = ""
    example: Any = None


class Variable(NamedTuple):
    """A name under which an input may be set. role: "" for the input's own name; entry_points: those that take it.

    default: as the input's, or as the role has it instead. at_first: what `unchanged` means on a node without an earlier
    run, None where that depends on the node. short: the name without the prefix of the role.
    """

    name: str
    input: Input
    role: str = ""
    entry_points: tuple[str, ...] = ()
    default: Any = None
    at_first: Any = None
    meaning: str = ""
    details: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        return self.name.removeprefix(f"{self.role}_")

    @property
    def follows(self) -> str:
        """The name of the input whose value is the default, "" for a variable that has no other name."""
        return "" if self.name == self.input.name else self.input.name


class Declaration(NamedTuple):
    """variables: by name, in the order of the file. roles: `{role: {entry point: {short_description, description}}}`."""

    variables: dict[str, Variable]
    roles: dict[str, dict[str, dict[str, Any]]]

    def of_role(self, role: str, entry_point: str = MAIN) -> dict[str, Variable]:
        """Return the variables that an entry point of a role takes, by name."""
        return {
            name: variable
            for name, variable in self.variables.items()
            if variable.role == role and entry_point in variable.entry_points
        }

    def inputs(self) -> dict[str, Input]:
        """Return the inputs by name."""
        return {variable.input.name: variable.input for variable in self.variables.values()}

    def rejudging(self, role: str, *how: str) -> list[Variable]:
        """Return the variables of a role by which a saved run is judged again. how: `judged`, `reported`."""
        return [variable for variable in self.of_role(role).values() if variable.input.rejudge in how]

    def of_all_nodes(self) -> list[Variable]:
        """Return the variables of inputs that must be the same on all nodes, those of single roles included."""
        return [variable for variable in self.variables.values() if variable.input.scope == CLUSTER]


@functools.cache
def load(file: Path = FILE) -> Declaration:
    """Return the Declaration in a file, read once."""
    return parse(files.read(file))


def parse(content: dict[str, Any]) -> Declaration:
    """Return the Declaration of the content of a file that follows the schema."""
    variables: dict[str, Variable] = {}
    for entry in content["inputs"]:
        uses = entry.get("roles", {})
        fields: dict[str, Any] = {name: value for name, value in entry.items() if name != "roles"}
        found = Input(**{**fields, "choices": tuple(fields.get("choices", ()))})
        if found.scope != ROLE:
            variables[found.name] = Variable(found.name, found, default=found.default, meaning=found.meaning)
        for role, use in uses.items():
            variable = _of_role(found, role, use)
            variables[variable.name] = variable
    return Declaration(variables, content["roles"])


def _of_role(found: Input, role: str, use: dict[str, Any]) -> Variable:
    usual = found.name if found.scope == ROLE else f"{role}_{found.name.removeprefix('rtf_')}"
    return Variable(
        use.get("variable", usual),
        found,
        role,
        (MAIN, *use.get("entry_points", ())),
        use.get("default", found.default),
        use.get("at_first"),
        use.get("meaning", found.meaning),
        tuple(use.get("details", ())),
    )


def default_of(name: str) -> Any:
    """Return the declared default of a variable."""
    return load().variables[name].default
