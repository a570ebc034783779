# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what facts of the host declare into their registry and into the documentation of host_info: `make docs`."""

from __future__ import annotations

import ast
import importlib
import re
import textwrap
from itertools import groupby
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.tools.protocol_docs import replaced

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "plugins/module_utils/facts"
REGISTRY = f"{FOLDER}/fact_registry.py"
MODULE = "plugins/modules/host_info.py"
PACKAGE = "ansible_collections.hostprep.runtime_fabric." + FOLDER.replace("/", ".")
HEADER = '''\
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts that files of this folder declare. Written by `make docs`; Ansible sends to a host only what is imported by name."""

'''


def declaring(root=ROOT):
    """Return [(area, module)] of the files that declare FACTS, in order."""
    paths = sorted((root / FOLDER).glob("*/*.py"))
    return [(path.parent.name, path.stem) for path in paths if _declares(ast.parse(path.read_text(encoding="utf-8")))]


def _declares(tree):
    names = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(name, ast.Name) and name.id == "FACTS" for name in names)


def registry(found):
    """Return the text of the registry of the files [(area, module)]."""
    lines = []
    for area, entries in groupby(found, key=lambda entry: entry[0]):
        lines += [f"from {PACKAGE}.{area} import (", *(f"    {module}," for _area, module in entries), ")"]
    lines += ["", "FACTS = (", *(f"    *{module}.FACTS," for _area, module in found), ")"]
    return HEADER + "\n".join(lines) + "\n"


def declared(found):
    """Return the facts of the files [(area, module)]."""
    modules = [importlib.import_module(f"{PACKAGE}.{area}.{module}") for area, module in found]
    return [fact for module in modules for fact in module.FACTS]


def documented(text, facts):
    """Return the text of the module with the entries of all facts written anew, each in the block of its section."""
    sections = re.findall(r"# facts: (\w+)$", text, re.MULTILINE)
    elsewhere = sorted({fact.section for fact in facts} - set(sections))
    if elsewhere:
        raise ValueError(f"{MODULE} documents no facts of {', '.join(elsewhere)}")
    for section in sections:
        text = replaced(text, f"facts: {section}", [_entry(fact) for fact in facts if fact.section == section])
    return text


def _entry(fact):
    returned = f"with O({fact.option}=true)" if fact.option else "always"
    body = f"{textwrap.dedent(fact.documentation).strip()}\nreturned: {returned}"
    return f"{fact.name}:\n{textwrap.indent(body, '  ')}"


def written(root=ROOT):
    """Return {path: text} of what depends on facts."""
    found = declaring(root)
    text = (root / MODULE).read_text(encoding="utf-8")
    return {REGISTRY: registry(found), MODULE: documented(text, declared(found))}


def main():
    for path, text in written().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
