# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes broken in each way that a container allows: exactly the checks about that change, on that node."""

import contextlib
import json
import re
from typing import Any, NamedTuple

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.foreign_tables import DOCKER_BRIDGES
from ansible_collections.hostprep.runtime_fabric.molecule.plays import OF_THE_MACHINE, Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NODES = ("controller-1", "worker-1", "worker-2")
AREAS = ("host", "storage", "net")
AREAS_OF_THE_PLATFORM = ("kernel", "fw")
# What is only wanted for checks that are skipped is not collected.
CHOSEN = {"rtf_checks": [f"{area}.*" for area in AREAS], "rtf_skip_checks": ["egress.*"]}

# check: (what breaks it, what mends it, words of what is found). All of it on one node, at once.
FAULTS = {
    "host.conflicting_programs": ("program dockerd", "", "dockerd (pid "),
    "host.security_agents": ("program falcon-sensor", "", "CrowdStrike Falcon (pid "),
    "host.config_management": ("program salt-minion", "", "Salt (pid "),
    "host.fapolicyd": ("program fapolicyd", "", "enforces"),
    "host.cloud_init": (
        "mkdir -p /etc/cloud/cloud.cfg.d && echo 'users: []' > /etc/cloud/cloud.cfg",
        "rm -r /etc/cloud",
        "installed, and configures the network",
    ),
    "host.repos_reachable": (
        "nft 'table inet fault_packages { chain output { type filter hook output priority 0; "
        "ip daddr 198.51.100.80 tcp dport 80 reject; }; }'",
        "nft 'delete table inet fault_packages'",
        "http://packages.lab.example:80: refused",
    ),
    "host.hostname": ("hostname Worker-One", "hostname worker-1", "Worker-One is not a valid node name"),
    "storage.tmp": ("mount -o remount,noexec /tmp", "mount -o remount,exec /tmp", "mounted noexec"),
    "storage.opt": ("mount -t tmpfs -o size=64m tmpfs /opt", "umount /opt", "0.1 GiB free on /opt"),
    "storage.writable": (
        "mkdir /var/lib/gravity && mount -t tmpfs -o ro tmpfs /var/lib/gravity",
        "umount /var/lib/gravity && rmdir /var/lib/gravity",
        "/var/lib/gravity is mounted read-only",
    ),
    "storage.fstab_lines": (
        "echo 'LABEL=SMARTFS /data ext4 defaults,noauto 0 0' >> /etc/fstab",
        "sed -i /SMARTFS/d /etc/fstab",
        "LABEL=SMARTFS /data",
    ),
    "storage.docker_device": (
        "mkdir -p /opt/anypoint/runtimefabric && echo RTF_DOCKER_DEVICE=/dev/null > /opt/anypoint/runtimefabric/env",
        "rm -rf /opt/anypoint",
        "RTF_DOCKER_DEVICE=/dev/null is /dev/null, which is not a whole disk",
    ),
    # A file of a service that is there and does not run.
    "net.static_address": (
        "printf '[Match]\\nName=eth0\\n[Network]\\nAddress=%s/24\\n' $(hostname -I | cut -d' ' -f1)"
        " > /etc/systemd/network/lab.network",
        "rm /etc/systemd/network/lab.network",
        "but systemd-networkd.service, which reads it, does not run",
    ),
    "net.cluster_networks": (
        "ip route add 10.244.9.0/24 dev eth0",
        "ip route delete 10.244.9.0/24",
        "10.244.9.0/24 (route via eth0) is in the pods' 10.244.0.0/16",
    ),
    "net.docker_network": (
        "ip route add 172.17.3.0/24 dev eth0",
        "ip route delete 172.17.3.0/24",
        "172.17.3.0/24 (route via eth0)",
    ),
    "net.single_address": (
        "ip address add 198.18.7.7/32 dev eth0",
        "ip address delete 198.18.7.7/32 dev eth0",
        "198.18.7.7",
    ),
    "net.resolvers": (
        # The same one: a node that asks others first is as slow as they are dead.
        "cp /etc/resolv.conf /root/resolv.conf && printf 'nameserver 198.51.100.53\\n%.0s' 1 2 3 >> /etc/resolv.conf",
        "cat /root/resolv.conf > /etc/resolv.conf && rm /root/resolv.conf",
        "4 nameservers, of which 198.51.100.53 are never used",
    ),
    "net.dns_port": (
        "listen",
        "",
        "python3 (pid ",
    ),
}
# What the vendor's installer and the platform do to a node: (does it, reverts it). In phase operate it is as it should be.
PLATFORM = (
    ("program planet", ""),
    ("program kubelet", ""),
    FAULTS["net.cluster_networks"][:2],
    FAULTS["net.dns_port"][:2],
    (
        "printf 'net.ipv4.ip_forward=1\nnet.bridge.bridge-nf-call-iptables=1\n' > /etc/sysctl.d/50-gravity.conf && "
        "sysctl -q -p /etc/sysctl.d/50-gravity.conf && echo br_netfilter > /etc/modules-load.d/gravity.conf",
        "rm /etc/sysctl.d/50-gravity.conf /etc/modules-load.d/gravity.conf && sysctl -q -w net.ipv4.ip_forward=0 "
        "net.bridge.bridge-nf-call-iptables=0",
    ),
    (
        "cp /etc/resolv.conf /root/resolv.conf && sed '1inameserver 127.0.0.2' /root/resolv.conf > /etc/resolv.conf",
        "cat /root/resolv.conf > /etc/resolv.conf && rm /root/resolv.conf",
    ),
    (
        "printf '[Service]\nExecStart=/usr/sbin/iptables-restore /etc/rtf-iptables.rules\n' > /etc/systemd/system/iptables.service",
        "rm /etc/systemd/system/iptables.service",
    ),
    (
        # As iptables-nft writes kube-proxy's.
        "nft 'table ip filter { chain KUBE-FORWARD { mark and 0x4000 == 0x4000 accept; ct state invalid drop; }; "
        "chain FORWARD { type filter hook forward priority 0; policy accept; jump KUBE-FORWARD; }; "
        "chain INPUT { type filter hook input priority 0; policy accept; }; }; "
        "table ip nat { chain KUBE-SERVICES { ip daddr 10.100.0.1 tcp dport 443 return; }; "
        "chain PREROUTING { type nat hook prerouting priority -100; policy accept; jump KUBE-SERVICES; }; }'",
        "nft 'delete table ip filter; delete table ip nat'",
    ),
)
# Links that lead nowhere, and a unit that is masked: none of them sets anything, and what other files say is known.
DANGLING = (
    "mv /etc/modules /root/modules && ln -s /srv/modules /etc/modules && ln -s /srv/sysctl.conf /etc/sysctl.conf && "
    "ln -s /srv/selinux /etc/selinux/config && ln -s /srv/profile.sh /etc/profile.d/lab.sh && "
    "ln -s /dev/null /etc/systemd/system/iptables.service",
    "rm /etc/sysctl.conf /etc/selinux/config /etc/profile.d/lab.sh /etc/systemd/system/iptables.service && "
    "mv /root/modules /etc/modules",
)
# What a site has done to a node of its cluster: L5, rules by hand in a table that iptables would call its own; U18, several
# next hops; broken lab 8, another prefix than the other nodes have.
OF_A_SITE = (
    (
        "nft 'table ip filter { chain INPUT { type filter hook input priority 0; policy drop; "
        "ct state established,related accept; iif lo accept; icmp type echo-request accept; tcp dport 22 accept; }; }'",
        "nft 'delete table ip filter'",
    ),
    (
        "ip route show default > /root/default && set -- $(cat /root/default) && ip route delete default && "
        "ip route add default nexthop via $3 dev $5 weight 1 nexthop via $3 dev $5 weight 2",
        "ip route delete default && ip route add $(cat /root/default) && rm /root/default",
    ),
    (
        "a=$(hostname -I | cut -d' ' -f1) && ip address add $a/28 dev eth0 && ip route add ${a%.*}.0/24 dev eth0 metric 9 && "
        "ip address delete $a/24 dev eth0",
        "a=$(hostname -I | cut -d' ' -f1) && ip address add $a/24 brd + dev eth0 && ip address delete $a/28 dev eth0 && "
        "ip route delete ${a%.*}.0/24 dev eth0 metric 9",
    ),
)
# L9 and L10: Docker 29 with its backend nftables, and what its backend iptables has left.
OF_DOCKER = (
    f"nft -f - <<'END'\n{DOCKER_BRIDGES}END\n"
    "nft 'table ip filter { chain DOCKER-USER { }; "
    "chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; }; }'",
    "nft 'delete table ip docker-bridges; delete table ip filter'",
)
# The package manager of a node reaches its repository through a proxy.
PROXY = "http://proxy.lab.example:3128"
BY_PROXY = (f"echo 'Acquire::http::Proxy \"{PROXY}\";' > /etc/apt/apt.conf.d/99lab", "rm /etc/apt/apt.conf.d/99lab")
# A disk of the platform without room to measure it.
FULL = (
    "mkdir /var/lib/gravity && mount -t tmpfs -o size=1m tmpfs /var/lib/gravity",
    "umount /var/lib/gravity && rmdir /var/lib/gravity",
)
MEASURED = ("storage.write_speed", "storage.etcd_latency")
PROGRAM = "cp /bin/sleep /usr/local/bin/{0} && systemd-run --quiet --unit=fault-{0} /usr/local/bin/{0} 600"
LISTEN = (
    "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
    "s.bind(('0.0.0.0', 53)); time.sleep(600)"
)

