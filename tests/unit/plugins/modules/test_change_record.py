# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""change_record as Ansible runs it: what is remembered first counts, and only its owner can read it."""

import os
import stat

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes.change_records import merged
from ansible_collections.hostprep.runtime_fabric.plugins.modules import change_record
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process


@pytest.fixture(name="record")
def fixture_record(tmp_path):
    def run(check_mode=False, **arguments):
        parameters = dict({"name": "role", "directory": str(tmp_path / "records")}, **arguments)
        return module_process.run(change_record, parameters, check_mode)

    return run


@pytest.mark.parametrize(
    "known, found, expected",
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 2}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1]}, {"a": [2, 1]}, {"a": [1, 2]}),
        ({"a": {"b": 1}}, {"a": [1]}, {"a": {"b": 1}}),
        ({"a": None}, {"a": 1}, {"a": None}),
    ],
)
def test_what_is_remembered_first_counts(known, found, expected):
    assert merged(known, found) == expected


def test_values_are_kept_until_they_are_forgotten(record, tmp_path):
    assert record()["remembered"] == {} and not (tmp_path / "records").exists()
    first = record(values={"sysctls": {"a": "0"}})
    assert first["changed"] and '"a": "0"' in first["diff"]["after"] and first["diff"]["before"] == ""
    again = record(values={"sysctls": {"a": "1"}})
    assert not again["changed"] and again["remembered"] == {"sysctls": {"a": "0"}}
    gone = record(state="absent")
    assert gone["changed"] and gone["remembered"] == {"sysctls": {"a": "0"}}
    assert not (tmp_path / "records").exists()
    assert not record(state="absent")["changed"]


def test_only_the_owner_can_read_a_record(record, tmp_path):
    path = record(values={"a": "secret"})["path"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(str(tmp_path / "records")).st_mode) == 0o700


def test_the_record_of_another_role_stays(record):
    record(values={"a": 1})
    record(name="other", values={"a": 2})
    record(state="absent")
    assert record(name="other")["remembered"] == {"a": 2}


def test_check_mode_says_what_would_be_remembered_and_writes_nothing(record, tmp_path):
    result = record(check_mode=True, values={"a": 1})
    assert result["changed"] and result["remembered"] == {"a": 1}
    assert not (tmp_path / "records").exists()
    record(values={"a": 1})
    assert record(check_mode=True, state="absent")["changed"]
    assert record()["remembered"] == {"a": 1}


@pytest.mark.parametrize("text, reason", [("no json", "role.json"), ("[]", "not a record")])
def test_a_broken_record_is_named_and_not_overwritten(record, text, reason):
    path = record(values={"a": 1})["path"]
    with open(path, "w") as output:
        output.write(text)
    result = record(values={"a": 2})
    assert result["failed"] and reason in result["msg"]
    with open(path) as content:
        assert content.read() == text


def test_a_name_that_would_leave_the_directory_is_refused(record):
    assert "name" in record(name="../etc/passwd", values={"a": 1})["msg"]
