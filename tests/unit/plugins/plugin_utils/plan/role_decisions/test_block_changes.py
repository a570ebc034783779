# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether blocks differ, by evidence of real files: the plan agrees with what managed_blocks does to them, and shows no secret."""

import itertools

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes.managed_block_evidence import (
    managed_block_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import block_changes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.block_changes import (
    managed_file,
)

NAME, SECRETS = "site", {"password": "s3cr3t%24", "none": ""}
SHARED = "token=0f9\n[main]\nx=1"  # a file of the site, whose last line does not end
KEEP = ["B="]


def evidence_of(files, secrets=None):
    asked = block_changes.probes(NAME, files, SECRETS if secrets is None else secrets)
    return managed_block_evidence(asked["blocks"], asked["block_lines"])


def write(*files, secrets=None):
    for entry in files:
        wanted = managed_files.plan(entry, NAME, SECRETS if secrets is None else secrets)
        if wanted is not None and wanted.changed:
            managed_files.carry_out(wanted)


def would_write(entry, secrets=None):
    wanted = managed_files.plan(entry, NAME, SECRETS if secrets is None else secrets)
    return wanted is not None and wanted.changed


@pytest.fixture
def shared(tmp_path):
    path = tmp_path / "shared.conf"
    path.write_text(SHARED)
    path.chmod(0o644)
    return path


OPEN = ["a=1"]
SECRET = ["a=1", "B=@{password}"]
OTHER = ["B=@{password}", "a=1"]
STATES = {
    "nothing": ([], {}),
    "open": (OPEN, {}),
    "secret": (SECRET, {}),
    "in another order": (OTHER, {}),
    "in a section": (SECRET, {"section": "main"}),
    "for root alone": (SECRET, {"mode": "0600"}),
}


# No file of ours has both a section and lines that are kept.
CASES = [
    (before, after, keep)
    for before, after, keep in itertools.product(STATES, STATES, ([], KEEP))
    if not (keep and "in a section" in (before, after))
]


@pytest.mark.parametrize("before, after, keep", CASES)
@pytest.mark.parametrize("name", ["shared.conf", "own.conf"])
def test_the_plan_finds_what_the_module_would_change(tmp_path, shared, before, after, keep, name):
    path = str(tmp_path / name)
    lines, options = STATES[before]
    write(managed_file(path, lines, **options))
    lines, options = STATES[after]
    wanted = managed_file(path, lines if not keep else [one for one in lines if "@" not in one], keep=keep, **options)
    changes = block_changes.differing([wanted], evidence_of([wanted]))
    assert bool(changes) == would_write(wanted)
    write(wanted)
    assert block_changes.differing([wanted], evidence_of([wanted])) == []


@pytest.mark.parametrize("options", [{"create": False}, {"make_directories": False}, {}])
@pytest.mark.parametrize("below", ["", "a/b/"])
@pytest.mark.parametrize("lines", [OPEN, []])
def test_a_file_that_is_not_for_the_host_does_not_differ(tmp_path, options, below, lines):
    wanted = managed_file(f"{tmp_path}/{below}own.conf", lines, **options)
    assert bool(block_changes.differing([wanted], evidence_of([wanted]))) == would_write(wanted)


def test_another_secret_differs_and_neither_is_in_the_evidence(shared):
    wanted = managed_file(str(shared), SECRET)
    write(wanted)
    rotated = {"password": "an0ther"}
    assert block_changes.differing([wanted], evidence_of([wanted])) == []
    assert block_changes.differing([wanted], evidence_of([wanted], rotated)) == [wanted]
    for secrets in (SECRETS, rotated):
        found = str(evidence_of([wanted], secrets))
        assert "s3cr3t" not in found and "an0ther" not in found and "0f9" not in found
    asked = str(block_changes.probes(NAME, [wanted], SECRETS))
    assert "s3cr3t" not in asked and "B=@{password}" in asked


def test_lines_of_the_site_behind_the_block_and_what_an_interrupted_write_left_are_found(shared):
    wanted = managed_file(str(shared), OPEN)
    write(wanted)
    (shared.parent / ".shared.conf.part").write_text("half")
    assert evidence_of([wanted])[0]["leftovers"] == [str(shared.parent / ".shared.conf.part")]
    assert block_changes.differing([wanted], evidence_of([wanted])) == [wanted]
    write(wanted)
    with shared.open("a") as stream:
        stream.write("a=2\n")
    assert evidence_of([wanted])[0]["in_place"] is False
    assert block_changes.differing([wanted], evidence_of([wanted])) == [wanted]


def test_of_two_names_of_one_file_the_first_one_counts(tmp_path, shared):
    link = tmp_path / "link.conf"
    link.symlink_to(shared)
    files = [managed_file(str(shared), OPEN), managed_file(str(link), [])]
    assert block_changes.differing(files, evidence_of(files)) == files[:1]
    write(files[0])
    assert block_changes.differing(files, evidence_of(files)) == []


def test_a_file_that_cannot_be_read_or_was_not_differs_so_that_the_module_decides(tmp_path):
    directory = tmp_path / "folder"
    directory.mkdir()
    wanted = managed_file(str(directory), OPEN)
    [found] = evidence_of([wanted])
    assert found["name"] == NAME and "error" in found
    assert block_changes.differing([wanted], [found]) == [wanted]
    assert block_changes.differing([wanted], []) == [wanted]
    assert block_changes.removed([managed_file(str(directory), [])], [found]) == []


def test_a_block_that_was_changed_by_hand_is_an_error(shared):
    shared.write_text("# BEGIN site (before: mode 0644)\na=1\n")
    [found] = evidence_of([managed_file(str(shared), OPEN)])
    assert "line 1 begins a block that never ends" in found["error"]


def test_what_loses_its_block_is_named_and_what_keeps_a_line_is_not(tmp_path):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    write(managed_file(first, SECRET), managed_file(second, SECRET))
    files = [managed_file(first, []), managed_file(second, [], keep=KEEP), managed_file(str(tmp_path / "third"), [])]
    found = evidence_of(files)
    changes = block_changes.differing(files, found)
    assert changes == files[:2]
    assert block_changes.removed(changes, found) == [first]