# Files that are meant to hang or to burst whoever reads them.
HOSTILE = """
mkdir -p /etc/network/interfaces.d /etc/NetworkManager/system-connections /etc/systemd/network /etc/cloud/cloud.cfg.d
truncate -s 1G /etc/sysctl.d/zz-huge.conf
mkdir /etc/sysctl.d/zz-directory.conf
head -c 100000 /dev/urandom > /etc/sysctl.d/zz-binary.conf
mkfifo /etc/NetworkManager/system-connections/pipe.nmconnection /etc/systemd/network/pipe.network
ln -s loop /etc/network/interfaces.d/loop
ln -s /dev/zero /etc/network/interfaces.d/endless
head -c 100000 /dev/urandom > /etc/network/interfaces.d/binary
truncate -s 1G /etc/fapolicyd.conf
"""
CLEAN = (
    "rm -rf /etc/sysctl.d/zz-huge.conf /etc/sysctl.d/zz-directory.conf /etc/sysctl.d/zz-binary.conf /etc/network"
    " /etc/NetworkManager /etc/systemd/network/pipe.network /etc/cloud /etc/fapolicyd.conf"
)


def shell(lab, node, command):
    kind, _blank, name = command.partition(" ")
    if kind == "program":
        command = PROGRAM.format(name)
    elif kind == "listen":
        command = f'systemd-run --quiet --unit=fault-listen /usr/bin/python3 -c "{LISTEN}"'
    lab.exec(node, "sh", "-c", command)


