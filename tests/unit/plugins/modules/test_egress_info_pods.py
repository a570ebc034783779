# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole module egress_info with the path `pod`, in network namespaces that are made for the test: a node and a pod.

The node is the network namespace that this file runs in as a program; its peers listen there. What masquerading, policies and
the MTU do to pods is tested in the lab, with a real container runtime.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

NODE, POD = "10.9.0.1", "10.9.0.2"
NAME = "peer.example.com"
PORT = 4443
ROWS = [
    {"id": "address", "host": NODE, "port": PORT, "protocol": "tcp", "paths": ["direct", "pod"]},
    {"id": "name", "host": NAME, "port": PORT, "protocol": "tcp", "paths": ["pod"]},
    {"id": "time", "host": NODE, "port": 123, "protocol": "ntp", "paths": ["direct"]},
]
# What a pod may have as its resolv.conf.
SETTINGS = {
    "good": f"nameserver {NODE}\nsearch svc.cluster.local \x1b[31m bad/domain\noptions ndots:5\n",
    "silent": f"nameserver {POD}\n",
    "none": "",
    "junk": "\0" * 4000,
}


def answer_names(sock):
    """Answer each query for NAME with the node's address, any other with NXDOMAIN."""
    wanted = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split(".")) + b"\0\0\1\0\1"
    while True:
        query, peer = sock.recvfrom(512)
        there = query[12:] == wanted
        record = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(NODE) if there else b""
        flags = b"\x81\x80" if there else b"\x81\x83"
        sock.sendto(query[:2] + flags + b"\0\1" + bytes([0, int(there)]) + b"\0\0\0\0" + query[12:] + record, peer)


@contextlib.contextmanager
def pod(settings):
    """A process in namespaces of its own, connected with this one, with one of SETTINGS; yields its id."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "resolv.conf").write_text(SETTINGS[settings], encoding="utf-8")
        with subprocess.Popen(
            [
                "unshare",
                "--net",
                "--mount",
                "sh",
                "-c",
                'mount --bind "$1" /etc && echo && exec sleep 60',
                "sh",
                folder,
            ],
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()
            try:
                connect(process.pid)
                yield process.pid
            finally:
                process.kill()


def connect(pid):
    """Connect the network of a process with this one."""
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip"]
    for command in (
        ["ip", "link", "add", "veth0", "type", "veth", "peer", "name", "eth0", "netns", str(pid)],
        ["ip", "address", "add", f"{NODE}/24", "dev", "veth0"],
        ["ip", "link", "set", "veth0", "up"],
        [*inside, "address", "add", f"{POD}/24", "dev", "eth0"],
        [*inside, "link", "set", "eth0", "up", "mtu", "1400"],
        [*inside, "route", "add", "default", "via", NODE],
    ):
        subprocess.run(command, check=True)


def as_node(settings, named):
    """In the node's namespace: run the module, and print its result and the processes that are left."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with pod(settings) as pid:
        listener = socket.socket()
        listener.bind((NODE, PORT))
        listener.listen(5)
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind((NODE, 53))
        threading.Thread(target=answer_names, args=(names,), daemon=True).start()
        namespace = named.replace("PID", str(pid))
        before = processes()
        found = module_process.run(
            egress_info, {"endpoints": ROWS, "timeout": 1.0, "deadline": 20, "pod_namespace": namespace}
        )
        listener.close()
        print(json.dumps({"found": found, "left": sorted(processes() - before)}))


def processes():
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


def run(settings, named="/proc/PID/ns/net"):
    """{"found": result of the module, "left": ids of processes}, for a pod with one of SETTINGS."""
    prefix = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        [
            "unshare",
            *prefix,
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            sys.executable,
            __file__,
            settings,
            named,
        ],
        env=module_process.environment(egress_info),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.decode("utf-8"))


def from_pod(row):
    return next(one for one in [row, *row["other_paths"]] if one["path"] == "pod")


def test_a_pod_reaches_by_its_own_network_and_name_servers_and_nothing_is_left():
    result = run("good")
    found = result["found"]
    address, name, time = found["endpoints"]
    assert (address["path"], address["verdict"]) == ("direct", "reachable")
    assert (name["path"], name["over"], name["verdict"], name["other_paths"]) == ("pod", "direct", "reachable", [])
    assert from_pod(address)["verdict"] == "reachable"
    assert set(from_pod(address)) - {"over"} == set(address) - {"id", "host", "port", "protocol", "other_paths"}
    assert time["other_paths"] == []
    about = found["pod"]
    assert (about["address"], about["gateway"], about["mtu"], about["interface"]) == (POD, NODE, 1400, "eth0")
    assert (about["name_servers"], about["search"], about["ndots"]) == ([NODE], ["svc.cluster.local"], 5)
    assert result["left"] == []


@pytest.mark.parametrize("settings", ["silent", "none", "junk"])
def test_a_pod_whose_name_servers_do_not_work_is_told(settings):
    found = run(settings)["found"]
    address, name, dummy_time = found["endpoints"]
    assert from_pod(address)["verdict"] == "reachable"
    assert name["verdict"] == "unresolved"


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("", "no pod with its own network namespace runs"),
        ("no-such", "/run/netns/no-such does not exist"),
        ("/etc/passwd", "no process"),
    ],
)
def test_without_a_pod_nothing_is_said_of_pods(named, says):
    found = run("good", named)["found"]
    assert says in found["pod"]["error"]
    address, name, dummy_time = found["endpoints"]
    assert (address["verdict"], from_pod(address)["verdict"], name["verdict"]) == ("reachable", "untested", "untested")
    assert says in name["detail"]


if __name__ == "__main__":
    as_node(*sys.argv[1:])
