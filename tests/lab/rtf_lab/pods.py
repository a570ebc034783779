# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that run pods: containerd, runc and CNI plugins of their release of Debian, and pods that containerd is asked for.

There is no kubelet: the node is asked over the same interface by pods/cri.py. What kube-proxy writes is loaded by hand.
"""

import contextlib
import json
from pathlib import Path

from . import faults, files, internet
from .machine import podman, run

FOLDER = Path(__file__).resolve().parent.parent / "pods"
PACKAGES = ("containerd", "containernetworking-plugins", "runc", "busybox-static", "iptables", "python3-grpcio")
PLACE = "/opt/lab-pods"
IMAGE = "registry.k8s.io/pause:lab"
NETWORK = "10.244"  # of pods: a node's part is 10.244.HOST_NUMBER.0/24
BRIDGE = "cni0"
_CONFIGURATION = f"""version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{IMAGE}"
  # Nodes have no CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    # A node's root is an overlay itself.
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
"""
_UNIT = f"[Service]\nExecStartPre=\nExecStart=\nExecStart={PLACE}/containerd-of-the-node.sh /usr/bin/containerd\n"
# As kube-proxy writes them for one service, in its mode iptables; the last two lines are the CNI's, as Flannel's.
_SERVICES = """*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SVC-LABDNS - [0:0]
:KUBE-SEP-LABDNS - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -j MASQUERADE
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-SERVICES -d {service}/32 -p udp --dport 53 -j KUBE-SVC-LABDNS
-A KUBE-SERVICES -d {service}/32 -p tcp --dport 53 -j KUBE-SVC-LABDNS
-A KUBE-SVC-LABDNS -j KUBE-SEP-LABDNS
-A KUBE-SEP-LABDNS -p udp -j DNAT --to-destination {server}:53
-A KUBE-SEP-LABDNS -p tcp -j DNAT --to-destination {server}:53
COMMIT
*filter
:KUBE-FORWARD - [0:0]
:KUBE-FIREWALL - [0:0]
:FLANNEL-FWD - [0:0]
-A INPUT -j KUBE-FIREWALL
-A OUTPUT -j KUBE-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s {network}.0.0/16 -j ACCEPT
-A FLANNEL-FWD -d {network}.0.0/16 -j ACCEPT
COMMIT
"""
# The address of the service that forwards to the lab's name server, as that of CoreDNS in a cluster.
SERVICE = "10.96.0.10"


def subnet(lab, node):
    """The network of the pods of a node."""
    return f"{NETWORK}.{lab.nodes[node].rpartition('.')[2]}.0/24"


def set_up(lab, node):
    """Make a node one of a Kubernetes cluster, as far as its pods and services are concerned."""
    network = {
        "cniVersion": "0.4.0",
        "name": "lab",
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": True,
                "ipMasq": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": subnet(lab, node)}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }
    copied = [
        files.File(f"{PLACE}/{path.name}", path.read_bytes(), 0o755)
        for path in sorted(FOLDER.iterdir())
        if path.is_file()
    ]
    written = [
        files.text_file("/etc/containerd/config.toml", _CONFIGURATION),
        files.text_file("/etc/systemd/system/containerd.service.d/lab.conf", _UNIT),
        files.text_file("/etc/cni/net.d/10-lab.conflist", json.dumps(network)),
        files.text_file(
            f"{PLACE}/services.rules",
            _SERVICES.format(service=SERVICE, server=internet.DNS_ADDRESS, network=NETWORK),
        ),
    ]
    run([*podman(), "cp", "-", f"{lab.container(node)}:/"], stdin=files.archive([*copied, *written]))
    lab.exec(node, "sh", "-ec", _install())


def _install():
    apt = "DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-confold -q -y --no-install-recommends"
    return f"""
        apt-get -q update && {apt} install {" ".join(PACKAGES)}
        python3 {PLACE}/image.py /bin/busybox {PLACE}/image.tar {IMAGE}
        systemctl daemon-reload && systemctl restart containerd
        ctr -n k8s.io images import --snapshotter native {PLACE}/image.tar
        iptables-restore --noflush {PLACE}/services.rules
    """


def run_pod(lab, node, name, server=SERVICE):
    """Have containerd run a pod; return the id of its sandbox. server: the name server in its resolv.conf."""
    lab.exec(node, "mkdir", "-p", f"/var/log/pods/kube-system_{name}_0000-{name}")  # a kubelet makes it
    return lab.exec(node, "python3", f"{PLACE}/cri.py", name, server).stdout.decode().strip()


def connect(lab):
    """Route the pods of each node to it, as Flannel with its backend host-gw does."""
    for node in lab.nodes:
        for other in set(lab.nodes) - {node}:
            lab.exec(node, "ip", "route", "replace", subnet(lab, other), "via", lab.nodes[other])


def chains(lab, node):
    """The rules of kube-proxy and of the CNI plugins on a node, sorted."""
    saved = lab.exec(node, "iptables-save").stdout.decode().splitlines()
    return sorted(
        line
        for line in saved
        if any(name in line for name in ("KUBE-", "CNI-", "FLANNEL-")) and not line.startswith(":")
    )


def reach(lab, node, target):
    """Whether the first pod of a node gets an answer to a ping."""
    first = 'nsenter --net="$(ls -tr /run/netns/cni-* | head -1)" busybox ping -c 1 -W 2 "$1"'
    return lab.exec(node, "sh", "-c", first, "sh", target, check=False).returncode == 0


@contextlib.contextmanager
def _rule(lab, node, chain, *words):
    """A rule of iptables stands first in a chain."""
    lab.exec(node, "iptables", "-w", *words[:2], "-I", chain, *words[2:])
    try:
        yield
    finally:
        lab.exec(node, "iptables", "-w", *words[:2], "-D", chain, *words[2:])


def not_masqueraded(lab, node):
    """What pods send out of the cluster keeps their address."""
    return _rule(lab, node, "POSTROUTING", "-t", "nat", "-s", subnet(lab, node), "-j", "ACCEPT")


def filtered(lab, node):
    """HTTPS of pods is dropped, as by a network policy."""
    words = ("-s", subnet(lab, node), "-p", "tcp", "--dport", "443", "-j", "DROP")
    return _rule(lab, node, "FORWARD", "-t", "filter", *words)


def large_packets_lost(lab, node):
    """Packets from and to pods that are larger than 580 bytes are lost without a message."""
    words = ("-m", "length", "--length", "581:65535", "-j", "DROP")
    return _rule(lab, node, "FORWARD", "-t", "filter", *words)


def without_name_server(lab, node):
    """The service of the pods' name server leads to a host that is none."""
    words = (
        "-d",
        f"{SERVICE}/32",
        "-p",
        "udp",
        "-j",
        "DNAT",
        "--to-destination",
        f"{internet.address_of('captive')}:53",
    )
    return _rule(lab, node, "KUBE-SERVICES", "-t", "nat", *words)