@contextlib.contextmanager
def broken(lab, node, faults):
    """All the faults on one node, and none of them afterwards."""
    done = []
    try:
        for fault in faults:
            done.append(fault)
            shell(lab, node, fault[0])
        yield
    finally:
        for fault in reversed(done):
            if fault[1]:
                lab.exec(node, "sh", "-c", fault[1])
        lab.exec(node, "sh", "-c", "systemctl stop 'fault-*'; rm -f /usr/local/bin/*", check=False)


def findings(outcome):
    """{(node, check): (status, observed)} of the areas that were asked for, as it is without the waivers of the lab."""
    return {
        (entry["node"], entry["id"]): ((entry["waiver"] or entry)["status"], entry["observed"])
        for entry in outcome.report["results"]
        if entry["id"] not in OF_THE_MACHINE
        and entry["id"].partition(".")[0] in (*AREAS, *AREAS_OF_THE_PLATFORM)
        and not entry["observed"].endswith("free on /")
    }


class Audits(NamedTuple):
    """Findings of the nodes without a fault, of the nodes with all faults, and of the latter in phase operate."""

    order: Any
    faults: Any
    operate: Any


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    lab, site = Lab.named(), Site(tmp_path_factory.mktemp("audits"))

    def audit(**more):
        outcome = site.play("audit-rtf.yml", "-e", json.dumps({**CHOSEN, "rtf_preflight_enforce": False, **more}))
        assert outcome.code == 0 and set(outcome.changed.values()) == {0}, outcome.output
        # Of what is outside the cluster the package repositories alone are dialled.
        evidence = json.loads((site.directory / "rtf-report" / "evidence.json").read_text())
        assert [node["egress"] for node in evidence["nodes"].values()] == [{"error": "nothing was collected"}] * 3
        assert "left out by rtf_skip_checks" in outcome.result("worker-1", "egress.dns")["observed"]
        return findings(outcome)

    order = audit()
    with broken(lab, "worker-1", FAULTS.values()), broken(lab, "controller-1", [BY_PROXY]):
        lab.exec("worker-2", "sh", "-ec", HOSTILE)
        try:
            faults = audit()
        finally:
            lab.exec("worker-2", "sh", "-c", CLEAN)
    with (
        broken(lab, "worker-1", (*PLATFORM, FULL)),
        broken(lab, "worker-2", [DANGLING, OF_DOCKER]),
        broken(lab, "controller-1", OF_A_SITE),
    ):
        operate = audit(
            rtf_phase="operate",
            rtf_preflight_disk_writes=True,
            rtf_checks=[f"{area}.*" for area in (*AREAS, *AREAS_OF_THE_PLATFORM)],
        )
    return Audits(order, faults, operate)


