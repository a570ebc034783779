# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user's directory whose playbooks run the role rtf_kernel alone, and read what a node says about its kernel."""

import json

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.internet import DNS_ADDRESS

# Of a program that connects to the lab's DNS server, which a node can be made to reach by way of another one.
CONNECT = f"import socket; socket.create_connection(('{DNS_ADDRESS}', 53), timeout=2)"
ROLE = """
- hosts: "{{ node }}"
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.import_role:
        name: hostprep.runtime_fabric.rtf_kernel
        tasks_from: "{{ entry_point | default('main') }}"
"""
LOOK = """
- hosts: rtf_nodes
  become: true
  gather_facts: false
  tasks:
    - hostprep.runtime_fabric.host_info:
        sections: [kernel]
        sysctls: "{{ keys }}"
      register: found
    - ansible.builtin.copy:
        content: "{{ found.host.kernel | to_json }}"
        dest: "{{ playbook_dir }}/{{ inventory_hostname }}.json"
        mode: "0600"
      become: false
      delegate_to: localhost
"""


class KernelSite:
    """Runs the role and host_info on nodes of the lab. directory: an empty one."""

    def __init__(self, directory):
        self._site = Site(directory)
        (self._site.directory / "kernel.yml").write_text(ROLE, encoding="utf-8")
        (self._site.directory / "look.yml").write_text(LOOK, encoding="utf-8")

    def run(self, node, *arguments, **variables):
        """Run the role on one node and return the Outcome; variables are the role's."""
        return self._site.play("kernel.yml", "-e", json.dumps({"node": node, **variables}), *arguments)

    def kernels(self, nodes, keys):
        """{node: the section `kernel` of host_info}, with these kernel parameters in it."""
        outcome = self._site.play("look.yml", "-e", json.dumps({"keys": keys}))
        assert outcome.code == 0, outcome.output
        return {node: json.loads((self._site.directory / f"{node}.json").read_text(encoding="utf-8")) for node in nodes}
