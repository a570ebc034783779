# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expected of a boot, what was recorded, and what systemd, sysctl and a boot really leave: all three are the same.

tests/unit/plugins/module_utils/facts/kernel/test_sysctl_boot_replay.py compares what is expected with what was recorded.
"""

import concurrent.futures
import json
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule import sysctl_agent
from ansible_collections.hostprep.runtime_fabric.molecule.kernel_site import CONNECT
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.internet import DNS_ADDRESS
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs.sysctl_cases import (
    BEFORE,
    BOOTED,
    CASES,
    NAMES,
    OURS,
    Link,
)

FORWARD, ETH0 = "net.ipv4.ip_forward", "net.ipv4.conf.eth0.forwarding"
# A file of the scenario, which would change what a case says.
HARDENING = "/etc/sysctl.d/90-hardening.conf"
# The release of procps that knows globs; before, a line with one sets nothing.
GLOBS_SINCE = "4"


def content(file):
    """A file of a case as the agent takes it."""
    return [file.target] if isinstance(file, Link) else file


@pytest.fixture(scope="module")
def applied(lab):
    """{node: {case: what the programs of the node have left}}."""
    asked = {
        "names": NAMES,
        "before": BEFORE,
        "cases": {
            name: {HARDENING: None, **{path: content(file) for path, file in case.files.items()}}
            for name, case in CASES.items()
        },
    }
    program = Path(sysctl_agent.__file__).read_text(encoding="utf-8")

    def run(node):
        return json.loads(lab.exec(node, "python3", "-c", program, json.dumps(asked)).stdout)

    with concurrent.futures.ThreadPoolExecutor() as threads:
        return dict(zip(lab.nodes, threads.map(run, lab.nodes)))


@pytest.mark.parametrize("program", ["systemd", "sysctl", "late"])
def test_programs_leave_what_was_recorded(applied, lab, program):
    for node, found in applied.items():
        release = lab.exec(node, "sysctl", "--version").stdout.decode().split()[-1]
        for name, case in CASES.items():
            globs = any(character in str(case.files) for character in "*[")
            if program == "late":
                assert found[name]["late"] == case.late, (node, name)
            elif program == "systemd" or not globs or release >= GLOBS_SINCE:
                changed = case.systemd if program == "systemd" or case.sysctl is None else case.sysctl
                assert found[name][program] == {**BEFORE, **changed}, (node, name)


@pytest.fixture
def written(lab):
    """The nodes with the files of the cases to boot, but for the role's own, which is there."""
    for node, name in BOOTED.items():
        lab.exec(node, "mv", HARDENING, "/root/hardening")
        for path, text in CASES[name].files.items():
            if path != OURS:
                lab.exec(node, "sh", "-c", 'printf %s "$2" > "$1"', "sh", path, text)
    yield
    for node, name in BOOTED.items():
        lab.exec(node, "mv", "/root/hardening", HARDENING)
        lab.exec(node, "rm", "--force", *(path for path in CASES[name].files if path != OURS))
        lab.exec(node, "systemctl", "restart", "systemd-sysctl.service")
        lab.exec(node, "sysctl", "--quiet", "--write", f"{FORWARD}=0", f"{FORWARD}=1")


def test_a_boot_leaves_what_is_expected_of_it(written, lab, site):
    kernels = site.kernels(BOOTED, [FORWARD])
    failed = site.run("worker-1")
    assert failed.code != 0
    assert (
        "ip_forward becomes 0, set by /etc/sysctl.d/99-b.conf:1. Remove the setting from /etc/sysctl.d/99-b.conf."
        in (failed.output)
    )
    for node, name in BOOTED.items():
        kernel = kernels[node]
        expected = kernel["sysctls"][FORWARD]["at_boot"]
        eth0 = kernel["boot"]["forwarding"].get("eth0", kernel["sysctls"][FORWARD])["at_boot"]
        lab.restart(node)
        real = lab.exec(node, "sysctl", "--values", FORWARD, ETH0).stdout.decode().split()
        recorded = {**BEFORE, **CASES[name].systemd}
        assert real == [expected, eth0] == [recorded["on"], recorded["eth0"]], (node, name)


def test_an_interface_that_does_not_forward_passes_no_packets_and_the_role_switches_it_on(lab, site):
    """worker-2 reaches the DNS server by way of worker-1."""
    lab.exec("worker-2", "ip", "route", "replace", f"{DNS_ADDRESS}/32", "via", lab.nodes["worker-1"])
    try:
        with faults.sysctl_set(lab, "worker-1", ETH0, 0):
            assert lab.exec("worker-2", "python3", "-c", CONNECT, check=False).returncode != 0
            outcome = site.run("worker-1")
            assert outcome.code == 0, outcome.output
            assert outcome.changed_tasks()["worker-1"] >= {"hostprep.runtime_fabric.rtf_kernel : Set kernel parameters"}
            lab.exec("worker-2", "python3", "-c", CONNECT)
            lab.exec("worker-1", "sysctl", "--quiet", "--write", f"{FORWARD}=0", f"{FORWARD}=1")
    finally:
        lab.exec("worker-2", "ip", "route", "delete", f"{DNS_ADDRESS}/32")


def test_texts_of_a_site_stop_nothing(lab, site):
    text = (
        "fs.inotify.max_user_watches = 524288 # x\n"
        "net.ipv4.ip_local_port_range = 32800 60000 # x\n"
        "net.ipv4.ip_local_reserved_ports = 9000 # x\n"
    )
    path = "/etc/sysctl.d/50-site.conf"
    lab.exec("worker-2", "sh", "-c", 'printf %s "$2" > "$1"', "sh", path, text)
    try:
        outcome = site.run("worker-2")
        assert outcome.code == 0, outcome.output
        assert outcome.changed == {"worker-2": 0}
    finally:
        lab.exec("worker-2", "rm", path)
