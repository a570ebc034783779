# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All evidence of a host: host_info as the audit calls it, and the gathering of facts that everybody knows.

Once as tasks on all nodes of the lab, with what Ansible needs for each, and once the modules alone on one node: a Python is
started, and the answer is printed.
"""

import contextlib
import io
import json
import statistics
import tarfile
from pathlib import Path

import ansible.module_utils
import clocked_play
from ratios import Ratio
from rtf_lab.instance import CHECKOUT

REPEATED = 5
NODE = "worker-1"
# Seconds that one call may take on the node.
ALLOWED = 2.0
PLACE = "/tmp/bench-host"
COLLECTION = "ansible_collections/hostprep/runtime_fabric"
HOST_INFO = "ansible_collections.hostprep.runtime_fabric.plugins.modules.host_info"
SETUP = "ansible.modules.setup"

HOST = """\
    - name: Begin host
      ansible.builtin.debug:
        msg: "clock host {{ now(utc=true).timestamp() }}"
      run_once: true
    - name: Collect the evidence
      hostprep.runtime_fabric.host_info: "{{ arguments }}"
    - name: Begin facts
      ansible.builtin.debug:
        msg: "clock facts {{ now(utc=true).timestamp() }}"
      run_once: true
    - name: Gather facts
      ansible.builtin.setup:
"""
PLAYBOOK = """
- hosts: rtf_nodes
  gather_facts: false
  become: true
  tasks:
    - name: Connect
      ansible.builtin.ping:
HOST    - name: End
      ansible.builtin.debug:
        msg: "clock end {{ now(utc=true).timestamp() }}"
      run_once: true
""".replace("HOST", HOST * REPEATED)
# What the role hands over, see roles/rtf_preflight/tasks/collect.yml.
ARGUMENTS = {
    "sysctls": [
        "net.ipv4.ip_forward",
        "net.bridge.bridge-nf-call-iptables",
        "fs.may_detach_mounts",
        "fs.inotify.max_user_watches",
        "fs.inotify.max_user_instances",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
    ],
    "kernel_modules": [
        "br_netfilter",
        "overlay",
        "ebtables",
        "ebtable_filter",
        "ip_tables",
        "iptable_filter",
        "iptable_nat",
    ],
    "kernel_options": [
        "NET_NS",
        "PID_NS",
        "IPC_NS",
        "UTS_NS",
        "CGROUPS",
        "MEMCG",
        "VETH",
        "BRIDGE",
        "BRIDGE_NETFILTER",
        "OVERLAY_FS",
    ],
    "accounts": [1000],
    "directories": ["/tmp", "/opt/anypoint/runtimefabric", "/var/log", "/"],
    "settings_file": "/opt/anypoint/runtimefabric/env",
    "device_settings": ["RTF_DOCKER_DEVICE", "RTF_ETCD_DEVICE"],
    "dns_address": "127.0.0.2",
}


def compare(lab):
    """Yield the Ratios."""
    host, facts = clocked_play.medians(
        clocked_play.surroundings(lab), PLAYBOOK, {"arguments": ARGUMENTS}, ("host", "facts")
    )
    yield Ratio((f"host_info, a task on {len(lab.nodes)} nodes", host), ("setup, a task on the same", facts), 1.5)
    with modules_on(lab, NODE):
        runs = [(seconds_on(lab, HOST_INFO), seconds_on(lab, SETUP)) for dummy in range(REPEATED)]
    host, facts = (statistics.median(seconds) for seconds in zip(*runs))
    yield Ratio((f"host_info alone on {NODE}", host), ("setup alone there", facts), 1.5)
    yield Ratio((f"host_info alone on {NODE}", host), ("what it may take", ALLOWED), 1)


@contextlib.contextmanager
def modules_on(lab, node):
    """Both modules, what they import and their arguments lie on a node, as Ansible would bring them."""
    folder = Path(ansible.module_utils.__file__).parent
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(folder, "ansible/module_utils")
        archive.add(folder.parent / "modules" / "setup.py", "ansible/modules/setup.py")
        archive.add(CHECKOUT / "plugins" / "module_utils", COLLECTION + "/plugins/module_utils")
        archive.add(CHECKOUT / "plugins" / "modules" / "host_info.py", COLLECTION + "/plugins/modules/host_info.py")
        texts = {
            name + ".json": json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
            for name, arguments in ((HOST_INFO, ARGUMENTS), (SETUP, {}))
        }
        # ansible-core looks for the place of its package.
        texts["ansible/__init__.py"] = ""
        for name, text in texts.items():
            text = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    lab.exec(node, "mkdir", PLACE)
    try:
        lab.ssh(node, "sudo", "tar", "--extract", "--no-same-owner", "--directory", PLACE, stdin=stream.getvalue())
        yield
    finally:
        lab.exec(node, "rm", "-r", PLACE)


def seconds_on(lab, module):
    """Seconds of one module, by the node's clock."""
    script = 'begun=$(date +%s.%N); python3 -m "$1" "$1.json" > "$1.out" && echo "$begun $(date +%s.%N)"'
    done = lab.exec(NODE, "env", "--chdir", PLACE, "PYTHONPATH=" + PLACE, "sh", "-c", script, "sh", module)
    begun, ended = (float(word) for word in done.stdout.split())
    if module == HOST_INFO:
        found = json.loads(lab.exec(NODE, "cat", f"{PLACE}/{module}.out").stdout)
        if "kernel" not in found["host"] or "error" in found["host"]["kernel"]:
            raise SystemExit(f"host_info collected no evidence: {found}")
    return ended - begun
