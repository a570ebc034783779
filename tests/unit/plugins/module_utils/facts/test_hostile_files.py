# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are meant to hang or to burst whoever reads them: every reader comes back, and says why it has nothing."""

import os
import threading

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    sysctl_boot_replay,
    sysctl_files,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import address_persistence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages import repository_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import configured_devices

PATIENCE = 60  # seconds after which a reader counts as hung on a machine that is busy


def sparse(path):
    with open(path, "wb") as stream:
        stream.truncate(1024**3)


def binary(path):
    path.write_bytes(bytes(range(256)) * 64 + b"\nnet.ipv4.ip_forward = 1\n")


def loop(path):
    path.symlink_to(path.name)


def one_line(path):
    path.write_text("=[#;'\"" * 100000)


HOSTILE = {
    "a gigabyte": sparse,
    "a FIFO": os.mkfifo,
    "a loop of links": loop,
    "a directory": lambda path: path.mkdir(),
    "a link to a device without end": lambda path: path.symlink_to("/dev/zero"),
    "bytes that are no text": binary,
    "half a megabyte on one line": one_line,
}
READABLE = ("bytes that are no text", "half a megabyte on one line")


def in_time(function):
    """Return what function() returns, or fail when it hangs."""
    result = []
    thread = threading.Thread(
        target=lambda: result.append(independent_readers.collect({"it": function})["it"]), daemon=True
    )
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"
    return result[0]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_is_read_or_refused(kind, tmp_path):
    path = tmp_path / "x.conf"
    HOSTILE[kind](path)
    found = in_time(lambda: len(read_text(str(path))))
    if kind in READABLE:
        assert isinstance(found, int)
    else:
        assert str(path) in found["error"]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    "place",
    [
        "etc/NetworkManager/system-connections/x",
        "etc/systemd/network/x.network",
        "etc/sysconfig/network-scripts/ifcfg-x",
        "etc/network/interfaces",
        "var/lib/dhcp/x.leases",
    ],
)
def test_configurations_of_the_network(kind, place, tmp_path):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    HOSTILE[kind](path)
    found = in_time(lambda: address_persistence.persistence_evidence(str(tmp_path)))
    assert found["leases"] == []
    assert all(row["addresses"] == [] for row in found["configurations"])
    if kind not in (*READABLE, "a directory"):
        assert len(found["unreadable"]) == 1 and os.path.basename(place) in found["unreadable"][0]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    "place",
    [
        "etc/apt/sources.list.d/x.list",
        "etc/apt/sources.list.d/x.sources",
        "etc/yum.repos.d/x.repo",
        "etc/dnf/dnf.conf",
        "etc/dnf/vars/x",
    ],
)
def test_repositories(kind, place, tmp_path):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    (tmp_path / "etc/yum.repos.d").mkdir(exist_ok=True)
    HOSTILE[kind](path)
    found = in_time(lambda: repository_evidence.repository_evidence([], str(tmp_path), lambda: ""))
    assert found["repositories"] == []
    if kind not in READABLE:
        assert str(path) in found["unreadable"][0]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_of_settings(kind, tmp_path):
    path = tmp_path / "env"
    HOSTILE[kind](path)
    found = in_time(lambda: configured_devices.device_settings(str(path), ["RTF_DOCKER_DEVICE"]))
    assert found == {"values": {}, "devices": {}} or str(path) in found["error"]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_of_sysctls(kind, tmp_path):
    (tmp_path / "a.conf").write_text("net.ipv4.ip_forward = 0\n")
    HOSTILE[kind](tmp_path / "b.conf")
    files, problems = in_time(lambda: sysctl_files.read_configuration((str(tmp_path),)))
    outcomes, _forwarding, _refused = sysctl_boot_replay.replay(sysctl_boot_replay.Boot(files), ["net/ipv4/ip_forward"])
    assert outcomes["net/ipv4/ip_forward"].settings[-1]["value"] == ("1" if kind == "bytes that are no text" else "0")
    # As systemd-sysctl does it: what is neither a file nor a link is left out.
    assert bool(problems) is (kind not in (*READABLE, "a directory", "a FIFO"))


def test_a_reader_that_breaks_leaves_the_others():
    def broken():
        raise RecursionError("too deep")

    def refused():
        raise Unreadable("no")

    assert independent_readers.collect({"a": broken, "b": lambda: 1, "c": refused}) == {
        "a": {"error": "too deep"},
        "b": 1,
        "c": {"error": "no"},
    }
