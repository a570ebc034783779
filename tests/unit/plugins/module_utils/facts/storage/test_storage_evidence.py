# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mounts, room and disks, from recorded text and from a tree like /sys and /run."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts import fact_registry
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Reading
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage import block_devices, mount_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import configured_devices

MOUNTINFO = """
22 1 8:2 / / rw,relatime shared:1 - xfs /dev/sda2 rw,seclabel
30 22 0:30 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw,size=1g
31 22 0:31 / /srv/with\\040blank rw - nfs4 server:/export rw,addr=192.0.2.9
32 22 0:32 / /mnt/share rw - cifs //server/share rw,username=me,password=secret
33 22 8:16 /sub /data rw - ext4 /dev/sdb rw
34 22 8:17 / /data rw - ext4 /dev/sdb1 rw
35 22 0:40 / /auto rw - autofs systemd-1 rw
junk - junk
"""
MOUNTS = mount_evidence.parse_mounts(MOUNTINFO)


def test_mounts_are_read_with_their_options_and_without_passwords():
    by_path = {mount["path"]: mount for mount in MOUNTS}
    assert by_path["/tmp"]["options"] == ["nodev", "noexec", "nosuid", "rw", "size=1g"]
    assert by_path["/"]["source"] == "/dev/sda2" and by_path["/"]["device"] == "8:2"
    assert "/srv/with blank" in by_path
    assert "secret" not in str(MOUNTS) and "password=********" in by_path["/mnt/share"]["options"]


@pytest.mark.parametrize(
    "path, mount, source",
    [
        ("/", "/", "/dev/sda2"),
        ("/tmp", "/tmp", "tmpfs"),
        ("/tmpfoo/x", "/", "/dev/sda2"),
        ("/data/x/y", "/data", "/dev/sdb1"),
        ("/opt/anypoint", "/", "/dev/sda2"),
    ],
)
def test_the_innermost_and_the_last_mount_holds_a_path(path, mount, source):
    found = mount_evidence.mount_of(path, MOUNTS)
    assert (found["path"], found["source"]) == (mount, source)


@pytest.mark.parametrize("path", ["/srv/with blank/x", "/mnt/share", "/auto/x"])
def test_what_may_hang_is_not_looked_at(path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda path: pytest.fail("it was looked at"))
    with pytest.raises(Unreadable, match="was not examined"):
        mount_evidence.room(path, MOUNTS)


def test_room_of_this_machine_and_of_what_does_not_exist_yet(tmp_path, monkeypatch):
    mounts = mount_evidence.read_mounts()
    space = os.statvfs(str(tmp_path))
    monkeypatch.setattr(os, "statvfs", lambda path: space)  # other processes come and go meanwhile
    missing = mount_evidence.room(str(tmp_path / "a" / "b"), mounts)
    assert missing["mode"] is None and missing["total"] == space.f_frsize * space.f_blocks
    tmp_path.chmod(0o1777)
    assert mount_evidence.room(str(tmp_path), mounts)["mode"] == 0o1777
    assert missing["files_free"] == (space.f_favail if space.f_files else None)
    assert missing["writable"] is (True if os.geteuid() == 0 else None)
    assert mount_evidence.room_of(["/nowhere"], [])["/nowhere"] == {"error": "/nowhere: not below any mount point"}


def test_lines_of_fstab_keep_their_number_and_their_comment():
    entries = mount_evidence.parse_fstab(
        "# data\n\nUUID=1 / xfs defaults 0 0 # Added by RTF\n//s/x /x cifs user=a,password=b,credentials=/etc/c 0 0\nbroken\n"
    )
    assert [entry["line"] for entry in entries] == [1, 3, 4, 5]
    assert entries[1]["source"] == "UUID=1" and entries[1]["text"] == "UUID=1 / xfs defaults 0 0 # ... RTF"
    assert "password=b" not in str(entries) and "/etc/c" not in str(entries)
    assert entries[0]["path"] is None and entries[3]["path"] is None


@pytest.fixture
def machine(tmp_path):
    """A tree with a system disk of two partitions, one under LVM, an empty disk, a disk in use as swap, and a loop."""

    def write(path, text):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    for name, number, sectors in (
        ("sda", "8:0", 167772160),
        ("sdb", "8:16", 524288000),
        ("sdc", "8:32", 1000),
        ("loop0", "7:0", 9),
    ):
        for entry, text in (("dev", number), ("size", str(sectors)), ("ro", "0"), ("removable", "0")):
            write(f"sys/block/{name}/{entry}", text + "\n")
    for part, number in (("sda1", "8:1"), ("sda2", "8:2")):
        write(f"sys/block/sda/{part}/partition", "1\n")
        write(f"sys/block/sda/{part}/dev", number + "\n")
    write("sys/block/sda/sda1/holders/dm-0", "")
    write("run/udev/data/b8:0", "E:ID_PART_TABLE_TYPE=gpt\n")
    write("run/udev/data/b8:16", "S:disk/by-id/x\n")
    write("proc/swaps", "Filename Type Size Used Priority\n/dev/sdc partition 500 0 -2\n")
    return tmp_path


