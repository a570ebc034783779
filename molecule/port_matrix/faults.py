# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be in the way between nodes: packet filters, processes and routes, there inside the block and gone after it."""

import concurrent.futures
import contextlib
import threading

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults

LISTENER = "hostprep-listen"  # the listener's process
# The kind of firewall that each node can have.
FIREWALLS = {"controller-1": "firewalld", "worker-1": "iptables", "worker-2": "ufw"}

MATRIX_TABLE = f"{faults.TABLE_PREFIX}matrix"
_SERVE = """
import http.server, sys, threading
for port in sys.argv[2:]:
    server = http.server.HTTPServer((sys.argv[1], int(port)), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever).start()
"""
_ANSWER = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], int(sys.argv[2])))
while True:
    data, peer = sock.recvfrom(2048)
    sock.sendto(data, peer)
"""
_AWAIT = """
import socket, sys, time
for port in sys.argv[1:]:
    while socket.socket().connect_ex(("127.0.0.1", int(port))):
        time.sleep(0.05)
"""
# What is routed into the tunnel goes on after a while by a raw socket, whose mark keeps it from coming in again.
_DELAY = """
import fcntl, heapq, os, select, socket, stat, struct, subprocess, sys, time
delay, destination, source = float(sys.argv[1]), sys.argv[2], sys.argv[3]
if not os.path.exists("/dev/net/tun"):
    os.makedirs("/dev/net", exist_ok=True)
    os.mknod("/dev/net/tun", 0o600 | stat.S_IFCHR, os.makedev(10, 200))
tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH", b"lab-delay", 0x1001))
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
out.setsockopt(socket.SOL_SOCKET, 36, 7)
for command in ("link set lab-delay mtu 1500 txqueuelen 20000 up", "rule add pref 100 fwmark 7 lookup main",
                "route add default dev lab-delay src %s table 77" % source,
                "rule add pref 199 to %s ipproto 17 sport 8472 lookup 77" % destination,
                "rule add pref 200 to %s ipproto 17 dport 8472 lookup 77" % destination):
    subprocess.check_call(["ip", *command.split()])
waiting, count = [], 0
while True:
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    if select.select([tunnel], [], [], pause)[0]:
        count += 1
        heapq.heappush(waiting, (time.monotonic() + delay, count, os.read(tunnel, 65535)))
    while waiting and waiting[0][0] <= time.monotonic():
        try:
            out.sendto(heapq.heappop(waiting)[2], (destination, 0))
        except OSError:
            continue
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
# Commands of each kind of firewall that are run on a node: what closes, and what takes it back. All that is not closed
# stays open. {one} and {two} are the addresses of two other nodes: one is dropped on a TCP port, and on a range over UDP
# only; two is rejected on a range over TCP.
_COMMANDS = {
    "firewalld": (
        (
            "systemctl start firewalld",
            "firewall-cmd --quiet --zone=trusted --change-interface=eth0",
            *(
                f"firewall-cmd --quiet --zone=trusted --add-rich-rule='rule family=ipv4 source address={source} {rest}'"
                for source, rest in (
                    ("{one}", "port port=30005 protocol=tcp drop"),
                    ("{one}", "port port=31000-31010 protocol=udp drop"),
                    ("{two}", "port port=30100-30200 protocol=tcp reject type=icmp-admin-prohibited"),
                )
            ),
        ),
        ("systemctl stop firewalld",),
    ),
    "ufw": (
        (
            "ufw default allow incoming",
            "ufw deny proto tcp from {one} to any port 30005",
            "ufw deny proto udp from {one} to any port 31000:31010",
            "ufw reject proto tcp from {two} to any port 30100:30200",
            "ufw --force enable",
        ),
        ("ufw --force disable", "ufw --force reset"),
    ),
    "iptables": (
        (
            "iptables -I INPUT -p tcp -s {one} --dport 30005 -j DROP",
            "iptables -I INPUT -p udp -s {one} --dport 31000:31010 -j DROP",
            "iptables -I INPUT -p tcp -s {two} --dport 30100:30200 -j REJECT",
        ),
        ("iptables -F INPUT",),
    ),
}


def installed(lab, packages):
    """Install {node: [package]} at the same time; a firewall that starts by itself is stopped again."""
    command = (
        "apt-get -qq update && apt-get -qq --yes install $* && { systemctl -q disable --now firewalld 2>&- || :; }"
    )
    with concurrent.futures.ThreadPoolExecutor(len(packages)) as pool:
        list(pool.map(lambda node: lab.exec(node, "sh", "-c", command, "sh", *packages[node]), packages))


@contextlib.contextmanager
def firewall(lab, node, kind, one, two):
    """A firewall of the kind firewalld, ufw or iptables, set up with its own commands; see above for what it closes."""
    shut, opened = _COMMANDS[kind]
    addresses = {"one": lab.nodes[one], "two": lab.nodes[two]}
    try:
        lab.exec(node, "sh", "-ec", "\n".join(shut).format(**addresses))
        yield
    finally:
        lab.exec(node, "sh", "-c", "; ".join(opened))


@contextlib.contextmanager
def filtered(lab, name, hook, *rules):
    """nftables rules of a container, before any other."""
    table = MATRIX_TABLE
    chain = f"chain fault {{ type filter hook {hook} priority -150; {'; '.join(rules)}; }}"
    lab.exec(name, "nft", f"table ip {table} {{ {chain}; }}")
    try:
        yield
    finally:
        lab.exec(name, "nft", "delete", "table", "ip", table)


