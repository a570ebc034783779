# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence of a node in perfect order, for tests to break one thing of."""

import copy

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import nodes_to_judge
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import mail_server, site_services
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import host_samples

GROUPS = {"rtf_nodes": ["n1", "n2"], "rtf_controllers": ["n1"], "rtf_workers": ["n2"]}
SCOPE = {"release": "1.4", "control_plane": "us", "phase": "install"}
NTP = "ntp.example.com"
DISKS = {"controller": ["/var/lib/gravity", "/var/lib/gravity/planet/etcd"], "worker": ["/var/lib/gravity"]}
SERVICES = [
    kind.of_input({"host": f"{kind.protocol}.example.com"}) for kind in (site_services.DATABASE, site_services.REGISTRY)
]
MAIL_SERVER = mail_server.of_input({"host": "smtp.example.com", "port": 587, "auth": ["plain", "login"]})


def audit_inputs(**changes):
    """The inputs of the role rtf_preflight with their defaults."""
    return {
        **SCOPE,
        "ntp_servers": [],
        "http_proxy": "",
        "monitoring_proxy": "",
        "pod_cidr": "10.244.0.0/16",
        "service_cidr": "10.100.0.0/16",
        "no_proxy_extra": [],
        "extra_endpoints": [],
        "extra_ports": [],
        "spare_addresses": 2,
        "checks": ["*"],
        "skip_checks": [],
        "waivers": [],
        "smtp": {},
        "min_outbound_bandwidth_mbit": 100.0,
        "port_matrix": True,
        "port_matrix_peers": 20,
        "links": True,
        "bandwidth": "ring",
        "outside_host": "",
        "load_balancer": "",
        "max_latency_ms": 15.0,
        "min_node_bandwidth_mbit": 900.0,
        "report_formats": ["html"],
        "report_keep": 30,
        "gate": "",
        **changes,
    }


def subject_of(node, groups, variables, scope, ntp_servers=(), catalogue=None):
    """The Subject of one node. variables: of the inventory. scope: release, and what there is of control_plane and phase."""
    inventory = {node: {"role": role_of(node, groups), **variables}}
    inputs = {**scope, "ntp_servers": list(ntp_servers)}
    [found] = nodes_to_judge.of_cluster(catalogue or catalog.load(), inputs, inventory)
    return found


def subject(node="n1", **changes):
    """The Subject of a node of the release 1.4 in the US, without the port table, of which `evidence` has nothing."""
    return subject_of(node, GROUPS, {"ansible_host": "192.168.230.11"}, SCOPE, [NTP])._replace(
        **{"mail_server": MAIL_SERVER, "services": SERVICES, "ports": (), **changes}
    )


def evidence(node="n1"):
    """Evidence as host_info and egress_info return it."""
    host = {
        **_HOST,
        "system": host_samples.system(node),
        "storage": host_samples.storage(),
        "network": host_samples.network(),
        "packages": host_samples.packages(),
    }
    probes = (
        [_probe(row) for row in subject(node).endpoints]
        + [_NTP_PROBE]
        + [_MAIL_PROBE] * (subject(node).role == "controller")
        + _SERVICE_PROBES
    )
    return copy.deepcopy(
        {
            "host": host_samples.with_declared(host),
            "cluster": host_samples.cluster(),
            "egress": probes,
            "repositories": [host_samples.repository_probe(host) for host in host_samples.REPOSITORIES.values()],
            "name_servers": _name_servers(probes),
            "download": _DOWNLOAD,
            "disk_writes": [_writes(path) for path in DISKS[subject(node).role]],
        }
    )


def _name_servers(probes):
    servers = [
        {
            "address": address,
            "source": "/etc/resolv.conf",
            "names": [_answer(probe["host"], "ok", "198.51.100.1") for probe in probes],
            "invented": [_answer(f"hostprep-0.{domain}", "nxdomain") for domain in ("com", "site.example")],
        }
        for address in ("192.0.2.53", "192.0.2.54")
    ]
    return {"servers": servers, "search": ["site.example"], "ndots": 1}


def _answer(name, status, *addresses):
    return {"name": name, "status": status, "addresses": list(addresses), "verdict": None, "detail": None}


def _probe(row):
    return {
        "id": row["id"],
        "host": row["host"],
        "port": row["port"],
        "protocol": row["protocol"],
        "path": "direct",
        "verdict": "reachable",
        "detail": "",
        "tls": {"issuer": "CN=Public CA"},
        "layers": [{"layer": layer, "verdict": "ok"} for layer in ("dns", "tcp", "tls")],
        "other_paths": [],
    }


def _writes(path):
    return {
        "path": path,
        "directory": path,
        "mount": path,
        "type": "xfs",
        "verdict": "measured",
        "detail": None,
        "bytes": 100000000,
        "megabytes_per_second": 200.0,
        "small_writes": {"count": 500, "p50_ms": 1.2, "p99_ms": 4.7, "max_ms": 9.3, "per_second": 690.0},
    }


def _sysctl(value):
    source = "/etc/sysctl.d/zz-runtime-fabric.conf:3"
    return {
        "live": value,
        "at_boot": value,
        "at_boot_source": source,
        "set_by": [{"value": value, "source": source}],
        "beside": None,
    }


