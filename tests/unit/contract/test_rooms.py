# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages import in one direction, so that whoever reads one need not read those above it."""

from __future__ import annotations

import ast

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

PLUGINS = checkout.CHECKOUT / "plugins"
PREFIX = "ansible_collections.hostprep.runtime_fabric.plugins."

# package of module_utils -> the packages that it may import besides its own
MAY_IMPORT = {
    "common": set(),
    "net": {"common"},
    "egress": {"common", "net"},
    "mesh": {"common", "net"},
    "firewall": {"common"},
    "facts": {"common", "firewall"},
    "changes": {"common", "firewall", "facts"},
}
# The packages of plugin_utils; each may import those before it.
DECISIONS = (
    "text",
    "catalog",
    "inputs",
    "evidence",
    "plan",
    "change_request",
    "checks",
    "audit",
    "report",
    "support_bundle",
)
ACTION_BASE = "controller_action"  # the base class of actions, the only one that knows Ansible


def modules_in(folder):
    """Return {dotted name below plugins: path} of the modules of a folder."""
    paths = sorted((PLUGINS / folder).rglob("*.py"))
    return {".".join(path.relative_to(PLUGINS).with_suffix("").parts): path for path in paths}


MODULES = modules_in("module_utils")
DECIDING = modules_in("plugin_utils")


def imports_of(path):
    """Return the dotted names below plugins of the modules of this collection that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            package = node.module[len(PREFIX) :]
            found |= (
                {package}
                if package in MODULES or package in DECIDING
                else {f"{package}.{alias.name}" for alias in node.names}
            )
    return found


def test_every_package_has_its_place():
    assert {path.name for path in (PLUGINS / "module_utils").iterdir() if path.name != "__pycache__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_below_it(package):
    found = {
        (name, other)
        for name, path in MODULES.items()
        if name.split(".")[1] == package
        for other in imports_of(path)
        if other.split(".")[1] not in MAY_IMPORT[package] | {package}
    }
    assert found == set()


def room(name):
    """Return the package of a module of plugin_utils, its own name for one that lies beside the packages."""
    return name.split(".")[1]


def test_decisions_import_only_what_is_decided_before():
    beside = {room(name) for name in DECIDING} - set(DECISIONS)
    assert ACTION_BASE in beside
    found = {
        (name, other)
        for name, path in DECIDING.items()
        for other in imports_of(path) & set(DECIDING)
        if room(name) in DECISIONS
        and (room(other) == ACTION_BASE or room(other) in DECISIONS[DECISIONS.index(room(name)) + 1 :])
    }
    assert found == set()


def test_decisions_know_nothing_of_ansible():
    found = set()
    for name, path in DECIDING.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name for module in named if module.split(".")[0] == "ansible"}
    assert found <= {f"plugin_utils.{ACTION_BASE}"}


def test_no_areas_of_facts_import_each_other():
    """Apart from one another, not from themselves: packages may ask what proxies do, and not the other way round."""
    edges = {
        (name.split(".")[2], other.split(".")[2])
        for name, path in MODULES.items()
        if name.startswith("module_utils.facts.")
        for other in imports_of(path)
        if other.startswith("module_utils.facts.")
    }
    assert {(one, two) for one, two in edges if one != two and (two, one) in edges} == set()


def test_no_module_imports_itself_by_way_of_others():
    known_modules = {**MODULES, **DECIDING}
    graph = {name: imports_of(path) & set(known_modules) for name, path in known_modules.items()}
    reached = {name: set(direct) for name, direct in graph.items()}
    for _dummy in range(len(known_modules).bit_length()):
        for name, known in reached.items():
            reached[name] = known.union(*(reached[other] for other in known))
    assert [name for name, known in reached.items() if name in known] == []


def test_no_two_modules_of_the_mechanism_have_one_name():
    names = [name.rpartition(".")[2] for name in MODULES]
    assert sorted({name for name in names if names.count(name) > 1}) == []
