# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""whole_files as Ansible runs it, on real files."""

import json
import os
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.modules import whole_files
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process


def run_module(*files, check=False, **options):
    """Return the module's exit code and its result."""
    arguments = {"files": list(files), "_ansible_check_mode": check, "_ansible_diff": True, **options}
    code, text = module_process.printed(whole_files, arguments)
    return code, json.loads(text)


def test_several_files_are_written_in_one_call_and_the_diff_names_them(tmp_path):
    first, second = tmp_path / "first.conf", tmp_path / "below" / "second.conf"
    files = [{"path": str(first), "content": "a\n"}, {"path": str(second), "content": "b\n", "mode": "0600"}]
    code, result = run_module(*files, check=True)
    assert code == 0 and result["changed"] and not first.exists() and not second.parent.exists()
    code, done = run_module(*files)
    assert (code, done["diff"], done["files"]) == (0, result["diff"], result["files"])
    assert (first.read_text(), second.read_text(), stat.S_IMODE(second.stat().st_mode)) == ("a\n", "b\n", 0o600)
    assert [entry["after_header"] for entry in done["diff"]] == [f"{first} (mode 0644)", f"{second} (mode 0600)"]
    code, again = run_module(*files)
    assert (again["changed"], again["diff"]) == (False, [])


def test_what_differs_in_content_mode_or_group_is_set_and_what_a_killed_run_left_goes(tmp_path):
    path, left = tmp_path / "own.conf", tmp_path / ".own.conf.part"
    path.write_text("a\n")
    path.chmod(0o600)
    os.chown(str(path), 0, 1)
    left.write_text("half")
    code, result = run_module({"path": str(path), "content": "a\n"})
    found = path.stat()
    assert (code, result["changed"], path.read_text()) == (0, True, "a\n")
    assert (stat.S_IMODE(found.st_mode), found.st_gid, left.exists()) == (0o644, 0, False)


def test_a_file_is_removed_and_one_that_is_not_there_is_no_change(tmp_path):
    path = tmp_path / "own.conf"
    path.write_text("a\n")
    code, result = run_module({"path": str(path), "state": "absent"})
    assert (code, result["changed"], path.exists()) == (0, True, False)
    assert run_module({"path": str(path), "state": "absent"})[1]["changed"] is False


def test_a_file_that_another_user_owns_is_refused_with_the_command_to_run(tmp_path):
    path = tmp_path / "own.conf"
    path.write_text("a\n")
    os.chown(str(path), 65534, 0)
    code, result = run_module({"path": str(path), "content": "b\n"})
    assert code != 0 and f"chown root {path}" in result["msg"] and path.read_text() == "a\n"


def test_what_is_replaced_is_recorded_in_the_same_call_and_before_the_first_file(tmp_path):
    path, records = tmp_path / "own.conf", tmp_path / "records"
    record = {"name": "role", "values": {"sysctls": {"a": "0"}}, "directory": str(records)}
    file = {"path": str(path), "content": "a\n"}
    code, result = run_module(file, check=True, record=record)
    assert (code, result["changed"], path.exists(), records.exists()) == (0, True, False, False)
    code, done = run_module(file, record=record)
    assert (code, done["diff"]) == (0, result["diff"])
    assert [entry["after_header"] for entry in done["diff"]] == [str(records / "role.json"), f"{path} (mode 0644)"]
    assert json.loads((records / "role.json").read_text()) == record["values"]
    assert run_module(file, record={**record, "values": {"sysctls": {"a": "1"}}})[1]["changed"] is False
    path.unlink()
    (records / "role.json").write_text("no json")
    code, result = run_module(file, record=record)
    assert code != 0 and "the record of changes" in result["msg"] and not path.exists()


def test_nothing_is_recorded_where_a_file_is_refused(tmp_path):
    path, records = tmp_path / "own.conf", tmp_path / "records"
    path.write_text("a\n")
    os.chown(str(path), 65534, 0)
    record = {"name": "role", "values": {"a": "0"}, "directory": str(records)}
    code, result = run_module({"path": str(path), "content": "b\n"}, record=record)
    assert code != 0 and f"chown root {path}" in result["msg"] and not records.exists()
