# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root is not led to another file by whoever owns a link, a directory or a file on the path."""

import grp
import os
import pwd
import stat
import struct
from types import SimpleNamespace

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import trusted_paths
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Place, Untrusted

STRANGER = 4000000  # the number of a user that no machine has
ENTRY = {
    "state": "present",
    "content": "a=1\n",
    "keep": [],
    "mode": "0644",
    "section": None,
    "create": True,
    "make_directories": True,
}


@pytest.fixture
def strangers(monkeypatch):
    """A set of paths that belong to STRANGER, as far as the code can see; tests need not run as root for that."""
    real, paths = trusted_paths.objection, set()

    def played(component, found):
        uid = STRANGER if component in {str(path) for path in paths} else found.st_uid
        return real(component, SimpleNamespace(st_mode=found.st_mode, st_uid=uid, st_gid=found.st_gid))

    monkeypatch.setattr(trusted_paths, "objection", played)
    return paths


@pytest.fixture
def env(tmp_path):
    """The file of an installer, in a directory of its own; beside it what a user would like root to write to."""
    path = tmp_path / "opt" / "env"
    path.parent.mkdir()
    path.write_text("x=1\n", encoding="ascii")
    (tmp_path / "passwd").write_text("root:x:0:0::/root:/bin/sh\n", encoding="ascii")
    (tmp_path / "cron.d").mkdir()
    return path


def write(path, **changes):
    """Put a block into a file, as the module managed_blocks does."""
    wanted = managed_files.plan({**ENTRY, "path": str(path), **changes}, "test", {})
    managed_files.carry_out(wanted)
    return wanted


def names_the_cure(problem, component, command):
    text = str(problem.value)
    return f"{component} " in text and "uid 4000000" in text and text.endswith(command)


def test_a_link_of_a_user_is_not_followed(env, strangers):
    env.unlink()
    env.symlink_to(env.parent.parent / "passwd")
    strangers.add(env)
    with pytest.raises(managed_files.Refused) as problem:
        write(env)
    assert "is a link that belongs to the user with uid 4000000" in str(problem.value)
    assert str(problem.value).endswith(f"rm {env}")
    assert (env.parent.parent / "passwd").read_text() == "root:x:0:0::/root:/bin/sh\n"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_directory_of_a_user_is_not_gone_through(env, strangers, state):
    write(env)
    text = env.read_text()
    strangers.add(env.parent)
    with pytest.raises(managed_files.Refused) as problem:
        write(env, state=state)
    assert names_the_cure(problem, env.parent, f"chown root {env.parent}")
    assert env.read_text() == text


def test_a_directory_that_is_a_link_of_a_user_is_not_gone_through(env, strangers):
    link = env.parent.parent / "runtimefabric"
    link.symlink_to(env.parent.parent / "cron.d")
    strangers.add(link)
    with pytest.raises(managed_files.Refused, match="is a link that belongs to"):
        write(link / "env")
    assert list((env.parent.parent / "cron.d").iterdir()) == []


def test_a_file_of_a_user_is_not_written(env, strangers):
    strangers.add(env)
    with pytest.raises(managed_files.Refused) as problem:
        write(env)
    assert "it belongs to the user" in str(problem.value) and env.read_text() == "x=1\n"


def test_a_directory_that_becomes_a_link_between_two_looks_is_not_followed(env, monkeypatch):
    real = trusted_paths.status

    def swapped(name, directory):
        found = real(name, directory)
        if name == "opt":
            env.parent.rename(env.parent.parent / "away")
            env.parent.symlink_to(env.parent.parent / "cron.d")
        return found

    monkeypatch.setattr(trusted_paths, "status", swapped)
    with pytest.raises(managed_files.Refused):
        write(env)
    assert list((env.parent.parent / "cron.d").iterdir()) == []


def test_links_of_root_are_followed_absolute_relative_and_upwards(env):
    base = env.parent.parent
    for name, target in (("a", env), ("b", "opt/env"), ("cron.d/c", "../b"), ("d", "cron.d/../opt/./env")):
        (base / name).symlink_to(target)
        with Place(str(base / name)) as place:
            assert place.path == str(env) and place.read()[0] == b"x=1\n"
    assert write(base / "cron.d" / "c").path == str(env)
    assert (base / "cron.d" / "c").is_symlink() and "a=1" in env.read_text()


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(managed_files.Refused, match="(?i)symbolic links"):
        write(tmp_path / "a")


def test_another_name_of_a_file_in_a_directory_of_everybody_is_not_written(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (tmp_path / "secret").write_text("x\n", encoding="ascii")
    os.link(str(tmp_path / "secret"), str(shared / "env"))
    with pytest.raises(managed_files.Refused, match="has another hard link"):
        write(shared / "env")
    write(shared / "own")
    assert (shared / "own").exists()


def found(mode, uid=0, gid=0):
    return SimpleNamespace(st_mode=mode, st_uid=uid, st_gid=gid)


@pytest.fixture
def accounts(monkeypatch):
    groups = {50: ("staff", []), 60: ("rtf", ["eve"]), 70: ("eve", []), 80: ("wheel", ["root"])}
    people = [
        SimpleNamespace(pw_name="root", pw_uid=0, pw_gid=0),
        SimpleNamespace(pw_name="eve", pw_uid=1001, pw_gid=70),
    ]

    def group(gid):
        name, members = groups[gid]
        return SimpleNamespace(gr_name=name, gr_mem=members)

    monkeypatch.setattr(grp, "getgrgid", group)
    monkeypatch.setattr(pwd, "getpwall", lambda: people)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {one.pw_uid: one for one in people}[uid])


