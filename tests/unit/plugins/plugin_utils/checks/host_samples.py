# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence of a host that the vendor's installer takes: RHEL 7.7 as a worker or controller of release 1.4.

What a fact of the host declares as its sample is in order, too: a fact needs no line here unless tests of other checks need
another value of it.
"""

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact_registry import FACTS

GIB = 1024**3
ALL_READ = {"unreadable": [], "dangling": []}
OPTIONS = [
    "NET_NS",
    "PID_NS",
    "IPC_NS",
    "UTS_NS",
    "CGROUPS",
    "CGROUP_CPUACCT",
    "CGROUP_DEVICE",
    "CGROUP_FREEZER",
    "CGROUP_SCHED",
    "CPUSETS",
    "MEMCG",
    "KEYS",
    "VETH",
    "BRIDGE",
    "BRIDGE_NETFILTER",
    "IP_NF_FILTER",
    "IP_NF_TARGET_MASQUERADE",
    "NETFILTER_XT_MATCH_ADDRTYPE",
    "NETFILTER_XT_MATCH_CONNTRACK",
    "NETFILTER_XT_MATCH_IPVS",
    "IP_NF_NAT",
    "NF_NAT",
    "NF_NAT_NEEDED",
    "POSIX_MQUEUE",
    "DEVPTS_MULTIPLE_INSTANCES",
    "OVERLAY_FS",
]


def with_declared(host):
    """Return {section: evidence} with the sample of each declared fact that it does not have."""
    found = {section: dict(evidence) if isinstance(evidence, dict) else evidence for section, evidence in host.items()}
    for fact in (fact for fact in FACTS if not fact.option):
        found[fact.section].setdefault(fact.name, yaml.safe_load(fact.documentation)["sample"])
    return found


def system(node="n1"):
    return {
        "release": "3.10.0-1160.el7.x86_64",
        "os": {
            "id": "rhel",
            "id_like": ["fedora"],
            "version": "7.7",
            "name": "Red Hat Enterprise Linux Server 7.7 (Maipo)",
        },
        "hardware": {"machine": "x86_64", "cpus": 4, "memory": 16 * GIB, "product": "VMware Virtual Platform"},
        "hostname": {"name": f"{node}.example.com", "static": f"{node}.example.com", **ALL_READ},
        "kernel_options": {"source": "/boot/config-3.10.0-1160.el7.x86_64", "options": dict.fromkeys(OPTIONS, "y")},
        "cgroups": {"controllers": ["blkio", "cpu", "cpuacct", "cpuset", "memory"], "unified": False},
        "processes": [
            {"pid": 1, "names": ["systemd"]},
            {"pid": 640, "names": ["sshd"]},
            {"pid": 700, "names": ["python3", "python3.6", "tuned"]},
        ],
        "accounts": {"1000": {"user": None, "group": None}},
        "allowlisting": {"permissive": None},
        "cloud_init": {"installed": False, "disabled": False, "network": False},
        "kubernetes": {"program": None, "version": None},
    }


def disk(name, size, **changes):
    """A whole disk, empty; size in GiB."""
    return {
        "name": name,
        "device": "8:0",
        "size": size * GIB,
        "read_only": False,
        "removable": False,
        "parts": [],
        "holders": [],
        "mounted": [],
        "probed": True,
        "signatures": [],
        **changes,
    }


def room(path, total, free, mount="/", **changes):
    """A directory with room; sizes in GiB."""
    sizes = {"total": total * GIB, "free": free * GIB}
    entry = {"path": path, "mount": mount, "type": "xfs", "options": ["rw", "seclabel"], "mode": 0o755}
    return {**entry, "files_free": 1000000, "writable": True, **sizes, **changes}


def storage():
    return {
        "mounts": [
            {"path": "/", "root": "/", "device": "8:2", "type": "xfs", "source": "/dev/sda2", "options": ["rw"]},
            {
                "path": "/var/lib/gravity",
                "root": "/",
                "device": "8:16",
                "type": "xfs",
                "source": "/dev/sdb",
                "options": ["rw"],
            },
            {
                "path": "/var/lib/gravity/planet/etcd",
                "root": "/",
                "device": "8:32",
                "type": "xfs",
                "source": "/dev/sdc",
                "options": ["rw"],
            },
        ],
        "fstab": [
            fstab_line(1, "UUID=1-1", "/"),
            fstab_line(2, "UUID=2-2", "/var/lib/gravity"),
            fstab_line(3, "UUID=3-3", "/var/lib/gravity/planet/etcd"),
        ],
        "xfs": {"/": True, "/var/lib/gravity": True, "/var/lib/gravity/planet/etcd": True},
        "room": {
            "/": room("/", 80, 60),
            "/tmp": room("/tmp", 80, 60, mode=0o1777),
            "/opt/anypoint/runtimefabric": room("/opt/anypoint/runtimefabric", 80, 60),
            "/var/log": room("/var/log", 80, 60),
            "/etc": room("/etc", 80, 60),
            "/var/lib": room("/var/lib", 80, 60),
            "/var/lib/gravity": room("/var/lib/gravity", 250, 200, "/var/lib/gravity"),
            "/var/lib/gravity/planet/etcd": room(
                "/var/lib/gravity/planet/etcd", 60, 50, "/var/lib/gravity/planet/etcd"
            ),
        },
        "devices": [
            disk("sda", 80, parts=["sda1", "sda2"], mounted=["/boot", "/"], signatures=["partition table dos"]),
            disk("sdb", 250),
            disk("sdc", 60),
        ],
        "leaves": ["sda1 part    1G", "sda2 part   79G", "sdb  disk  250G", "sdc  disk   60G", "sr0  rom  1024M"],
        "environment": {"values": {}, "devices": {}},
    }


def fstab_line(number, source, path, comment=""):
    text = f"{source} {path} xfs defaults,nofail 0 2 {comment}".strip()
    return {
        "line": number,
        "text": text,
        "source": source,
        "path": path,
        "type": "xfs",
        "options": ["defaults", "nofail"],
    }


def network():
    address = "192.168.230.11"
    configuration = {
        "manager": "ifcfg",
        "path": "/etc/sysconfig/network-scripts/ifcfg-eth0",
        "interface": "eth0",
        "method": "static",
        "addresses": [address],
        "cloud_init": False,
        "service": "network.service",
        "state": "runs",
    }
    return {
        "addresses": [
            {"interface": "eth0", "address": address, "prefix": 24, "family": "ipv4", "dynamic": False},
            {"interface": "eth0", "address": "fd00::11", "prefix": 64, "family": "ipv6", "dynamic": False},
        ],
        "default_route": {"interface": "eth0", "gateway": "192.168.230.1", "protocol": "static"},
        "routes": [
            {"destination": "0.0.0.0/0", "interface": "eth0", "gateway": "192.168.230.1", "protocol": "static"},
            {"destination": "192.168.230.0/24", "interface": "eth0", "gateway": None, "protocol": "kernel"},
        ],
        "resolvers": {
            "nameservers": ["192.0.2.53"],
            "search": ["example.com"],
            "file": "/etc/resolv.conf",
            "dangling": None,
        },
        "mtus": {"eth0": 1500, "lo": 65536},
        "dns_listeners": [],
        "persistence": {"configurations": [configuration], "leases": [], **ALL_READ},
    }


REPOSITORIES = {"base": "mirror.example.com", "extras": "other.example.com"}


def packages():
    """Two repositories of yum, both reached directly."""
    return {
        "manager": "dnf",
        "repositories": [
            {"name": name, "source": "/etc/yum.repos.d/site.repo", "places": [place(host)], "unknown": None}
            for name, host in REPOSITORIES.items()
        ],
        "local": 0,
        **ALL_READ,
    }


def place(host, **changes):
    """Where a repository is."""
    return {"scheme": "http", "host": host, "port": 80, "proxy": "", "password": "none", "verified": True, **changes}


def repository_probe(host, verdict="reachable", detail=None):
    """The probe of a repository's place, with the id that it has where the repositories are those of packages()."""
    number = list(REPOSITORIES.values()).index(host) + 1
    return {
        "id": f"repository:{number}",
        "host": host,
        "port": 80,
        "protocol": "http",
        "verdict": verdict,
        "detail": detail,
    }


def cluster():
    """What the checks of a node know of all nodes."""
    return {
        "n1": {"address": "192.168.230.11", "os": system()["os"], "hostname": "n1.example.com", "mtu": 1500},
        "n2": {"address": "192.168.230.21", "os": system()["os"], "hostname": "n2.example.com", "mtu": 1500},
    }
