# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operating system, the kernel's build and the programs of a host, read from recorded and from real files."""

import gzip
import os
import subprocess
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import parse_os_release
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import kernel_build
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import os_evidence, program_evidence
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded


@pytest.mark.parametrize("name", recorded.names())
def test_os_release_of_recorded_systems(name):
    known = recorded.load(name)
    found = os_evidence.os_of(parse_os_release(known["files"]["/etc/os-release"]))
    assert name.startswith({"amzn": "amazon"}.get(found["id"], found["id"])) and found["name"]
    assert found["version"].split(".")[0] == known["facts"]["distribution_major_version"].split(".")[0]


@pytest.mark.parametrize("text", ["", "=", "ID", "ID='a\nID_LIKE=\"", "\0\x01ID=x\n", "ID=" + "x" * 5000])
def test_a_broken_os_release_is_a_system_without_a_name(text):
    assert set(os_evidence.os_of(parse_os_release(text))) == {"id", "id_like", "version", "name"}


def test_this_machine_is_described():
    found = os_evidence.hardware_evidence()
    assert found["machine"] == os.uname().machine and found["cpus"] >= 1 and found["memory"] > 2**28
    assert os_evidence.hostname_evidence()["name"] == os.uname().nodename


def test_options_are_those_that_are_built_in_or_modules():
    text = "# CONFIG_KEYS is not set\nCONFIG_VETH=m\nCONFIG_BRIDGE=y\nCONFIG_HZ=250\n"
    assert kernel_build.parse_options(text, ["VETH", "BRIDGE", "KEYS", "HZ"]) == {
        "VETH": "m",
        "BRIDGE": "y",
        "KEYS": None,
        "HZ": None,
    }


def test_a_packed_configuration_is_unpacked_no_further_than_the_limit():
    assert kernel_build.unzipped(gzip.compress(b"CONFIG_VETH=m\n")) == b"CONFIG_VETH=m\n"
    assert len(kernel_build.unzipped(gzip.compress(b"\0" * (kernel_build.LIMIT * 20)))) == kernel_build.LIMIT
    with pytest.raises(Unreadable):
        kernel_build.unzipped(b"no gzip at all")


@pytest.mark.parametrize(
    "text, controllers, unified",
    [
        ("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n", [], True),
        (
            "tmpfs /sys/fs/cgroup tmpfs ro 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0\n"
            "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
            ["cpu", "cpuacct"],
            True,
        ),
        ("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n", ["memory"], False),
        ("junk\n", [], False),
    ],
)
def test_control_groups_of_both_versions(text, controllers, unified):
    assert kernel_build.parse_cgroups(text) == {"controllers": controllers, "unified": unified}


@pytest.mark.parametrize(
    "comm, words, names",
    [
        ("dockerd", ["/usr/bin/dockerd", "-H", "fd://"], ["dockerd"]),
        ("kube-controller", ["/usr/bin/kube-controller-manager"], ["kube-controller", "kube-controller-manager"]),
        ("salt-minion", ["/usr/bin/python3.6", "/usr/bin/salt-minion"], ["salt-minion", "python3.6"]),
        ("ruby", ["/usr/bin/ruby", "-W", "/opt/puppetlabs/bin/puppet", "agent"], ["ruby", "puppet"]),
        ("sshd", ["sshd: ops [priv]"], ["sshd"]),
        ("python3", ["python3", "--password=secret"], ["python3"]),
        ("python3", ["python3", "-c", "import secret"], ["python3"]),
        ("bash", ["bash", "-lc", "http_proxy=http://u:se/cret@p:1 run"], ["bash"]),
        ("se cret", ["se:cret"], []),
    ],
)
def test_a_process_has_the_names_of_its_program_and_of_its_script(comm, words, names):
    assert program_evidence.program_names(comm, words) == names


def test_a_running_program_is_found_with_its_pid(tmp_path):
    script = tmp_path / "chef-client"
    script.write_text("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            found = {row["pid"]: row["names"] for row in program_evidence.process_evidence()}
        finally:
            process.kill()
    assert "chef-client" in found[process.pid]
    assert os.getpid() in found


def test_accounts_are_looked_up_by_number():
    assert program_evidence.account_evidence([0, 4000000000]) == {
        "0": {"user": "root", "group": "root"},
        "4000000000": {"user": None, "group": None},
    }
