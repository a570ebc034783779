# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Five faults that concern pods alone, by the kernel: a pod, a node that forwards and masquerades, and a server behind it.

Each is a network namespace. The node is the one that this file runs in as a program. The server has no route to pods.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

POD, NODE_OF_POD, NODE, ROUTER = "10.9.0.2", "10.9.0.1", "10.8.0.1", "10.8.0.2"
SERVER, NAME_SERVER, NAME, PORT = "198.51.100.130", "198.51.100.53", "peer.example.com", 8080
ROW = {"host": NAME, "port": PORT, "protocol": "http", "paths": ["direct", "pod"]}
RULES = """
table ip pods {
    chain through { type filter hook forward priority filter; policy accept; FORWARD
 }
    chain after { type nat hook postrouting priority srcnat; NAT
 }
    chain before { type nat hook prerouting priority dstnat; DNAT
 }
}
"""
MASQUERADE = f"ip saddr {POD}/24 oif up0 masquerade"
# name: (rules of the forward path, of the source and of the destination of packets, value of ip_forward)
FAULTS = {
    "none": ("", MASQUERADE, "", "1"),
    "masquerade": ("", "", "", "1"),
    "filter": (f"ip saddr {POD} drop", MASQUERADE, "", "1"),
    "forwarding": ("", MASQUERADE, "", "0"),
    "mtu": ("ip length > 580 drop", MASQUERADE, "", "1"),
    "resolver": ("", MASQUERADE, f"udp dport 53 dnat to {SERVER}:9", "1"),
}
LINKS = """
ip link set lo up
ip link add veth0 type veth peer name eth0 netns POD
ip address add 10.9.0.1/24 dev veth0
ip link set veth0 up
ip link add up0 type veth peer name eth0 netns SERVER
ip address add 10.8.0.1/24 dev up0
ip link set up0 up
ip route add default via 10.8.0.2
nsenter --net=/proc/POD/ns/net ip address add 10.9.0.2/24 dev eth0
nsenter --net=/proc/POD/ns/net ip link set eth0 up
nsenter --net=/proc/POD/ns/net ip route add default via 10.9.0.1
nsenter --net=/proc/SERVER/ns/net ip link set lo up
nsenter --net=/proc/SERVER/ns/net ip address add 10.8.0.2/24 dev eth0
nsenter --net=/proc/SERVER/ns/net ip address add 198.51.100.130/32 dev lo
nsenter --net=/proc/SERVER/ns/net ip address add 198.51.100.53/32 dev lo
nsenter --net=/proc/SERVER/ns/net ip link set eth0 up
"""


def serve():
    """Be the server and its name server: one long head for each request, one address for NAME."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((NAME_SERVER, 53))
    listener = socket.socket()
    listener.bind((SERVER, PORT))
    listener.listen(50)
    threading.Thread(target=answer_names, args=(names,), daemon=True).start()
    print("ready", flush=True)
    while True:
        client = listener.accept()[0]
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1200 + b"\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.05)
        client.close()


def answer_names(sock):
    wanted = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split(".")) + b"\0\0\1\0\1"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(SERVER)
    while True:
        query, peer = sock.recvfrom(512)
        there = query[12:] == wanted
        head = query[:2] + (b"\x81\x80\0\1\0\1" if there else b"\x81\x83\0\1\0\0") + b"\0\0\0\0"
        sock.sendto(head + query[12:] + (record if there else b""), peer)


def as_node(name):
    """In the node's namespaces: make the others, run the module, and print its result."""
    forward, nat, dnat, forwarding = FAULTS[name]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "resolv.conf").write_text(
            f"nameserver {NAME_SERVER}\nsearch svc.cluster.local\n", encoding="utf-8"
        )
        Path(folder, "hosts").write_text(f"127.0.0.1 localhost\n{SERVER} {NAME}\n", encoding="utf-8")
        subprocess.run(["mount", "--bind", f"{folder}/hosts", "/etc/hosts"], check=True)
        inside = [
            "unshare",
            "--net",
            "--mount",
            "sh",
            "-c",
            'mount --bind "$1" /etc && echo && exec sleep 20',
            "sh",
            folder,
        ]
        server = ["unshare", "--net", "sh", "-c", "echo && exec sleep 20"]
        with contextlib.ExitStack() as stack:
            pod, far = (
                stack.enter_context(subprocess.Popen(each, stdout=subprocess.PIPE)) for each in (inside, server)
            )
            pod.stdout.readline()
            far.stdout.readline()
            for line in LINKS.strip().splitlines():
                subprocess.run(line.replace("POD", str(pod.pid)).replace("SERVER", str(far.pid)).split(), check=True)
            rules = RULES.replace("FORWARD", forward).replace("DNAT", dnat).replace("NAT", nat)
            subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)
            Path("/proc/sys/net/ipv4/ip_forward").write_text(forwarding, encoding="ascii")
            serving = ["nsenter", f"--net=/proc/{far.pid}/ns/net", sys.executable, __file__, "serve"]
            with subprocess.Popen(serving, stdout=subprocess.PIPE) as peer:
                peer.stdout.readline()
                named = {"timeout": 1.5, "deadline": 12, "pod_namespace": f"/proc/{pod.pid}/ns/net"}
                print(json.dumps(module_process.run(egress_info, {"endpoints": [ROW], **named})), flush=True)
                for process in (peer, far, pod):
                    process.kill()


@pytest.fixture
def found():
    """Runs the module with one of FAULTS; returns (the row, that of the pod, what was found of the pod)."""

    def run(name):
        prefix = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        isolated = ["unshare", *prefix, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        done = subprocess.run(
            [*isolated, sys.executable, __file__, name],
            env=dict(module_process.environment(egress_info), PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout.decode("utf-8"))
        [row] = result["endpoints"]
        assert row["verdict"] == "reachable", row
        return row["other_paths"][0], result["pod"]

    return run


def test_without_a_fault_a_pod_reaches_the_same(found):
    inside, pod = found("none")
    assert (inside["verdict"], pod["traces"]) == ("reachable", [])


@pytest.mark.parametrize("name", ["masquerade", "filter", "forwarding"])
def test_packets_that_do_not_pass_are_followed_through_the_node(found, name):
    inside, pod = found(name)
    assert inside["verdict"] == "unresolved"  # the pod's name server is behind the same node
    [trace] = pod["traces"]
    assert (trace["verdict"], trace["address"], trace["entered"]) == ("dropped", SERVER, ["veth0"])
    assert trace["left"] == ([{"interface": "up0", "source": POD}] if name == "masquerade" else [])
    assert pod["forwarding"] == dict.fromkeys(["ip_forward", "veth0"], name != "forwarding")


def test_large_packets_that_are_lost_are_told_from_all(found):
    inside, pod = found("mtu")
    assert (inside["layer"], inside["with_small_packets"]) == ("http", "reachable")
    assert pod["traces"][0]["verdict"] == "reachable"


def test_a_name_server_that_fails_is_told_from_a_path_that_does(found):
    inside, pod = found("resolver")
    assert inside["verdict"] == "unresolved"
    [trace] = pod["traces"]
    assert (trace["verdict"], trace["left"]) == ("reachable", [{"interface": "up0", "source": NODE}])


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else as_node(sys.argv[1])