def not_forwarded(lab, node):
    """The node is no router."""
    return faults.sysctl_set(lab, node, "net.ipv4.ip_forward", 0)


@contextlib.contextmanager
def dropped_by_policy(lab, node):
    """The chain FORWARD drops what no rule accepts, and the rules of the CNI plugin that accept are not there."""
    accepts = "FORWARD -m comment --comment 'flanneld forward' -j FLANNEL-FWD"
    lab.exec(node, "sh", "-ec", f"iptables -w -D {accepts}; iptables -w -P FORWARD DROP")
    try:
        yield
    finally:
        lab.exec(node, "sh", "-ec", f"iptables -w -P FORWARD ACCEPT; iptables -w -A {accepts}")


def port_shut(lab, node, transport, port):
    """A rule of the node drops what arrives at one of its ports."""
    return _rule(lab, node, "INPUT", "-t", "filter", "-p", transport, "--dport", str(port), "-j", "DROP")


def overlay_shut(lab, node):
    """What the overlay of Flannel carries between the nodes is dropped where it arrives."""
    return port_shut(lab, node, "udp", 8472)


def api_shut(lab, node):
    """Nobody reaches the API server of the node."""
    return port_shut(lab, node, "tcp", 6443)


def bridge_not_filtered(lab, node):
    """Packets between pods on the bridge pass by the rules of kube-proxy."""
    return faults.sysctl_set(lab, node, "net.bridge.bridge-nf-call-iptables", 0)


def clock_unattended(lab, node):
    """No service synchronises the clock."""
    return faults.service_stopped(lab, node, "chrony")


@contextlib.contextmanager
def proxy_not_taken_up(lab, node):
    """containerd was given a proxy and not restarted, so it pulls images without."""
    drop_in = "/etc/systemd/system/containerd.service.d/http-proxy.conf"
    text = f"[Service]\nEnvironment=HTTPS_PROXY=http://{internet.address_of('proxy')}:3128\n"
    lab.exec(node, "sh", "-ec", 'printf %s "$2" > "$1"; systemctl daemon-reload', "sh", drop_in, text)
    try:
        yield
    finally:
        lab.exec(node, "sh", "-ec", f"rm -f {drop_in}; systemctl daemon-reload")