def test_each_fault_turns_its_check_on_its_node_and_says_what_was_found(audits):
    for check, (_breaks, _mends, found) in FAULTS.items():
        status, observed = audits.faults["worker-1", check]
        assert status == "fail" and found in observed, (check, status, observed)


def test_a_repository_that_answers_is_named(audits):
    status, observed = audits.order["worker-1", "host.repos_reachable"]
    assert (status, observed) == ("pass", "http://packages.lab.example:80")
    assert audits.faults["controller-1", "host.repos_reachable"] == (
        "pass",
        f"http://packages.lab.example:80 via {PROXY}",
    )


def test_no_other_check_of_the_node_changes(audits):
    about = {("worker-1", check) for check in FAULTS}
    changed = {key for key, value in audits.faults.items() if value != audits.order.get(key)}
    assert {key for key in changed if key[0] == "worker-1"} == about


def test_hostile_files_neither_hang_nor_hide_anything(audits):
    """What was known of the node is still known; only what those files may say is open."""
    changed = {
        key[1]: value for key, value in audits.faults.items() if key[0] == "worker-2" and value != audits.order.get(key)
    }
    assert set(changed) <= {"net.static_address", "host.cloud_init"}
    assert changed["net.static_address"][0] == "unknown"
    assert "pipe.nmconnection: not a regular file" in changed["net.static_address"][1]


def test_a_running_node_does_not_fail_for_what_the_platform_does(audits):
    before = {key: value[0] for key, value in audits.order.items()}
    failed = {
        key
        for key, (status, _observed) in audits.operate.items()
        if key[1].partition(".")[0] in AREAS
        and key[1] not in MEASURED
        and status != "pass"
        and before.get(key) != status
    }
    # There are no data disks in the lab, and what one node has in the place of one is full. One has a prefix of its own.
    assert failed == {
        ("worker-1", "storage.writable"),
        *((node, check) for node in NODES for check in ("storage.mounts", "net.same_subnet")),
    }
    assert (
        "/var/lib/gravity, /var/lib/gravity/planet/etcd: 0.0 GiB free on /var/lib/gravity"
        in audits.operate["worker-1", "storage.writable"][1]
    )


