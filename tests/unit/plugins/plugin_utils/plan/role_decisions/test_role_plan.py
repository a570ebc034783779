# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans of all roles have in common."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import role_plan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES

FILE = {"path": "/etc/x", "content": "a\n", "mode": "0644"}
WRITTEN = {"text": "a\n", "mode": "0644", "owner": 0, "group": 0}


@pytest.mark.parametrize(
    "found, differs",
    [
        (WRITTEN, False),
        (None, True),
        ({**WRITTEN, "text": None}, True),
        ({**WRITTEN, "text": "b\n"}, True),
        ({**WRITTEN, "mode": "0600"}, True),
        ({**WRITTEN, "owner": 1000}, True),
        ({**WRITTEN, "group": 4}, True),
        ({"error": "unreadable"}, True),
    ],
)
def test_a_file_differs_by_its_text_its_mode_and_its_owner(found, differs):
    assert role_plan.differs({"files": {"/etc/x": found}}, FILE) is differs


def test_the_text_of_a_file_that_is_not_there_is_empty():
    host = {"files": {"/a": WRITTEN, "/b": None, "/c": {**WRITTEN, "text": None}}}
    assert [role_plan.text_of(host, path) for path in ("/a", "/b", "/c", "/d")] == ["a\n", "", "", ""]


def test_the_header_is_what_the_filter_comment_makes():
    assert role_plan.header_of("Ansible managed") == "#\n# Ansible managed\n#\n"
    assert role_plan.header_of("a\n\nb") == "#\n# a\n#\n# b\n#\n"


def test_check_mode_has_an_announcement_for_what_it_cannot_run():
    changes = [{"step": "A", "kind": "files", "files": []}, {"step": "B", "kind": "commands", "announcement": "b"}]
    assert [change["kind"] for change in role_plan.for_check_mode(changes)] == ["files", "announcement"]
    assert changes[1]["kind"] == "commands"


@pytest.mark.parametrize("host, why", [({}, "time: it was not collected"), ({"time": {"error": "no"}}, "time: no")])
def test_what_is_not_known_is_a_reason_not_to_change_anything(host, why):
    with pytest.raises(role_plan.Refusal, match=why):
        role_plan.section(host, "time")
    assert role_plan.section({"time": []}, "time") == []


def test_every_role_is_found_by_its_name():
    assert all(isinstance(role, role_plan.Role) and name.startswith("rtf_") for name, role in ROLES.items())


def test_what_a_node_loses_is_reported_and_what_was_there_recorded_before_the_first_change():
    change = {"step": "Set it", "kind": "parameters"}
    planned = role_plan.Plan([change], record={"sysctls": {"a": "0"}}, removals=["a is lost"])
    assert [step["kind"] for step in role_plan.steps(planned, False)] == ["removals", "record", "parameters"]
    assert role_plan.steps(planned._replace(record={}, removals=[]), False) == [change]
    assert role_plan.steps(planned._replace(changes=[]), False) == []
    files = {"step": "Write it", "kind": "files", "files": []}
    assert role_plan.steps(planned._replace(changes=[files, change], removals=[]), False) == [
        {**files, "record": {"sysctls": {"a": "0"}}},
        change,
    ]
    assert "record" not in files
    announced = planned._replace(changes=[{**change, "announcement": "It would be set"}])
    assert [step["kind"] for step in role_plan.steps(announced, True)] == ["removals", "record", "announcement"]