@pytest.mark.parametrize(
    "component, why, advice",
    [
        (found(stat.S_IFDIR | 0o755), "", ""),
        (found(stat.S_IFLNK | 0o777), "", ""),
        (found(stat.S_IFDIR | 0o1777), "", ""),
        (found(stat.S_IFDIR | 0o775), "", ""),
        (found(stat.S_IFDIR | 0o2775, gid=50), "", ""),  # /usr/local of Debian
        (found(stat.S_IFDIR | 0o775, gid=80), "", ""),
        (found(stat.S_IFDIR | 0o777), "belongs to root and is writable by every user", "chmod o-w '/a b'"),
        (found(stat.S_IFREG | 0o666), "belongs to root and is writable by every user", "chmod o-w '/a b'"),
        (
            found(stat.S_IFDIR | 0o775, gid=60),
            "belongs to root and is writable by the group rtf (eve)",
            "chmod g-w '/a b'",
        ),
        (
            found(stat.S_IFDIR | 0o775, gid=70),
            "belongs to root and is writable by the group eve (eve)",
            "chmod g-w '/a b'",
        ),
        (
            found(stat.S_IFDIR | 0o775, gid=90),
            "belongs to root and is writable by the group with gid 90",
            "chmod g-w '/a b'",
        ),
        (found(stat.S_IFDIR | 0o755, uid=1001), "belongs to the user eve", "chown root '/a b'"),
        (found(stat.S_IFDIR | 0o1777, uid=1001), "belongs to the user eve", "chown root '/a b'"),
        (found(stat.S_IFLNK | 0o777, uid=1001), "is a link that belongs to the user eve", "rm '/a b'"),
    ],
)
def test_who_controls_a_component(accounts, component, why, advice):
    assert trusted_paths.objection("/a b", component) == (why, advice)


@pytest.mark.parametrize(
    "entries, refused",
    [
        ([(0x01, 7, 0xFFFFFFFF), (0x02, 7, STRANGER), (0x04, 5, 0xFFFFFFFF), (0x10, 7, 0xFFFFFFFF)], True),
        ([(0x01, 7, 0xFFFFFFFF), (0x02, 7, STRANGER), (0x04, 5, 0xFFFFFFFF), (0x10, 5, 0xFFFFFFFF)], False),
        ([(0x01, 7, 0xFFFFFFFF), (0x02, 7, 0), (0x04, 5, 0xFFFFFFFF), (0x10, 7, 0xFFFFFFFF)], False),
        ([(0x01, 7, 0xFFFFFFFF), (0x08, 7, STRANGER), (0x04, 5, 0xFFFFFFFF), (0x10, 7, 0xFFFFFFFF)], True),
    ],
)
def test_an_access_list_counts(env, monkeypatch, entries, refused):
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    monkeypatch.setattr(os, "getxattr", lambda descriptor, name: packed, raising=False)
    if refused:
        with pytest.raises(Untrusted, match="has an ACL that lets .*setfacl"):
            Place(str(env)).__enter__()
    else:
        with Place(str(env)) as place:
            assert place.exists()


def test_a_file_of_two_gigabytes_is_not_read_whole(tmp_path):
    path = tmp_path / "environment"
    with open(str(path), "wb") as stream:
        stream.truncate(2 * 1024**3)
    with pytest.raises(managed_files.Refused, match="environment: larger than 1048576 bytes"):
        write(path)
    with Place(str(path)) as place, pytest.raises(Unreadable):
        place.read()


def test_what_is_written_is_whole_private_and_on_the_disk(env, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.readlink(f"/proc/self/fd/{number}")))
    with Place(str(env)) as place:
        place.replace(b"y=2\n", 0o600)
    assert env.read_text() == "y=2\n" and stat.S_IMODE(env.stat().st_mode) == 0o600
    assert len(synced) == 2 and synced[1] == str(env.parent)
    assert [path.name for path in env.parent.iterdir()] == ["env"]


def test_directories_are_made_whatever_the_umask_and_go_again(tmp_path):
    path = tmp_path / "a" / "b" / "own"
    before = os.umask(0o077)
    try:
        write(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    write(path, state="absent")
    assert not (tmp_path / "a").exists()


def test_open_files_are_closed_again(env):
    before = len(os.listdir("/proc/self/fd"))
    for _dummy in range(3):
        with Place(str(env)) as place:
            place.read()
            place.chmod(0o600)
    with pytest.raises(OSError, match="not an absolute path"):
        Place("relative").__enter__()
    assert len(os.listdir("/proc/self/fd")) == before
