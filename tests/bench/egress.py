# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All endpoints of the US control plane: egress_info, a loop of uri and wait_for, and curl --parallel.

The loop is what a user would write, on all nodes of the lab, once with every endpoint open and once with two dropped. curl
is one task, too, and asks only the web servers, which it does not prove to be themselves.
"""

import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from ratios import Ratio
from rtf_lab import faults
from rtf_lab.environment import environment

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
    - name: Ask every web server at once
      ansible.builtin.command:
        argv: "{{ ['curl', '--silent', '--parallel', '--parallel-immediate', '--parallel-max', '64', '--max-time', TIMEOUT | string]
                  + web.results | map(attribute='item.host') | map('regex_replace', '^', 'https://') }}"
      register: asked
      changed_when: false
      failed_when: asked.rc not in [0, 28]  # 28: some did not answer in time
"""
PLAYBOOK = """
- hosts: rtf_nodes
  gather_facts: false
  tasks:
    - name: Connect
      ansible.builtin.ping:
PROBE    - name: Begin loop
      ansible.builtin.debug:
        msg: "clock loop {{ now(utc=true).timestamp() }}"
      run_once: true
    - name: Ask every web server
      ansible.builtin.uri:
        url: "https://{{ item.host }}:{{ item.port }}/"
        status_code: [200, 400, 401, 403]
        timeout: TIMEOUT
      loop: "{{ endpoints | selectattr('protocol', 'equalto', 'https') | rejectattr('mutual_tls') }}"
      loop_control: {label: "{{ item.id }}"}
      register: web
      failed_when: web.status is not defined
    - name: Connect to the others
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
""".replace("PROBE", PROBE * REPEATED).replace("CURL", CURL * REPEATED).replace("TIMEOUT", str(TIMEOUT))

SELECT = """
import json, sys
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog, probes
rows = catalog.select_endpoints(catalog.load(), "1.4", "us", "controller", "install")
json.dump(probes.egress_probes(rows), sys.stdout)
"""


def compare(lab):
    """Yield the Ratios."""
    surroundings = {**os.environ, **environment(lab.instance), "ANSIBLE_PIPELINING": "true",
                    "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3"}
    surroundings["PYTHONPATH"] = surroundings["ANSIBLE_COLLECTIONS_PATH"]
    endpoints = json.loads(subprocess.run(
        [sys.executable, "-c", SELECT], env=surroundings, check=True, stdout=subprocess.PIPE).stdout)
    nodes, count = len(lab.nodes), len(endpoints)
    for what, dropped, at_most in (("all open", (), 0.1), ("two dropped", DROPPED, None)):
        with contextlib.ExitStack() as stack:
            for host in dropped:
                stack.enter_context(faults.port_closed(lab, host, 443))
            ours, loop, curl = play(surroundings, endpoints)
        described = "egress_info, %d endpoints from %d nodes, %s" % (count, nodes, what)
        yield Ratio((described, ours), ("a loop of uri and wait_for", loop), at_most)
        yield Ratio((described, ours), ("curl --parallel", curl), 1.5)


def play(surroundings, endpoints):
    """Seconds of the module, of the loop and of curl in one run of ansible-playbook."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "play.yml")
        path.write_text(PLAYBOOK, encoding="utf-8")
        done = subprocess.run(
            ["ansible-playbook", str(path), "-i", surroundings["LAB_INVENTORY"], "-e", json.dumps({"endpoints": endpoints})],
            env=surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    marks = [(name, float(stamp)) for name, stamp in re.findall(r'"clock (\w+) ([\d.]+)"', done.stdout.decode())]
    if not marks or marks[-1][0] != "end":
        raise SystemExit("the play did not end:\n%s" % done.stdout.decode()[-3000:])
    spans = {}
    for (name, begun), (dummy, ended) in zip(marks, marks[1:]):
        spans.setdefault(name, []).append(ended - begun)
    return tuple(statistics.median(spans[name]) for name in ("module", "loop", "curl"))
