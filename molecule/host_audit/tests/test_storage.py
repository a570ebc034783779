# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/var/lib that is read-only or full, and a link in the place of a directory: on real mounts, one fault a node."""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

# node: (breaks it, restores it, what is said of it).
FAULTS = {
    "controller-1": (
        "mount --bind /var/lib /var/lib && mount -o remount,bind,ro /var/lib",
        "umount /var/lib",
        "/var/lib is mounted read-only",
    ),
    "worker-1": (
        "mount -t tmpfs -o size=2g,nr_inodes=20 tmpfs /var/lib",
        "umount /var/lib",
        "inodes left on /var/lib",
    ),
    "worker-2": (
        "ln -s /nonexistent /opt/anypoint",
        "rm /opt/anypoint",
        "it cannot be made (/opt/anypoint: dangling link to /nonexistent)",
    ),
}
PLAY = """
- hosts: rtf_nodes
  become: true
  gather_facts: false
  tasks:
    - hostprep.runtime_fabric.host_info:
        sections: [storage]
        directories: [/etc, /opt/anypoint/runtimefabric, /tmp, /var/lib, /var/lib/gravity, /var/lib/gravity/planet/etcd, /var/log]
      register: found
    - hostprep.runtime_fabric.judge:
        checks: [storage.writable]
        evidence:
          host: "{{ found.host }}"
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What a play says of the nodes while each has its fault."""
    lab, site = Lab.named(), Site(tmp_path_factory.mktemp("site"))
    (site.directory / "storage.yml").write_text(PLAY, encoding="utf-8")
    try:
        for node, (breaks, _restores, _observed) in FAULTS.items():
            lab.exec(node, "sh", "-ec", breaks)
        return site.play("storage.yml").output
    finally:
        for node, (_breaks, restores, _observed) in FAULTS.items():
            lab.exec(node, "sh", "-c", restores, check=False)


@pytest.mark.parametrize("node", FAULTS)
def test_a_directory_that_the_platform_cannot_write_to_fails(said, node):
    [about] = [line for line in said.splitlines() if line.startswith(f"fatal: [{node}]")]
    assert FAULTS[node][2] in about
