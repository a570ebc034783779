# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what `catalog/inputs.yml` declares to the roles and the documents: `make docs`.

These are `defaults/main.yml` and `meta/argument_specs.yml` of each role, and the input tables of docs/inputs.md and of the roles' READMEs.
"""

from __future__ import annotations

import json
import pathlib
import re
import textwrap
from typing import Any

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import (
    Declaration,
    Variable,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.markdown_tables import code, table
from ansible_collections.hostprep.runtime_fabric.tools.protocol_docs import replaced

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
WRITTEN = "# Written by `make docs` from catalog/inputs.yml: change that file instead.\n"
BEGIN, END = "<!-- inputs: written by `make docs` from catalog/inputs.yml -->", "<!-- end of inputs -->"
WIDTH = 118
YAML_WIDTH = 104  # the word that crosses it still belongs to the line
AUTHOR = "hostprep.runtime_fabric contributors"


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and writes no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Inline(list[Any]):
    """A list to be written on one line."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "{{" in text or not text else None)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    _Inline, lambda dumper, entries: dumper.represent_sequence("tag:yaml.org,2002:seq", entries, flow_style=True)
)


def default(variable: Variable) -> Any:
    """Return what `defaults/main.yml` has for a variable."""
    if variable.follows:
        return f"{{{{ {variable.follows} | default({variable.default!r}) }}}}"
    return _Inline(variable.default) if isinstance(variable.default, list) else variable.default


def defaults(declared: Declaration, role: str) -> str:
    """Return the text of a role's `defaults/main.yml`."""
    blocks = []
    for variable in declared.of_role(role).values():
        comment = textwrap.fill(_plain(variable.meaning), WIDTH, initial_indent="# ", subsequent_indent="# ")
        blocks.append(f"{comment}\n{_yaml({variable.name: default(variable)})}")
    return f"---\n{WRITTEN}\n" + "\n".join(blocks)


def specifications(declared: Declaration, role: str) -> str:
    """Return the text of a role's `meta/argument_specs.yml`."""
    entry_points = {
        name: {
            **texts,
            "author": [AUTHOR],
            "options": {option.name: _option(option) for option in declared.of_role(role, name).values()},
        }
        for name, texts in declared.roles[role].items()
    }
    return f"---\n{WRITTEN}{_yaml({'argument_specs': entry_points})}"


def _option(variable: Variable) -> dict[str, Any]:
    declared, templated = variable.input, "{{" in str(default(variable))
    unchanged = variable.default == UNCHANGED
    option: dict[str, Any] = {
        "description": [variable.meaning, *variable.details, *_about_default(variable)],
        # Ansible itself would refuse the word where it knows the type.
        "type": "raw" if unchanged and declared.type != "str" else declared.type,
    }
    if option["type"] == "list":
        option["elements"] = "str" if declared.elements == "str" else "raw"
    if declared.choices and declared.type == "str" and declared.scope == input_declarations.ROLE:
        option["choices"] = _Inline(declared.choices)
    if declared.no_log or (declared.credentials == input_declarations.SECRET and declared.type != "str"):
        option["no_log"] = True
    if declared.fields:
        option["options"] = declared.fields
    # A template is text to Ansible, which would refuse it as the default of another type.
    elif not templated or option["type"] in ("str", "path", "raw", "list"):
        option["default"] = default(variable)
    return option


def _about_default(variable: Variable) -> list[str]:
    """Return sentences about the default of a role's variable, where the value alone does not say it."""
    if not variable.follows and variable.default != UNCHANGED:
        return []
    inherited = f"C({variable.follows})" if variable.follows else ""
    own = "" if variable.default in ("", None) else f"V({_shown(variable.default)})"
    if variable.default == UNCHANGED:
        own += ", which keeps what an earlier run configured"
    if variable.at_first is not None:
        own += f", and is V({_shown(variable.at_first)}) without one"
    return [f"The default is {', else '.join(filter(None, [inherited, own]))}."]


def site_table(declared: Declaration) -> list[str]:
    """Return the lines of the table of inputs for the inventory."""
    rows = [
        [code(name), _shown_default(variable), _markdown(_meaning_for_site(variable))]
        for name, variable in declared.variables.items()
        if not variable.role
    ]
    return table(["variable", "default", "meaning"], rows)


def role_table(declared: Declaration, role: str) -> list[str]:
    """Return the lines of the table of a role's variables."""
    rows = [
        [code(name), _shown_default(variable), _markdown(variable.meaning)]
        for name, variable in declared.of_role(role).items()
    ]
    return table(["variable", "default", "meaning"], rows)


def _meaning_for_site(variable: Variable) -> str:
    unset = variable.input.when_unset
    return f"{variable.meaning} Not set: {unset[0].lower()}{unset[1:]}" if unset else variable.meaning


def _shown_default(variable: Variable) -> str:
    if variable.input.default_shown:
        return _markdown(variable.input.default_shown)
    if variable.default is None or (variable.follows and variable.input.mandatory):
        own = ""
    elif variable.default == "":
        own = "none"
    else:
        own = code(_shown(variable.default))
    if variable.at_first is not None:
        own += f", at first {code(_shown(variable.at_first))}"
    return ", else ".join(filter(None, [code(variable.follows) if variable.follows else "", own]))


def _shown(value: Any) -> str:
    """Return a value as a person writes it in YAML."""
    return value if isinstance(value, str) and yaml.safe_load(value) == value else json.dumps(value)


def _markdown(text: str) -> str:
    return re.sub(r"\b[CVO]\(([^()]*(?:\(\d\))?)\)", r"`\1`", text)


def _plain(text: str) -> str:
    return re.sub(r"\b[CVO]\(([^()]*)\)", r"\1", text)


def _yaml(content: Any) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=YAML_WIDTH, allow_unicode=True)


