# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard of a change on real files, with its real script: only systemd is played."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.deadlines import Deadline
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError, Host
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.change_lock import Busy, Lock
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rollback_timer import Guard

ABOUT = {"id": "c1", "run": None, "connection": "192.0.2.5 4242 192.0.2.11 22", "seconds": 60}
OURS, SITES = "ours\n", "rules of the site\n"


class Killed(BaseException):
    """The process is killed at this point."""


class PlayedSystemd(Host):
    """A host whose systemd only notes what it was asked. killed_at: words of a call at which the process is killed."""

    def __init__(self, directory, killed_at=()):
        self.programs, self.killed_at, self.asked = directory / "programs", killed_at, []
        self.programs.mkdir(exist_ok=True)
        stub = self.programs / "systemctl"
        stub.write_text("#!/bin/sh\n", encoding="ascii")
        stub.chmod(0o755)

    def runs_systemd(self):
        return True

    def unit_is(self, question, unit):
        return False

    def try_run(self, argv, stdin=None, timeout=60.0):
        if argv[0] == "/bin/sh":
            environment = {"PATH": "{}:{}".format(self.programs, os.environ["PATH"])}
            done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            return done.returncode, done.stdout.decode(), done.stderr.decode()
        self.asked.append(argv)
        if self.killed_at and all(word in argv for word in self.killed_at):
            raise Killed()
        if argv[:2] == ["systemctl", "enable"]:
            link = self.units / "multi-user.target.wants" / argv[-1]
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(self.units / argv[-1])
        return 0, "", ""


class Site:
    """Files of a host: one of the site's, and ours, with the link of a unit, in directories that are not there before."""

    def __init__(self, directory, **killed):
        self.directory = directory
        self.shared = directory / "etc" / "zone.xml"
        self.own = directory / "etc" / "made" / "below" / "own.rules"
        self.link = directory / "units" / "site.service.wants" / "own.service"
        self.state = directory / "lib" / "collection" / "firewall"
        for path in (self.shared.parent, self.link.parent.parent, self.state.parent.parent):
            path.mkdir(parents=True, exist_ok=True)
        self.shared.write_text(SITES, encoding="ascii")
        self.host = PlayedSystemd(directory, **killed)
        self.host.units = directory / "units"
        self.guard = Guard(self.host, "ours", str(self.state), str(self.host.units), str(directory / "lock"))
        self.before = self.footprint()

    def footprint(self):
        """{path: content, target or None} of all files, links and directories outside the guard's own."""
        found = {}
        for path in sorted(self.directory.rglob("*")):
            name = str(path.relative_to(self.directory))
            if not name.startswith(("lib", "programs", "lock")):
                found[name] = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else None
        return found

    def files(self):
        return [str(self.shared), str(self.own), str(self.link)]

    def arm(self):
        self.guard.arm(self.files(), ["echo commands >>{}".format(self.directory / "lib" / "ran")], 60, ABOUT)

    def change(self):
        self.host.write(str(self.shared), SITES + OURS)
        self.host.write(str(self.own), OURS)
        self.link.parent.mkdir()
        self.link.symlink_to(self.own)

    def script(self, argument=""):
        return self.host.try_run(["/bin/sh", str(self.state / "restore")] + ([argument] if argument else []))


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def changed(site):
    site.arm()
    site.change()
    site.guard.finish(60)
    return site


def test_the_timer_runs_before_the_change_is_pending(tmp_path):
    site = Site(tmp_path, killed_at=["systemd-run"])
    with pytest.raises(Killed):
        site.arm()
    assert site.guard.pending() is None


def test_a_rollback_leaves_everything_as_it_was_directories_too(site):
    changed(site)
    assert site.script()[0] == 0
    assert site.footprint() == site.before
    assert site.guard.was_rolled_back() and site.guard.left_alone() == []


def test_a_rollback_of_a_revert_restores_a_link_whose_directory_went(site):
    site.change()
    site.before = site.footprint()
    site.arm()
    site.host.write(str(site.shared), SITES)
    for path in (site.own, site.link):
        path.unlink()
        path.parent.rmdir()
    site.guard.finish(60)
    site.guard.roll_back()
    assert site.footprint() == site.before and site.guard.left_alone() == []