@contextlib.contextmanager
def serving(lab, name, *ports, address="0.0.0.0"):
    """Web servers of a node's own, on all its addresses or on loopback alone."""
    ports = [str(port) for port in ports]
    with _unit(lab, name, "lab-service", _SERVE, address, *ports):
        lab.exec(name, "timeout", "30", "python3", "-c", _AWAIT, *ports)
        yield


@contextlib.contextmanager
def answering(lab, name, port):
    """Something answers whatever comes to a UDP port of a node's address."""
    with _unit(lab, name, "lab-answer", _ANSWER, lab.nodes[name], str(port)):
        lab.exec(name, "timeout", "20", "sh", "-c", f"until ss -Hlun sport = :{port} | grep -q .; do sleep 0.1; done")
        yield


@contextlib.contextmanager
def listener_killed(lab, name):
    """The listener of the audit is killed as soon as it is at work."""
    with _unit(lab, name, "lab-killer", _KILL, LISTENER):
        yield


@contextlib.contextmanager
def power_cut(lab, name, source):
    """The node loses its power while another one probes it; it is back, and works, after the block.

    Some of the probes are dropped before, in both directions, so that neither of the two is through with the other by
    the time the power is cut.
    """
    table = f"{faults.TABLE_PREFIX}lost"
    peer = f"ip saddr {lab.nodes[source]} tcp"
    rules = f"{peer} dport 31000-31999 counter drop; {peer} sport 31000-31999 counter drop;"
    lab.exec(name, "nft", f"table ip {table} {{ chain fault {{ type filter hook input priority -150; {rules} }}; }}")
    over = threading.Event()

    def work():
        while not over.wait(0.1):
            # Whichever of the two begins: the other may be through before the first begins.
            if lab.exec(name, "nft", "list", "table", "ip", table).stdout.count(b"packets 0 ") < 2:
                lab.kill(name)
                return

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        worked = pool.submit(work)
        try:
            yield
        finally:
            over.set()
            worked.result()
            lab.restart(name)


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
    rules = ("tcp flags & (syn | ack) == syn | ack ct state new drop", "ct state invalid drop")
    with filtered(lab, "internet", "forward", *rules), routed(lab, source, destination):
        yield


@contextlib.contextmanager
def routed(lab, source, destination):
    """What one node sends to another goes by way of a router; the answers do not."""
    way = [f"{lab.nodes[destination]}/32", "via", lab.instance.internet_address]
    with contextlib.ExitStack() as stack:
        for interface in ("all", "eth0"):
            stack.enter_context(faults.sysctl_set(lab, "internet", f"net.ipv4.conf.{interface}.send_redirects", 0))
        lab.exec(source, "ip", "route", "add", *way)
        try:
            yield
        finally:
            lab.exec(source, "ip", "route", "del", *way)


@contextlib.contextmanager
def routed_with_mtu(lab, source, destination, mtu):
    """As routed; the router says by ICMP which packets are too long for it."""
    onwards = [f"{lab.nodes[destination]}/32", "dev", "eth0"]
    lab.exec("internet", "ip", "route", "add", *onwards, "mtu", "lock", str(mtu))
    try:
        with routed(lab, source, destination):
            yield
    finally:
        lab.exec("internet", "ip", "route", "del", *onwards)


@contextlib.contextmanager
def load_balancer(lab, servers, tls=False, announced=False):
    """HAProxy beside the nodes, in front of port 443 of some of them: it passes TCP on, or ends TLS. Yields host:port."""
    host, port = lab.instance.internet_address, 8443
    certificate = "ssl crt /run/lab-balancer.pem" if tls else ""
    header = "send-proxy-v2" if announced else ""
    lines = [f"server {name} {lab.nodes[name]}:443 {header}" for name in servers]
    configuration = "\n".join(
        [
            "defaults",
            "mode tcp",
            "retries 0",
            "timeout connect 2s",
            "timeout client 20s",
            "timeout server 20s",
            "frontend front",
            f"bind {host}:{port} {certificate}",
            "default_backend back",
            "backend back",
            "balance roundrobin",
            *lines,
            "",
        ]
    )
    write = (
        "cat /etc/lab/tls/anypoint.mulesoft.com.crt /etc/lab/tls/anypoint.mulesoft.com.key > /run/lab-balancer.pem; "
    )
    lab.exec("internet", "sh", "-c", write + 'printf %s "$0" > /run/lab-balancer.cfg', configuration)
    lab.exec(
        "internet",
        "systemd-run",
        "--collect",
        "--unit",
        "lab-balancer",
        "haproxy",
        "-W",
        "-db",
        "-f",
        "/run/lab-balancer.cfg",
    )
    lab.exec("internet", "timeout", "20", "sh", "-c", f"until ss -Hltn | grep -q {host}:{port}; do sleep 0.1; done")
    try:
        yield f"{host}:{port}"
    finally:
        lab.exec("internet", "systemctl", "stop", "lab-balancer")


@contextlib.contextmanager
def delayed(lab, source, destination, seconds):
    """What one node sends to another from or to 8472/udp takes its time on the way."""
    with _unit(lab, source, "lab-delay", _DELAY, str(seconds), lab.nodes[destination], lab.nodes[source]):
        lab.exec(source, "sh", "-c", "timeout 20 sh -c 'until ip rule | grep -q ^200:; do sleep 0.1; done'")
        try:
            yield
        finally:
            for preference in ("200", "199", "100"):
                lab.exec(source, "ip", "rule", "del", "pref", preference)


@contextlib.contextmanager
def slowed(lab, name, rate):
    """What a node sends goes out at a rate at most, such as 200mbit."""
    lab.exec(name, "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "64kb", "latency", "50ms")
    try:
        yield
    finally:
        lab.exec(name, "tc", "qdisc", "del", "dev", "eth0", "root")
