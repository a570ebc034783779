# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks that a playbook may run, as its files say: what is included counts, whatever its condition."""

import re
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
BLOCKS = ("block", "rescue", "always")
ROLES = ("import_role", "include_role")
TASKS = ("import_tasks", "include_tasks")
TEMPLATE = re.compile(r"{{.*?}}")
CHOICE = re.compile(r"'(\w+)'(?= if | }})")


class Loader(yaml.SafeLoader):
    """Takes the tags of Ansible as plain values."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: loader.construct_scalar(node))


def tasks_of(playbook):
    """Return globs of the keys of all tasks, as the callback names them, in the order of the files."""
    found = []
    for play in _load(CHECKOUT / "playbooks" / f"{playbook}.yml"):
        for section in ("pre_tasks", "tasks", "post_tasks"):
            _collect(play.get(section, []), playbook, None, found)
    return list(dict.fromkeys(found))


def _load(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader) or []


def _collect(tasks, where, role, found, above=()):
    for task in tasks:
        action = {key.rpartition(".")[2]: value for key, value in task.items()}
        for section in BLOCKS:
            _collect(task.get(section, []), where, role, found, above)
        roles = [action[name] for name in ROLES if name in action]
        files = [action[name] for name in TASKS if name in action]
        # What is imported takes the place of its task; what is included runs besides.
        if {"include_tasks", "include_role"} & set(action) or not (roles or files or "block" in task):
            found.append(f"{where}: {TEMPLATE.sub('*', task['name'])}")
        for one in roles:
            entry_point = one.get("tasks_from", "main")
            for name in CHOICE.findall(entry_point) or [entry_point]:
                _file(one["name"].rpartition(".")[2], name, found)
        for one in files:
            _file(role, (one if isinstance(one, str) else one["file"]).rpartition(".")[0], found, above)


def _file(role, name, found, above=()):
    """Add the tasks of a file, or of all files whose name a template may make, but for those that include it (above)."""
    for path in sorted((CHECKOUT / "roles" / role / "tasks").glob(f"{TEMPLATE.sub('*', name)}.yml")):
        if path not in above:
            _collect(_load(path), f"{role}/{path.stem}", role, found, (*above, path))