def test_what_another_hand_changed_since_is_left_alone_and_named(site):
    changed(site)
    site.shared.write_text(SITES + OURS + "rule of an admin\n", encoding="ascii")
    site.guard.roll_back()
    assert site.guard.take_left_alone() == [str(site.shared)] and site.guard.left_alone() == []
    assert site.shared.read_text() == SITES + OURS + "rule of an admin\n"
    assert not site.own.exists() and not site.link.is_symlink()


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_expires_meanwhile_is_the_changes_own_doing(site, by_hand):
    changed(site)
    if by_hand:
        site.shared.write_text(SITES + OURS + "rule of an admin\n", encoding="ascii")
    site.script("expiring")
    site.shared.write_text(site.shared.read_text().replace(OURS, ""), encoding="ascii")
    site.own.unlink()
    site.script("expired")
    site.guard.roll_back()
    assert site.guard.left_alone() == ([str(site.shared)] if by_hand else [])
    assert not site.own.exists() and site.shared.read_text() == SITES + "rule of an admin\n" * by_hand


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_change_that_was_killed_midway_is_undone_but_not_what_another_hand_did(site, steps):
    site.arm()
    if steps > 0:
        site.host.write(str(site.shared), SITES + OURS)
    if steps > 1:
        site.host.write(str(site.shared), SITES + OURS + OURS)
    by_hand = site.own
    by_hand.parent.mkdir(parents=True)
    by_hand.write_text("of an admin\n", encoding="ascii")
    site.script("unfinished")
    assert site.shared.read_text() == SITES
    assert by_hand.read_text() == "of an admin\n"
    assert site.guard.left_alone() == [str(by_hand)]


def test_the_first_timer_has_no_say_once_the_change_is_finished(site):
    changed(site)
    after = site.footprint()
    site.script("unfinished")
    assert site.footprint() == after and site.guard.pending() == ABOUT


def test_a_rollback_waits_for_the_module_that_still_changes_the_firewall(site):
    site.arm()
    lock = Lock("a test", str(site.directory / "lock"))
    lock.acquire(Deadline(0))
    with subprocess.Popen(["/bin/sh", str(site.state / "restore"), "unfinished"]) as script:
        site.change()
        site.guard.finish(60)
        assert script.poll() is None
        lock.release()
        assert script.wait(60) == 0
    assert site.guard.pending() == ABOUT and site.own.exists()


def test_a_confirmed_change_stays_and_leaves_nothing_of_the_guard(site):
    changed(site)
    with pytest.raises(FirewallError, match="only a new connection proves"):
        site.guard.confirm(ABOUT["connection"], "c1")
    with pytest.raises(FirewallError, match="another change now waits to be confirmed"):
        site.guard.confirm("192.0.2.5 9999 192.0.2.11 22", "c0")
    assert site.guard.confirm("192.0.2.5 9999 192.0.2.11 22", "c1")
    assert site.own.exists() and not site.state.exists()
    assert site.script()[0] != 0 or site.own.exists()


def test_a_rollback_that_was_cut_off_is_carried_on(site):
    changed(site)
    (site.state / "pending").rename(site.state / "rolling-back")
    assert site.guard.pending() == ABOUT
    site.script()
    assert site.footprint() == site.before


def test_what_was_killed_before_its_change_is_taken_away(tmp_path):
    site = Site(tmp_path, killed_at=["systemd-run"])
    with pytest.raises(Killed):
        site.arm()
    site.host.killed_at = ()
    site.guard.settle()
    assert not site.state.exists()
    assert not (site.host.units / site.guard.unit).exists()


def test_everything_is_on_the_disk_before_the_change_begins(site, monkeypatch):
    synced = set()
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.add(os.readlink(f"/proc/self/fd/{number}")), real(number)))
    site.arm()
    for name in ("before", "before/0"):
        assert str(site.state / name) in synced, name
    assert str(site.state) in synced  # the directory of pending, which was renamed into it
    assert any(Path(one).parent == site.state and "/.pending." in one for one in synced)


def hold(path, then):
    """A process that takes the lock, says so, and goes on."""
    code = (
        "import sys\n"
        "from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.deadlines import Deadline\n"
        "from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.change_lock import Lock\n"
        "lock = Lock('over SSH from 192.0.2.5 port 4242', sys.argv[1])\n"
        "lock.acquire(Deadline(5))\n"
        "print('held', flush=True)\n" + then
    )
    words = [sys.executable, "-c", code, path]
    process = subprocess.Popen(
        words,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_change_is_refused_and_the_holder_is_named(tmp_path):
    path = str(tmp_path / "lock")
    with hold(path, "input()") as holder:
        with pytest.raises(Busy, match=r"process \d+ \(over SSH from 192.0.2.5 port 4242\) is changing the firewall"):
            Lock("second", path).acquire(Deadline(0))
        holder.communicate(b"\n")
    Lock("second", path).acquire(Deadline(0))


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = str(tmp_path / "lock")
    with hold(path, "input()") as holder:
        holder.kill()
        holder.wait()
        Lock("second", path).acquire(Deadline(0))
        holder.stdin.close()


def test_a_lock_is_not_taken_through_a_link(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FirewallError):
        Lock("first", str(tmp_path / "lock")).acquire(Deadline(0))
    assert not (tmp_path / "elsewhere").exists()
