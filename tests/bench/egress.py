# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All endpoints of the US control plane: egress_info, a loop of uri and wait_for, and curl --parallel.

The loop is what a user would write, on all nodes of the lab, once with every endpoint open and once with two dropped. curl
is one task, too, and asks only the web servers, which it does not prove to be themselves.
"""

import contextlib
import json
import subprocess
import sys

import clocked_play
from ratios import Ratio
from rtf_lab import faults

DROPPED = ("ecr.us-east-1.amazonaws.com", "docker-images-prod.s3.amazonaws.com")
TIMEOUT = 5
# What is short is done several times, and the one in the middle counts.
REPEATED = 3

PROBE = """\
    - name: Begin module
      ansible.builtin.debug:
        msg: "clock module {{ now(utc=true).timestamp() }}"
      run_once: true
    - name: Probe
      hostprep.runtime_fabric.egress_info:
        endpoints: "{{ endpoints }}"
        timeout: TIMEOUT
"""
CURL = """\
    - name: Begin curl
      ansible.builtin.debug:
        msg: "clock curl {{ now(utc=true).timestamp() }}"
      run_once: true
    - name: Probe every web server at once
      ansible.builtin.command:
        argv: "{{ ['curl', '--silent', '--parallel', '--parallel-immediate', '--parallel-max', '64', '--max-time', TIMEOUT | string]
                  + web.results | map(attribute='item.host') | map('regex_replace', '^', 'https://') }}"
      register: asked
      changed_when: false
      failed_when: asked.rc not in [0, 28]  # 28: some did not answer in time
"""
PLAYBOOK = (
    """
- hosts: rtf_nodes
  gather_facts: false
  tasks:
    - name: Connect
      ansible.builtin.ping:
PROBE    - name: Begin loop
      ansible.builtin.debug:
        msg: "clock loop {{ now(utc=true).timestamp() }}"
      run_once: true
    - name: Probe every web server
      ansible.builtin.uri:
        url: "https://{{ item.host }}:{{ item.port }}/"
        status_code: [200, 400, 401, 403]
        timeout: TIMEOUT
      loop: "{{ endpoints | selectattr('protocol', 'equalto', 'https') | rejectattr('mutual_tls') }}"
      loop_control: {label: "{{ item.id }}"}
      register: web
      failed_when: web.status is not defined
    - name: Probe the others
      ansible.builtin.wait_for:
        host: "{{ item.host }}"
        port: "{{ item.port }}"
        timeout: TIMEOUT
      loop: "{{ endpoints | rejectattr('id', 'in', web.results | map(attribute='item.id')) }}"
      loop_control: {label: "{{ item.id }}"}
CURL    - name: End
      ansible.builtin.debug:
        msg: "clock end {{ now(utc=true).timestamp() }}"
      run_once: true
""".replace("PROBE", PROBE * REPEATED)
    .replace("CURL", CURL * REPEATED)
    .replace("TIMEOUT", str(TIMEOUT))
)

SELECT = """
import json, sys
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.egress_probes import egress_probes
rows = catalog.select_endpoints(catalog.load(), "1.4", "us", "controller", "install")
json.dump(egress_probes(rows), sys.stdout)
"""


def compare(lab):
    """Yield the Ratios."""
    surroundings = clocked_play.surroundings(lab)
    surroundings["PYTHONPATH"] = surroundings["ANSIBLE_COLLECTIONS_PATH"]
    endpoints = json.loads(
        subprocess.run([sys.executable, "-c", SELECT], env=surroundings, check=True, stdout=subprocess.PIPE).stdout
    )
    nodes, count = len(lab.nodes), len(endpoints)
    for what, dropped, at_most in (("all open", (), 0.1), ("two dropped", DROPPED, None)):
        with contextlib.ExitStack() as stack:
            for host in dropped:
                stack.enter_context(faults.port_closed(lab, host, 443))
            ours, loop, curl = clocked_play.medians(
                surroundings, PLAYBOOK, {"endpoints": endpoints}, ("module", "loop", "curl")
            )
        described = f"egress_info, {count} endpoints from {nodes} nodes, {what}"
        yield Ratio((described, ours), ("a loop of uri and wait_for", loop), at_most)
        yield Ratio((described, ours), ("curl --parallel", curl), 1.5)
