# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of files that were killed at any moment: the next run completes them, and taking them back leaves nothing."""

import os
import shutil

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import change_records, managed_files
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import killing

NAME = "site proxy"


def tree(directory):
    """{path below a directory: content, None for a directory}."""
    found = {}
    for top, directories, names in os.walk(str(directory)):
        for name in directories:
            found[os.path.relpath(os.path.join(top, name), str(directory))] = None
        for name in names:
            with open(os.path.join(top, name)) as stream:
                found[os.path.relpath(os.path.join(top, name), str(directory))] = stream.read()
    return found


def carry_out(path, state):
    """One run of managed_blocks with one file; return whether it changed something."""
    entry = {
        "path": str(path),
        "state": state,
        "content": "a=1",
        "keep": [],
        "section": None,
        "mode": "0644",
        "create": True,
        "make_directories": True,
    }
    wanted = managed_files.plan(entry, NAME, {})
    if wanted.changed:
        managed_files.carry_out(wanted)
    return wanted.changed


@pytest.fixture(params=["there", "missing", "far"])
def site(request, tmp_path):
    """A function that makes the file system as it was, the file, and what it was."""
    root = tmp_path / "root"
    path = root / {"there": "etc/file", "missing": "etc/new", "far": "etc/a/b/new"}[request.param]

    def prepare():
        shutil.rmtree(str(root), ignore_errors=True)
        (root / "etc").mkdir(parents=True)
        (root / "etc" / "other").write_text("x")
        if request.param == "there":
            path.write_text("site\n")

    prepare()
    return prepare, path, root, tree(root)


def test_a_block_whose_writing_was_killed_is_written_by_the_next_run_and_taken_back_without_a_trace(site):
    prepare, path, root, before = site
    rounds = 0
    for rounds in killing.at_every_call(prepare, lambda: carry_out(path, "present")):
        carry_out(path, "present")
        assert not carry_out(path, "present")
        assert "a=1" in path.read_text()
        carry_out(path, "absent")
        assert tree(root) == before, rounds
    assert rounds > 5


def test_a_block_whose_writing_was_killed_is_taken_back_at_once_without_a_trace(site):
    prepare, path, root, before = site
    for number in killing.at_every_call(prepare, lambda: carry_out(path, "present")):
        carry_out(path, "absent")
        assert tree(root) == before, number


def test_a_block_whose_removal_was_killed_is_removed_by_the_next_run_without_a_trace(site):
    prepare, path, root, before = site

    def written():
        prepare()
        carry_out(path, "present")

    for number in killing.at_every_call(written, lambda: carry_out(path, "absent")):
        carry_out(path, "absent")
        assert tree(root) == before, number
        assert not carry_out(path, "absent")


def test_what_others_put_into_a_directory_of_ours_stays(tmp_path):
    path = tmp_path / "a" / "b" / "new"
    carry_out(path, "present")
    (tmp_path / "a" / "site").write_text("x")
    carry_out(path, "absent")
    assert tree(tmp_path) == {"a": None, "a/site": "x"}


def test_a_record_that_was_killed_is_whole_or_not_there_and_is_forgotten_without_a_trace(tmp_path):
    path = str(tmp_path / "records" / "role.json")

    def prepare():
        change_records.forget(path)

    for number in killing.at_every_call(prepare, lambda: change_records.store(path, {"a": 1})):
        assert change_records.load(path) in ({}, {"a": 1})
        change_records.store(path, {"a": 1})
        change_records.forget(path)
        assert tree(tmp_path) == {}, number

    def stored():
        change_records.store(path, {"a": 1})

    for number in killing.at_every_call(stored, lambda: change_records.forget(path)):
        assert change_records.leftovers(path) == bool(tree(tmp_path))
        change_records.forget(path)
        assert tree(tmp_path) == {}, number
