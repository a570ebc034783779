# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site may ask for besides: asked for, it holds after a restart; taken back, everything is as it was.

The kernel of a node is the machine's, so /proc/swaps is a file of the test here, swapoff and swapon are programs that edit
it, and there is no SELinux but its configuration. Units, files, routing rules and ethtool are real.
"""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NODE = "worker-1"
PLAY = """
- hosts: worker-1
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.import_role:
        name: hostprep.runtime_fabric.rtf_kernel
        tasks_from: "{{ entry_point | default('main') }}"
"""
ASKED_FOR = {
    "rtf_kernel_swap_off": True,
    "rtf_kernel_selinux_permissive": True,
    "rtf_kernel_nm_cloud_setup_off": True,
    "rtf_kernel_tunnel_offload_off": True,
    "rtf_kernel_tunnel_offload_drivers": ["veth"],
}
FSTAB = """\
# static file systems
/dev/vda1 / ext4 defaults 0 1
/dev/mapper/rhel-swap none swap defaults 0 0
# /dev/old none swap sw 0 0
/swapfile\tswap\tswap\tsw
"""
COMMENTED = FSTAB.replace("/dev/mapper", "# runtime-fabric: /dev/mapper").replace("/swapfile", "# runtime-fabric: /swapfile")
SWAPS_FILE = "/var/swaps"
IN_USE = "Filename Type Size Used Priority\n/dev/dm-1 partition 2097148 0 -2\n/swapfile file 1048572 0 -3\n"
SELINUX = "# This file controls SELinux.\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"
FILES = {
    "/etc/fstab": FSTAB,
    "/etc/selinux/config": SELINUX,
    "/etc/systemd/system/nm-cloud-setup.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    "/etc/systemd/system/nm-cloud-setup.timer": "[Timer]\nOnUnitActiveSec=5min\nOnBootSec=5min\n[Install]\nWantedBy=timers.target\n",
    "/etc/systemd/system/zramswap.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    SWAPS_FILE: IN_USE,
}
PROGRAMS = {
    "/usr/local/sbin/swapoff": 'for name; do kept=$(grep -v "^$name " /var/swaps); echo "$kept" > /var/swaps; done',
    "/usr/local/sbin/swapon": 'for name; do echo "$name partition 1 0 -2" >> /var/swaps; done',
}
UNITS = ("nm-cloud-setup.service", "nm-cloud-setup.timer", "zramswap.service")
RULE = "30400:\tfrom 192.0.2.7 lookup 30400\n"
OFFLOADS = ("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation")


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    (site.directory / "kernel.yml").write_text(PLAY, encoding="utf-8")
    return site


def play(site, *arguments, **variables):
    return site.play("kernel.yml", "-e", json.dumps(variables), *arguments)


def write(lab, path, text):
    lab.exec(NODE, "sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "sh", path, text)


def show_swaps(lab):
    """Let the node see the swap of the test, and never the machine's."""
    lab.exec(NODE, "mount", "--bind", SWAPS_FILE, "/proc/swaps")


def state(lab):
    """What the switches touch, by name."""
    def said(*argv):
        return lab.exec(NODE, *argv, check=False).stdout.decode()

    features = dict(line.strip().split(": ", 1) for line in said("ethtool", "-k", "eth0").splitlines() if ": " in line)
    return {
        "fstab": said("cat", "/etc/fstab"),
        "swaps": {line.split()[0] for line in said("cat", SWAPS_FILE).splitlines()[1:]},
        "selinux": said("cat", "/etc/selinux/config"),
        "enabled": said("systemctl", "is-enabled", *UNITS).split(),
        "active": said("systemctl", "is-active", *UNITS[1:]).split(),
        "offloads": [features[name].split()[0] for name in OFFLOADS],
        "rules": [line for line in said("ip", "rule").splitlines(keepends=True) if line.startswith("304")],
        "files": said("find", "/etc", "/var/lib/hostprep-runtime-fabric", "-name", "*runtime?fabric*"),
    }


@pytest.fixture(scope="module")
def before(lab, site):
    """The state of a node that nothing was asked of, with everything that can be switched off."""
    assert play(site, entry_point="revert").code == 0
    for path, text in {**FILES, **{path: f"#!/bin/sh\n{text}\n" for path, text in PROGRAMS.items()}}.items():
        write(lab, path, text)
    lab.exec(NODE, "chmod", "+x", *PROGRAMS)
    lab.exec(NODE, "systemctl", "daemon-reload")
    lab.exec(NODE, "systemctl", "enable", "--now", *UNITS)
    lab.exec(NODE, "ip", "rule", "add", "from", "192.0.2.7", "lookup", "30400", "priority", "30400")
    show_swaps(lab)
    found = state(lab)
    assert (found["enabled"], found["offloads"], found["rules"]) == (["enabled"] * 3, ["on", "on"], [RULE])
    yield found
    lab.exec(NODE, "sh", "-c", "umount /proc/swaps; ip rule delete priority 30400; systemctl disable --now "
             f"{' '.join(UNITS)}; rm -rf {' '.join([*FILES, *PROGRAMS])}; systemctl daemon-reload", check=False)


@pytest.fixture(scope="module")
def announced(before, lab, site):
    """The Outcome of a dry run, which must change nothing."""
    outcome = play(site, "--check", "--diff", **ASKED_FOR)
    assert outcome.code == 0, outcome.output
    assert state(lab) == before
    return outcome


@pytest.fixture(scope="module")
def done(announced, lab, site):
    """The Outcome of the run."""
    outcome = play(site, **ASKED_FOR)
    assert outcome.code == 0, outcome.output
    return outcome


def test_nothing_is_switched_off_unless_it_is_asked_for(before, lab, site):
    assert play(site).code == 0
    unasked = state(lab)
    assert {name: unasked[name] for name in unasked if name != "files"} == {
        name: before[name] for name in before if name != "files"}
    assert play(site, entry_point="revert").code == 0


def test_what_is_asked_for_holds_and_was_announced(announced, done, lab, site):
    assert announced.changed == done.changed
    assert "-/swapfile\tswap\tswap\tsw" in announced.output and "+SELINUX=permissive" in announced.output
    found = state(lab)
    assert (found["fstab"], found["swaps"], found["rules"]) == (COMMENTED, set(), [])
    assert found["selinux"] == SELINUX.replace("enforcing", "permissive")
    assert (found["enabled"], found["active"]) == (["disabled"] * 3, ["inactive"] * 2)
    assert found["offloads"] == ["off", "off"]
    assert play(site, **ASKED_FOR).changed == {NODE: 0}


def test_offloads_are_off_on_interfaces_that_come_with_a_restart(done, lab):
    lab.restart(NODE)
    show_swaps(lab)
    assert state(lab)["offloads"] == ["off", "off"]


def test_taken_back_everything_is_as_it_was(before, done, lab, site):
    outcome = play(site, entry_point="revert")
    assert outcome.code == 0, outcome.output
    # The service makes its rules again when it runs.
    assert {**state(lab), "rules": [RULE]} == before
    assert play(site, entry_point="revert").changed == {NODE: 0}