def _kernels_own(value):
    return {"live": value, "at_boot": None, "at_boot_source": None, "set_by": [], "beside": None}


def _module(name, how="loaded"):
    return {
        "available": True,
        "how": how,
        "file": f"/lib/modules/6.1.0-40-amd64/kernel/{name}.ko",
        "obstacle": None,
        "at_boot": True,
        "at_boot_source": "/etc/modules-load.d/runtime-fabric.conf",
    }


_NTP_PROBE = {
    "id": f"ntp-{NTP}",
    "host": NTP,
    "port": 123,
    "protocol": "ntp",
    "path": "direct",
    "verdict": "reachable",
    "detail": "",
    "other_paths": [],
}
_MAIL_PROBE = {
    "id": mail_server.ROW,
    "host": MAIL_SERVER.host,
    "port": MAIL_SERVER.port,
    "protocol": "smtp",
    "path": "direct",
    "verdict": "reachable",
    "detail": None,
    "smtp": {"banner": "smtp.example.com ESMTP", "extensions": ["AUTH"], "auth": ["PLAIN"]},
    "other_paths": [],
}
_SERVICE_PROBES = [
    {
        **site_services.probe(service, ["direct"]),
        "path": "direct",
        "verdict": "reachable",
        "detail": None,
        "tls": None,
        "other_paths": [],
    }
    for service in SERVICES
]
_DOWNLOAD = {
    "path": "direct",
    "verdict": "reachable",
    "detail": None,
    "bytes": 250000000,
    "seconds": 5.0,
    "mean_mbit": 400.0,
    "peak_mbit": 480.0,
}
_HOST = {
    "privileged": True,
    "kernel": {
        "release": "6.1.0-40-amd64",
        "newest": "6.1.0-40-amd64",
        "modular": True,
        "modules_present": True,
        "platform": {"id": "debian", "version": "12", "like": []},
        "sysctls": {
            "net.ipv4.ip_forward": _sysctl("1"),
            "net.bridge.bridge-nf-call-iptables": _sysctl("1"),
            "net.bridge.bridge-nf-call-ip6tables": _sysctl("1"),
            "fs.may_detach_mounts": _kernels_own(None),
            "fs.inotify.max_user_watches": _sysctl("1048576"),
            "fs.inotify.max_user_instances": _sysctl("8192"),
            "net.ipv4.ip_local_port_range": _kernels_own("32768 60999"),
            "net.ipv4.ip_local_reserved_ports": _kernels_own(""),
        },
        "modules": {
            name: _module(name)
            for name in (
                "br_netfilter",
                "ebtables",
                "ebtable_filter",
                "ip_tables",
                "iptable_filter",
                "iptable_nat",
                "overlay",
            )
        },
        "boot": {"forwarding": {"default": _kernels_own("1")}, "otherwise": [], "refused": [], "scripts": []},
        "unreadable": {"sysctls": [], "modules": []},
        "dangling": {"sysctls": [], "modules": []},
        "masked": [],
    },
    "time": {
        "units": {"chrony.service": {"active": True, "enabled": True}},
        "chrony": {
            "tracking": {"leap": "Normal", "offset": 0.00001},
            "sources": [
                {"address": "198.51.100.123", "name": NTP, "state": "selected", "reach": 255},
                {"address": "198.51.100.124", "name": "ntp2.example.com", "state": "combined", "reach": 255},
                {"address": "198.51.100.125", "name": "ntp3.example.com", "state": "not_combined", "reach": 127},
            ],
            "unresolved": 0,
            "log": [],
        },
        "guest": [],
        "timezone": "UTC",
        "waited": 0.0,
    },
    "proxy": {
        "settings": [],
        "installer_file": False,
        "curl": "7.88.1",
        "systemd": 252,
        "services": {},
        "unreadable": [],
        "dangling": [],
    },
    "firewall": {
        "backends": {"nftables": True},
        "active": {"nftables": "the chain inet filter input filters"},
        "ours": {
            "backend": "nftables",
            "runtime": {"missing": [], "extra": []},
            "permanent": {"missing": [], "extra": []},
        },
        "applied": {"backend": "nftables", "expires_at": 0},
        "pending": False,
        "iptables": {"in_use": None, "rules": {"nf_tables": False, "legacy": False}},
        "forward": {"inet filter forward": True},
        "packets": {"hidden": [], "asked": "applied", "answers": [], "forward": []},
        "installer": {"version": "20210129-1d2e3f4", "unit": False, "platform": "debian"},
    },
    "swap": {"active": [], "fstab": [], "units": [], "unreadable": [], "dangling": []},
    "selinux": {
        "mode": "disabled",
        "configured": None,
        "platform": {"id": "debian", "version": "12", "like": []},
        "unreadable": [],
        "dangling": [],
    },
    "cloud_setup": {"units": {}, "rules": []},
    "tunnel_offload": {
        "interfaces": [{"name": "eth0", "driver": "virtio_net", "features": {"tx-udp_tnl-segmentation": True}}],
        "ethtool": None,
    },
}
