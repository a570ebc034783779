# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change, a new connection and the confirmation, in one task of one host."""

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hostprep.runtime_fabric.plugins.action import firewall_rules
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import process_identity

CHANGED = {"changed": True, "pending": True, "change_id": "c1", "backend": "nftables"}
UNREACHABLE = AnsibleConnectionFailure("Connection timed out")


class PlayedHost(firewall_rules.ActionModule):
    """Answers of a host, in order, and what was asked of it: the module's state, or `reset` of the connection."""

    def __init__(self, answers, **options):
        self.answers, self.asked = list(answers), []
        self._task = SimpleNamespace(args={"label": "ours", "confirm": True, "rollback_timeout": 0, **options})
        self._connection = SimpleNamespace(reset=lambda: self.asked.append("reset"))

    def _module(self, options):
        self.asked.append(options.get("state", "present"))
        self.options = options
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def base(monkeypatch):
    monkeypatch.setattr(firewall_rules.ActionBase, "run", lambda self, tmp, task_vars: {})
    monkeypatch.setattr(firewall_rules, "PAUSE", 0)
    monkeypatch.setattr(firewall_rules, "LIMIT_OF_A_ROLLBACK", 0)


def run(host):
    return host.run(task_vars={"inventory_hostname": "worker-1"})


def test_a_change_is_confirmed_over_a_new_connection_within_its_task():
    host = PlayedHost([CHANGED, {"changed": True, "pending": False}])
    assert run(host) == {**CHANGED, "pending": False}
    assert host.asked == ["present", "reset", "confirmed"]
    assert host.options["change_id"] == "c1"


@pytest.mark.parametrize("answer", [{"changed": False, "pending": False}, {"failed": True, "msg": "no"}])
def test_what_changes_nothing_or_fails_costs_one_call(answer):
    host = PlayedHost([answer])
    assert run(host) == answer and host.asked == ["present"]


def test_without_confirm_the_change_is_left_pending():
    host = PlayedHost([CHANGED], confirm=False)
    assert run(host) == CHANGED and host.asked == ["present"]


def test_a_host_that_shuts_out_ssh_restores_itself_and_the_task_fails():
    host = PlayedHost([CHANGED, UNREACHABLE, {"changed": False, "pending": False}])
    said = run(host)
    assert said["failed"] and not said["changed"] and not said["pending"]
    assert (
        "worker-1 could not be reached over a new connection after its firewall was changed (nftables)" in said["msg"]
    )
    assert "The host has rolled the change back" in said["msg"] and "Connection timed out" in said["msg"]
    assert host.asked == ["present", "reset", "confirmed", "reset", "rolled_back"]


def test_ssh_is_not_blamed_where_the_host_answered():
    late = {"failed": True, "msg": "the change was not confirmed in time"}
    said = run(PlayedHost([CHANGED, late, {"changed": False, "pending": False}]))["msg"]
    assert "the change was not confirmed in time" in said and "has rolled the change back" in said
    assert "could not be reached" not in said and "SSH" not in said


def test_a_host_that_stays_away_is_not_said_to_be_restored():
    said = run(PlayedHost([CHANGED, UNREACHABLE, UNREACHABLE]))
    assert (
        said["failed"]
        and "has not been reachable since" in said["msg"]
        and "has rolled the change back" not in said["msg"]
    )


def test_a_connection_that_breaks_during_the_change_only_takes_back_a_change_of_this_run():
    host = PlayedHost([UNREACHABLE, {"changed": True, "pending": False}])
    assert "the connection broke during the change" in run(host)["msg"]
    assert host.asked == ["present", "reset", "rolled_back"]
    assert (host.options["change_id"], host.options["run"]) == (None, process_identity.own())


def busy(run_name):
    pending = {"id": "other", "run": run_name, "connection": None, "seconds": 60}
    return {"failed": True, "busy": True, "pending_change": pending, "msg": "another change waits"}


def test_a_change_of_a_killed_run_of_this_controller_is_taken_back_at_once(monkeypatch):
    monkeypatch.setattr(process_identity, "is_gone", lambda name: name == "killed")
    host = PlayedHost([busy("killed"), {"changed": True}, CHANGED, {"changed": True}])
    assert run(host) == {**CHANGED, "pending": False}
    assert host.asked == ["present", "rolled_back", "present", "reset", "confirmed"]


def test_a_change_of_a_run_that_lives_is_waited_for_and_never_touched(monkeypatch):
    monkeypatch.setattr(process_identity, "is_gone", lambda name: False)
    host = PlayedHost([busy("alive"), busy("alive"), CHANGED, {"changed": True}])
    run(host)
    assert host.asked == ["present", "present", "present", "reset", "confirmed"]


def test_the_wait_for_another_change_ends():
    host = PlayedHost([busy("alive")], wait_timeout=0)
    assert run(host)["msg"] == "another change waits" and host.asked == ["present"]