def test_disks_are_described_without_being_opened(machine):
    system, empty, swap = block_devices.device_evidence(MOUNTS, str(machine))
    assert system == {
        "name": "sda",
        "device": "8:0",
        "size": 80 * 1024**3,
        "read_only": False,
        "removable": False,
        "parts": ["sda1", "sda2"],
        "holders": ["dm-0"],
        "mounted": ["/"],
        "probed": True,
        "signatures": ["partition table gpt"],
    }
    assert (empty["name"], empty["mounted"], empty["probed"], empty["signatures"]) == ("sdb", ["/data"], True, [])
    assert (swap["name"], swap["mounted"], swap["probed"]) == ("sdc", ["swap"], False)


def test_only_the_devices_of_a_settings_file_are_read_and_links_are_followed(tmp_path):
    path = tmp_path / "env"
    path.write_text(
        "export RTF_TOKEN=secret\nRTF_DOCKER_DEVICE=/dev/null\nRTF_ETCD_DEVICE='/dev/no such'\nRTF_ETCD_DEVICE_SIZE=60G\n"
    )
    names = ["RTF_DOCKER_DEVICE", "RTF_ETCD_DEVICE", "RTF_ETCD_DEVICE_SIZE"]
    found = configured_devices.device_settings(str(path), names)
    assert found["values"] == {
        "RTF_DOCKER_DEVICE": "/dev/null",
        "RTF_ETCD_DEVICE": "/dev/no such",
        "RTF_ETCD_DEVICE_SIZE": "60G",
    }
    assert found["devices"] == {"/dev/null": "null", "/dev/no such": None}
    assert configured_devices.device_settings(str(tmp_path / "missing"), names) == {"values": {}, "devices": {}}


def test_mounts_that_cannot_be_read_hide_nothing_but_what_needs_them(monkeypatch):
    def broken():
        raise Unreadable("/proc/self/mountinfo: no")

    monkeypatch.setattr(mount_evidence, "read_mounts", broken)
    options = {"directories": ["/"], "settings_file": "", "device_settings": []}
    found = Reading(options, fact_registry.FACTS).section("storage")
    for name in ("mounts", "room", "xfs", "devices"):
        assert found[name] == {"error": "/proc/self/mountinfo: no"}
    assert isinstance(found["fstab"], list) and found["environment"] == {"values": {}, "devices": {}}


def test_what_is_in_the_way_of_a_directory_is_named(tmp_path):
    """mkdir says of such a link that the file exists: https://github.com/rancher/rancher/issues/4073"""
    (tmp_path / "link").symlink_to("/nonexistent/data")
    (tmp_path / "file").write_text("")
    (tmp_path / "there").mkdir()
    (tmp_path / "away").symlink_to(tmp_path / "there")
    assert mount_evidence.obstacle(f"{tmp_path}/link/gravity") == f"{tmp_path}/link: dangling link to /nonexistent/data"
    assert mount_evidence.obstacle(f"{tmp_path}/file") == f"{tmp_path}/file: not a directory"
    for path in ("there", "there/gravity/planet", "away/gravity", "none"):
        assert mount_evidence.obstacle(f"{tmp_path}/{path}") is None


def test_the_room_of_a_directory_says_what_is_in_its_way(tmp_path):
    (tmp_path / "link").symlink_to("/nonexistent/data")
    mounts = mount_evidence.parse_mounts("22 1 8:2 / / rw,relatime shared:1 - xfs /dev/sda2 rw\n")
    assert "dangling link" in mount_evidence.room(f"{tmp_path}/link", mounts)["obstacle"]


def test_an_fstab_that_is_a_dangling_link_has_no_lines_and_is_named(tmp_path):
    link = tmp_path / "fstab"
    link.symlink_to("/nonexistent/fstab")
    assert mount_evidence.fstab_evidence(str(link)) == []
    assert mount_evidence.dangling(str(link)) == f"{link}: dangling link to /nonexistent/fstab"
    (tmp_path / "real").write_text("UUID=5b8e / xfs defaults 0 0\n")
    assert mount_evidence.dangling(str(tmp_path / "real")) is None
