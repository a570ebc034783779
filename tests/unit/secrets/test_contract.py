# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a host is known to the tests of secrets, and a module is handed secrets in a way that leaves no file."""

import ast
import re
from fnmatch import fnmatchcase

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact_registry import FACTS
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted

ON_THE_CONTROLLER = {"hostprep.runtime_fabric." + name for name in checkout.plugin_names("action")}
SOURCES = [
    path
    for path in checkout.tracked_files(".py")
    if path.parts[:2] in (("plugins", "module_utils"), ("plugins", "modules"))
]
DECLARED = {path for fact in FACTS for path in fact.harmless}
PATH = re.compile(r"/(?:boot|etc|home|lib|opt|proc|root|run|srv|sys|usr|var)\b[^\s:]*\Z")
# Secrets of one run, which are of no use after it.
OF_THE_RUN = {"key"}


def paths(tree):
    """Yield every absolute path that is a text of a program, documentation apart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PATH.match(node.value):
            yield node.value


def is_known(path):
    """Whether a path, which may be a pattern or a directory, is one of planted.FILES, of HARMLESS, or declared by its fact."""
    inside = tuple(name for name in planted.HARMLESS if name.endswith("/"))
    return (
        path in planted.HARMLESS
        or path in DECLARED
        or path.startswith(inside)
        or any(
            fnmatchcase(name, path.replace("{0}", "*")) or name.startswith(path.rstrip("/") + "/")
            for name in planted.FILES
        )
    )


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_a_path_that_is_read_is_planted_or_known_to_hold_no_secret(source):
    assert [path for path in paths(ast.parse(checkout.read(source))) if not is_known(path)] == []


def secret_options():
    """Return the names of all options that modules keep out of logs."""
    found = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(checkout.read(source))):
            for name, value in _entries(node):
                if name and any(
                    flag == "no_log" and getattr(on, "value", None) is True for flag, on in _entries(value)
                ):
                    found.add(name)
    return found


def _entries(node):
    """(name, node) of the entries of a dictionary, written either way; and of `NAME = dict(...)`."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict":
        return [(keyword.arg, keyword.value) for keyword in node.keywords]
    if isinstance(node, ast.Dict):
        return [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values)]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return [(node.targets[0].id.lower(), node.value)]
    return []


def tasks(node):
    """Yield every task of a file, those of blocks too."""
    if isinstance(node, list):
        for child in node:
            yield from tasks(child)
    elif isinstance(node, dict):
        yield node
        for name in ("block", "rescue", "always"):
            yield from tasks(node.get(name, []))


def test_a_task_that_hands_over_a_secret_leaves_no_file_with_it():
    options = secret_options()
    assert options >= {"secrets", "http_proxy", "socks5_proxy", "proxy_hashes", "url", "key"}
    wrong, right = [], []
    for path in (path for path in checkout.tracked_files(".yml") if path.parts[0] == "roles" and "tasks" in path.parts):
        for task in tasks(checkout.read_yaml(path)):
            modules = [
                set(given)
                for name, given in task.items()
                if name.startswith("hostprep.") and name not in ON_THE_CONTROLLER and isinstance(given, dict)
            ]
            if any(given & (options - OF_THE_RUN) for given in modules):
                pipelined = task.get("vars", {}).get("ansible_pipelining") is True
                (right if pipelined else wrong).append(f"{path}: {task['name']}")
    assert wrong == [] and len(right) >= 4


def test_the_words_that_are_looked_for_are_in_what_is_planted():
    for path, text in planted.FILES.items():
        assert planted.found_in(text), path
    assert planted.found_in("nothing of it") == []
    assert planted.found_in("Basic " + "c3ZjdXNlcjpLcTF4S3ExdktxMQ==")
