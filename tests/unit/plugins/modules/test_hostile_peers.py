# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against peers of bad will, all at once: a verdict for each, in bounded time and memory."""

import contextlib
import json
import subprocess
import sys
import time

from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

AUTHORITY = loopback.Authority()
TIMEOUT = 2
# More than the module needs with honest peers, and far less than what these send.
MOST_MEGABYTES = 150

# Runs the module, and says on the standard error how much memory it took at most. The peak that getrusage() tells may be
# that of the process which started it.
MEASURED = f"""
import atexit, runpy, sys

def peak():
    with open("/proc/self/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM:")))

atexit.register(lambda: sys.stderr.write("%d" % (peak() // 1024)))
runpy.run_module({egress_info.__name__!r}, run_name="__main__", alter_sys=True)
"""


def drips(head, seconds=0.1):
    """One byte after the other, for longer than anybody waits."""

    def handle(sock):
        for byte in bytearray(head + b"x" * 200):
            sock.sendall(bytes(bytearray([byte])))
            time.sleep(seconds)

    return handle


def floods(head, more):
    def handle(sock):
        sock.recv(1)
        sock.sendall(head)
        while True:
            sock.sendall(more * (65536 // len(more)))

    return handle


def says(data):
    def handle(sock):
        sock.recv(65536)
        sock.sendall(data)

    return handle


def greets_for_ever(sock):
    while True:
        sock.sendall(b"220-x\r\n" * 1000)


def certificate_of(count):
    return AUTHORITY.certificate(*[f"name-{number:05d}.example.com" for number in range(count)])


HTTP_FLOOD = floods(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")
# (id, protocol, handler in clear or None, certificate of a TLS server and its handler or None, verdict)
PEERS = [
    ("tar pit", "https", drips(b"\x16\x03\x03\x40\x00"), None, "tls_failed"),
    ("garbage", "https", floods(b"\0\1\2", b"\xff"), None, "tls_failed"),
    ("endless handshake", "https", floods(b"\x16\x03\x03\x40\x00\x0b\xff\xff\xff", b"\0"), None, "tls_failed"),
    ("closes", "https", says(b""), None, "tls_failed"),
    ("half a record", "https", says(b"\x16\x03\x03\x40"), None, "tls_failed"),
    ("page", "https", says(b"HTTP/1.1 200 OK\r\n\r\n<html>"), None, "blocked"),
    ("large certificate", "https", None, (2500, loopback.linger), "tls_name_mismatch"),
    ("giant certificate", "https", None, (8000, loopback.linger), "tls_failed"),
    ("endless head", "https", None, (0, HTTP_FLOOD), "http_failed"),
    ("endless head of a broker", "amqp_wss", None, (0, HTTP_FLOOD), "http_failed"),
    ("slow head", "https", None, (0, drips(b"HTTP/1.1 200 OK")), "http_failed"),
    ("tar pit of mail", "smtp", drips(b"220"), None, "smtp_failed"),
    ("endless greeting", "smtp", greets_for_ever, None, "smtp_failed"),
    ("no mail server", "smtp", says(b"nonsense"), None, "smtp_failed"),
]
PROXIES = [
    ("proxy closes in the middle", says(b"HTTP/1.1 200 Connec"), "proxy_broken"),
    ("proxy with an endless head", HTTP_FLOOD, "proxy_broken"),
    ("proxy that is a tar pit", drips(b"HTTP/1.1"), "proxy_broken"),
]


def run(arguments):
    """(result, seconds, megabytes) of the module in a process of its own."""
    environment = module_process.environment(egress_info)
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURED],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = process.communicate(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode("utf-8"), 120)
    assert err.isdigit(), err
    return json.loads(out.decode("utf-8")), time.monotonic() - begun, int(err)


def row(name, port, protocol, **more):
    return dict(
        {"id": name, "host": "127.0.0.1", "port": port, "protocol": protocol, "server_name": loopback.NAME}, **more
    )


def test_all_at_once():
    with contextlib.ExitStack() as stack:
        rows = []
        for name, protocol, handle, tls, _dummy_verdict in PEERS:
            if tls is None:
                port = stack.enter_context(loopback.tcp_server(handle))
            else:
                leaf = certificate_of(tls[0]) if tls[0] else AUTHORITY.certificate()
                port = stack.enter_context(AUTHORITY.server(leaf, tls[1]))
            rows.append(row(name, port, protocol))
        path = stack.enter_context(AUTHORITY.pem_file())
        result, seconds, megabytes = run({"endpoints": rows * 3, "ca_path": path, "timeout": TIMEOUT})
    assert {each["id"]: each["verdict"] for each in result["endpoints"]} == {peer[0]: peer[4] for peer in PEERS}
    assert megabytes < MOST_MEGABYTES
    assert seconds < 60
    assert all(len(each["detail"]) < 1000 and each["detail"].isprintable() for each in result["endpoints"])
    assert all(len(each["tls"]["names"]) <= 100 for each in result["endpoints"] if each["tls"])


def test_proxies():
    for name, handle, verdict in PROXIES:
        with loopback.tcp_server(handle) as port:
            arguments = {
                "endpoints": [row(name, 443, "https", paths=["http_proxy"])],
                "timeout": TIMEOUT,
                "http_proxy": f"http://127.0.0.1:{port}",
            }
            result, dummy_seconds, megabytes = run(arguments)
        assert (name, result["endpoints"][0]["verdict"]) == (name, verdict)
        assert megabytes < MOST_MEGABYTES
