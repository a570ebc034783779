# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/var/lib that is read-only or full, and a link in the place of a directory: on real mounts, one fault a node."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

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
        "it cannot be created (/opt/anypoint: dangling link to /nonexistent)",
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
    - ansible.builtin.copy:
        content: "{{ found.host.storage | to_json }}"
        dest: "{{ playbook_dir }}/{{ inventory_hostname }}.json"
        mode: "0600"
      become: false
      delegate_to: localhost
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, with what was found of each node while it had its fault."""
    lab, site = Lab.named(), Site(tmp_path_factory.mktemp("site"))
    (site.directory / "storage.yml").write_text(PLAY, encoding="utf-8")
    try:
        for node, (breaks, _restores, _observed) in FAULTS.items():
            lab.exec(node, "sh", "-ec", breaks)
        outcome = site.play("storage.yml")
        assert outcome.code == 0, outcome.output
        return site
    finally:
        for node, (_breaks, restores, _observed) in FAULTS.items():
            lab.exec(node, "sh", "-c", restores, check=False)


@pytest.mark.parametrize("node", FAULTS)
def test_a_directory_that_the_platform_cannot_write_to_fails(site, node):
    evidence = samples.evidence()
    evidence["host"]["storage"] = json.loads((site.directory / f"{node}.json").read_text(encoding="utf-8"))
    [result] = judge_node(checks.load(), samples.subject(), evidence, ["storage.writable"])
    assert result["status"] == "fail" and FAULTS[node][2] in result["observed"]
