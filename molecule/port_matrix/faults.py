# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be in the way between nodes: packet filters, processes and routes, there inside the block and gone after it."""

import contextlib

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults

LISTENER = "hostprep-listen"  # the listener's process

_SERVE = """
import http.server, sys, threading
for port in sys.argv[1:]:
    server = http.server.HTTPServer(("", int(port)), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever).start()
"""
_AWAIT = """
import socket, sys, time
for port in sys.argv[1:]:
    while socket.socket().connect_ex(("127.0.0.1", int(port))):
        time.sleep(0.05)
"""
# A listener that is at work hangs up on who talks nonsense.
_KILL = """
import socket, subprocess, sys, time
while True:
    time.sleep(0.01)
    try:
        with socket.create_connection(("127.0.0.1", 7373), 5) as sock:
            sock.sendall(b"nonsense" * 10)
            sock.recv(1)
    except ConnectionRefusedError:
        continue
    except OSError:
        pass
    sys.exit(subprocess.call(["pkill", "-KILL", "-x", sys.argv[1]]))
"""


@contextlib.contextmanager
def filtered(lab, name, hook, *rules):
    """nftables rules of a container, before any other."""
    table = f"{faults.TABLE_PREFIX}matrix"
    chain = f"chain fault {{ type filter hook {hook} priority -150; {'; '.join(rules)}; }}"
    lab.exec(name, "nft", f"table ip {table} {{ {chain}; }}")
    try:
        yield
    finally:
        lab.exec(name, "nft", "delete", "table", "ip", table)


@contextlib.contextmanager
def serving(lab, name, *ports):
    """Web servers of a node's own, on all its addresses."""
    ports = [str(port) for port in ports]
    with _unit(lab, name, "lab-service", _SERVE, *ports):
        lab.exec(name, "timeout", "30", "python3", "-c", _AWAIT, *ports)
        yield


@contextlib.contextmanager
def listener_killed(lab, name):
    """The listener of the audit is killed as soon as it is at work."""
    with _unit(lab, name, "lab-killer", _KILL, LISTENER):
        yield


@contextlib.contextmanager
def _unit(lab, name, unit, code, *arguments):
    lab.exec(name, "systemd-run", "--collect", "--unit", unit, "python3", "-c", code, *arguments)
    try:
        yield
    finally:
        lab.exec(name, "systemctl", "stop", unit, check=False)  # one that has ended is gone


@contextlib.contextmanager
def asymmetric_route(lab, source, destination):
    """What one node sends to another goes by way of a router that keeps track of connections; the answers do not."""
    way = [f"{lab.nodes[destination]}/32", "via", lab.instance.internet_address]
    with contextlib.ExitStack() as stack:
        for interface in ("all", "eth0"):
            stack.enter_context(faults.sysctl_set(lab, "internet", f"net.ipv4.conf.{interface}.send_redirects", 0))
        stack.enter_context(
            filtered(lab, "internet", "forward", "tcp flags & (syn | ack) == syn | ack ct state new drop",
                     "ct state invalid drop"))
        lab.exec(source, "ip", "route", "add", *way)
        try:
            yield
        finally:
            lab.exec(source, "ip", "route", "del", *way)