def with_table(text: str, lines: list[str]) -> str:
    """Return the text of a document with the lines between its two markers."""
    before, begin, rest = text.partition(BEGIN)
    _former, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"has no {BEGIN} and {END}")
    return "\n".join([before + BEGIN, "", *lines, "", END + after])


def files(declared: Declaration, checkout: pathlib.Path = CHECKOUT) -> dict[pathlib.Path, str]:
    """Return `{path below the checkout: text}` of all that is written from the declaration."""

    def readme(path: pathlib.Path, lines: list[str]) -> tuple[pathlib.Path, str]:
        return path, with_table((checkout / path).read_text(encoding="utf-8"), lines)

    found = dict([readme(pathlib.Path("docs", "inputs.md"), site_table(declared))])
    for role in declared.roles:
        folder = pathlib.Path("roles", role)
        found[folder / "defaults" / "main.yml"] = defaults(declared, role)
        found[folder / "meta" / "argument_specs.yml"] = specifications(declared, role)
        found.update([readme(folder / "README.md", role_table(declared, role))])
    module = pathlib.Path("plugins", "modules", "rejudge.py")
    found[module] = replaced((checkout / module).read_text(encoding="utf-8"), "inputs: rejudged", [rejudging(declared)])
    return found


def rejudging(declared: Declaration) -> str:
    """Return the sentences on the variables by which a saved run is judged again, for the documentation of the module."""

    def names(how: str) -> str:
        found = [f"C({variable.input.name})" for variable in declared.rejudging("rtf_preflight", how)]
        return f"{', '.join(found[:-1])} and {found[-1]}"

    return (
        f"- Reads the variables of the nodes that decide how a run is judged, {names('judged')}, and how it is reported, "
        f"{names('reported')}. Those that are not set, and all other inputs, are taken from the saved run."
    )


if __name__ == "__main__":
    for path, text in files(input_declarations.load()).items():
        (CHECKOUT / path).write_text(text, encoding="utf-8")