def test_what_installer_and_gravity_set_is_in_order(audits):
    """Also to the kernel and the firewall, on which the other nodes, which are not prepared, fail."""
    failed = {
        key: value
        for key, value in audits.operate.items()
        if key[1].partition(".")[0] in AREAS_OF_THE_PLATFORM and value[0] in ("fail", "unknown")
    }
    assert [key for key in failed if key[0] == "worker-1"] == [], failed
    assert {("worker-2", "kernel.ip_forward"), ("worker-2", "kernel.sysctls_at_boot")} <= set(failed)
    assert audits.operate["worker-1", "net.resolvers"][1].startswith("127.0.0.2, ")
    assert "the site has no rules to lose" in audits.operate["worker-1", "fw.rtf_iptables_unit"][1]


def test_a_prefix_that_one_node_alone_has_is_named_on_each(audits):
    found = {node: audits.operate[node, "net.same_subnet"][1] for node in NODES}
    assert found == {
        "controller-1": "the prefixes differ: /28 here, /24 on worker-1, /24 on worker-2",
        "worker-1": "the prefixes differ: /24 here, /28 on controller-1",
        "worker-2": "the prefixes differ: /24 here, /28 on controller-1",
    }


def test_a_default_route_with_several_next_hops_is_one(audits):
    status, observed = audits.operate["controller-1", "net.default_route"]
    assert (status, observed) == audits.order["controller-1", "net.default_route"]
    assert status == "pass"


def test_rules_by_hand_are_a_firewall_and_those_of_docker_are_none(audits):
    assert "nftables (the chain ip filter INPUT" in audits.operate["controller-1", "fw.regime"][1]
    assert audits.operate["worker-2", "fw.regime"] == ("pass", "none: the host blocks no port")
    status, observed = audits.operate["worker-2", "fw.forward_policy"]
    assert status == "fail" and "Docker set this policy" in observed, observed


def test_links_that_lead_nowhere_are_named_and_hide_nothing(audits):
    of_the_node = {check: value for (node, check), value in audits.operate.items() if node == "worker-2"}
    assert not [check for check, (status, _observed) in of_the_node.items() if status == "unknown"]
    assert "/etc/sysctl.conf: dangling link to /srv/sysctl.conf" in of_the_node["kernel.sysctls_at_boot"][1]
    assert of_the_node["fw.rtf_iptables_unit"][0] == "pass"


def test_disks_are_measured_only_where_it_is_asked_for(audits):
    """How fast they are is the lab's business; that it was measured, and where, is not."""
    unasked = {key: value for key, value in audits.order.items() if key[1] in MEASURED}
    assert set(unasked) == {
        ("controller-1", "storage.etcd_latency"),
        *((node, "storage.write_speed") for node in NODES),
    }
    assert set(unasked.values()) == {("skipped", "rtf_preflight_disk_writes is not set")}
    rate, place = r"[\d.e+]+", r" in /var/lib \(\w+ at /\S*, because /var/lib/gravity\S* does not exist yet\)"
    for key, text in (
        (("controller-1", "storage.write_speed"), f"{rate} MB/s{place}"),
        (("worker-2", "storage.write_speed"), f"{rate} MB/s{place}$"),
        (("controller-1", "storage.etcd_latency"), f"p50 {rate}, p99 {rate}, max {rate} ms, {rate} per second{place}$"),
    ):
        status, observed = audits.operate[key]
        assert status in ("pass", "fail") and re.match(text, observed), (key, status, observed)
    full = ("unknown", "no_space: 1.0 MB are free, of which 10 % may be written")
    assert audits.operate["worker-1", "storage.write_speed"] == full


def test_nodes_are_as_they_were(host):
    assert host.run("find / -xdev -name '.disk-write-*'").stdout == ""
    assert host.run("ls /usr/local/bin").stdout == ""
    assert "10.244.9" not in host.check_output("ip route")
    assert "KUBE" not in host.check_output("nft list ruleset")
    assert "127.0.0.2" not in host.check_output("cat /etc/resolv.conf")
