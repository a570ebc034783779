# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call waits for a change that is not confirmed yet, and touches nothing of it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import firewall_change
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import Host
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.change_lock import Busy

PENDING = {"id": "c1", "run": "r1", "connection": "192.0.2.5 4242 192.0.2.11 22", "seconds": 60}


class Played(firewall_change.Change):
    """A call on a host where a change waits to be confirmed for so many looks."""

    def __init__(self, directory, looks, **options):
        parameters = {
            "label": "ours",
            "state": "present",
            "wait_timeout": 60,
            "change_id": None,
            "run": None,
            **options,
        }
        super().__init__(Host(), parameters, False)
        self.lock.path = str(directory / "lock")
        self.looks, self.done = looks, 0
        self.guard.waits_for_confirmation = self._look
        self.guard.pending = lambda: PENDING
        self.guard.roll_back = lambda: setattr(self, "done", "rolled back")

    def _look(self):
        self.looks -= 1
        return self.looks >= 0

    def _present(self):
        self.done = "changed"
        return {"changed": True}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(firewall_change, "POLL", 0)
    monkeypatch.setattr(firewall_change.Guard, "is_pending", lambda self: False)
    monkeypatch.setattr(firewall_change.Guard, "left_alone", lambda self: [])
    monkeypatch.setattr(firewall_change.Guard, "settle", lambda self: None)
    monkeypatch.setattr(Host, "remove", lambda self, path: None)


def test_a_call_waits_until_the_other_change_is_confirmed(tmp_path):
    call = Played(tmp_path, looks=3)
    assert call.run()["changed"] and call.done == "changed" and call.looks == -1


@pytest.mark.parametrize("state, waits", [("present", [firewall_change.PACKAGES_WAIT]), ("confirmed", [])])
def test_rules_are_changed_when_the_package_manager_has_finished(tmp_path, monkeypatch, state, waits):
    """A run that was interrupted while it installed the firewall leaves the package manager at work."""
    waited = []
    monkeypatch.setattr(firewall_change.package_locks, "wait", waited.append)
    monkeypatch.setattr(Played, "_confirmed", lambda self: True)
    Played(tmp_path, looks=0, state=state).run()
    assert waited == waits


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_call_that_waited_long_enough_is_refused_and_names_the_other_change(tmp_path, state):
    call = Played(tmp_path, looks=9, state=state, wait_timeout=0)
    with pytest.raises(Busy, match="made over SSH from 192.0.2.5 port 4242, waits to be confirmed") as problem:
        call.run()
    assert problem.value.pending == PENDING and not call.done
    Played(tmp_path, looks=0).run()  # the lock is free again


@pytest.mark.parametrize(
    "options, due",
    [
        ({}, True),
        ({"change_id": "c1"}, True),
        ({"change_id": "c2"}, False),
        ({"run": "r1"}, True),
        ({"run": "r2"}, False),
    ],
)
def test_only_the_change_that_is_meant_is_rolled_back(tmp_path, options, due):
    call = Played(tmp_path, looks=9, state="rolled_back", **options)
    assert call.run()["changed"] == due and bool(call.done) == due


APPLIED = {"backend": "nftables", "keep_ports": [22], "rules": [], "state": "present"}


@pytest.mark.parametrize("changed", [True, False])
def test_what_was_applied_holds_where_to_apply_it_again_would_change_nothing(monkeypatch, changed):
    calls = []

    class Again:
        def __init__(self, host, parameters, check_mode):
            calls.append((parameters, check_mode))

        def run(self):
            return {"changed": changed}

    monkeypatch.setattr(firewall_change, "applied", lambda host: APPLIED)
    monkeypatch.setattr(firewall_change, "Change", Again)
    monkeypatch.setattr(firewall_change.Guard, "is_unsettled", lambda self: False)
    assert firewall_change.holds(Host(), "ours") is not changed
    # Ports that sshd has left since are not kept any longer.
    assert calls == [({**APPLIED, "label": "ours", "keep_ports": []}, True)]


@pytest.mark.parametrize("known", [{}, {"backend": "nftables"}, {"backend": "auto", "rules": "none"}])
def test_a_record_that_cannot_be_applied_again_does_not_hold(monkeypatch, known):
    monkeypatch.setattr(firewall_change, "applied", lambda host: known)
    monkeypatch.setattr(firewall_change.backend_selection, "active", lambda backends: {})
    monkeypatch.setattr(firewall_change.backend_selection, "ours", lambda backends: ["nftables"])
    assert firewall_change.holds(Host(), "ours") is False


@pytest.mark.parametrize("unsettled, left_alone", [(True, []), (False, ["/etc/nftables.conf"])])
def test_what_a_killed_change_or_a_rollback_left_is_for_the_next_call(monkeypatch, unsettled, left_alone):
    monkeypatch.setattr(firewall_change, "applied", lambda host: APPLIED)
    monkeypatch.setattr(firewall_change.Guard, "is_unsettled", lambda self: unsettled)
    monkeypatch.setattr(firewall_change.Guard, "left_alone", lambda self: left_alone)
    assert firewall_change.holds(Host(), "ours") is False
