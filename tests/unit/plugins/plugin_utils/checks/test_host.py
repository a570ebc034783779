# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operating system, hardware, programs, storage and networks of a host: what turns which check, and what to do then."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import parse_os_release
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system.os_evidence import os_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import cluster_evidence, readiness
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import host_samples, samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.host_samples import (
    GIB,
    disk,
    room,
)

AREAS = ("host.*", "storage.*", "net.*")
SYSTEM, STORAGE, NETWORK = ("host", "system"), ("host", "storage"), ("host", "network")


def judge(evidence, node="n1", **changes):
    """Return `{check id: result}` of the areas that this file is about."""
    return {
        entry["id"]: entry for entry in judge_node(checks.load(), samples.subject(node, **changes), evidence, AREAS)
    }


def not_passed(results):
    return {name for name, entry in results.items() if entry["status"] != "pass"}


def changed(*path):
    """Evidence of a host in order, but for `path[:-1]`, which is `path[-1]`."""
    evidence = samples.evidence()
    *way, last, value = path
    here = evidence
    for step in way:
        here = here[step]
    here[last] = value
    return evidence


def environment(**values):
    return {"values": values, "devices": {path: path[5:] for path in values.values() if path.startswith("/dev/")}}


def route(destination, interface="eth1"):
    return {"destination": destination, "interface": interface, "gateway": None, "protocol": "kernel"}


def configured(method, address=None, interface="eth0", path="/etc/netplan/x", manager="netplan", state="runs"):
    row = {"manager": manager, "path": path, "interface": interface, "method": method, "cloud_init": False}
    row.update(service="systemd-networkd.service", state=state)
    return {
        "configurations": [{**row, "addresses": [address] if address else []}],
        "leases": [],
        **host_samples.ALL_READ,
    }


LEASE = {"path": "/var/lib/dhclient/x.lease", "address": "192.168.230.11"}
HARDWARE = host_samples.system()["hardware"]
TMP = (*STORAGE, "room", "/tmp")
DISKS = host_samples.storage()["devices"]
OTHER = {"address": "192.168.230.21", "os": {"id": "rhel", "version": "7.9", "id_like": ["fedora"]}, "hostname": "n2"}
TWIN = {"address": "192.168.230.21", "os": host_samples.system()["os"], "hostname": "n1.example.com"}

BROKEN = [
    ((*SYSTEM, "hardware", {**HARDWARE, "machine": "aarch64"}), "host.architecture", "aarch64", "x86_64"),
    (
        (*SYSTEM, "os", {"id": "rhel", "id_like": ["fedora"], "version": "9.4", "name": None}),
        "host.os_supported host.os_uniform",
        "rhel 9.4",
        "rtf_release",
    ),
    ((*SYSTEM, "os", "id_like", []), "host.os_family", "rhel has no ID_LIKE", "Unknown OS distribution"),
    (("cluster", "n2", OTHER), "host.os_uniform", "rhel 7.7 here, rhel 7.9 on n2", "same release"),
    ((*SYSTEM, "release", "3.10.0-1062.el7.x86_64"), "host.kernel_release", "3.10.0-1062", "yum update kernel"),
    ((*SYSTEM, "kernel_options", "options", "VETH", None), "host.kernel_config", "CONFIG_VETH missing", "own kernel"),
    (
        (*SYSTEM, "cgroups", {"controllers": [], "unified": True}),
        "host.cgroups",
        "only version 2 is mounted",
        "systemd.unified_cgroup_hierarchy=0",
    ),
    ((*SYSTEM, "cgroups", "controllers", ["cpu", "cpuacct", "memory"]), "host.cgroups", "cpuset not mounted", "grubby"),
    ((*SYSTEM, "hardware", {**HARDWARE, "cpus": 1}), "host.cpu", "1 cores", "2 dedicated cores"),
    ((*SYSTEM, "hardware", {**HARDWARE, "product": "t3.large"}), "host.cpu_burstable", "t3.large", "m5"),
    ((*SYSTEM, "hardware", {**HARDWARE, "memory": 7 * GIB}), "host.memory", "7.0 GiB", "8 GiB"),
    (
        (*SYSTEM, "accounts", "1000", {"user": "ops", "group": "ops"}),
        "host.service_account",
        "uid 1000 belongs to ops",
        "RTF_SERVICE_UID",
    ),
    (
        (*SYSTEM, "processes", [{"pid": 77, "names": ["dockerd"]}, {"pid": 78, "names": ["kube-controller"]}]),
        "host.conflicting_programs",
        "dockerd (pid 77), kube-controller-manager (pid 78) running",
        "systemctl disable --now",
    ),
    (
        (*SYSTEM, "processes", [{"pid": 9, "names": ["falcon-sensor"]}]),
        "host.security_agents",
        "CrowdStrike Falcon (pid 9)",
        "exempt",
    ),
    (
        (*SYSTEM, "processes", [{"pid": 9, "names": ["ruby", "puppet"]}]),
        "host.config_management",
        "Puppet (pid 9)",
        "waive",
    ),
    (
        (*SYSTEM, "cloud_init", {"installed": True, "disabled": False, "network": True}),
        "host.cloud_init",
        "configures",
        "99-disable",
    ),
    (
        (*SYSTEM, "hostname", {"name": "Node_1", "static": None, **host_samples.ALL_READ}),
        "host.hostname",
        "is not a valid node name",
        "hostnamectl",
    ),
    (
        (*SYSTEM, "hostname", {"name": "localhost.localdomain", "static": None, **host_samples.ALL_READ}),
        "host.hostname",
        "is not a valid node name",
        "hostnamectl",
    ),
    (
        (*SYSTEM, "hostname", {"name": "n1", "static": "template", **host_samples.ALL_READ}),
        "host.hostname",
        "becomes template at the next boot",
        "hostnamectl",
    ),
    (("cluster", "n2", TWIN), "host.hostname", "is also the name of n2", "hostnamectl"),
    (
        (*TMP, room("/tmp", 80, 60, "/tmp", mode=0o1777, options=["noexec", "rw"])),
        "storage.tmp",
        "/tmp is mounted noexec",
        "remount,exec",
    ),
    ((*TMP, room("/tmp", 80, 60, "/tmp", mode=0o1777, options=["ro"])), "storage.tmp", "read-only", "remount,rw /tmp"),
    ((*TMP, room("/tmp", 80, 60, mode=0o755)), "storage.tmp", "mode 0755", "chmod 1777"),
    ((*TMP, room("/tmp", 80, 60, mode=None)), "storage.tmp", "missing", "mkdir -p /tmp"),
    ((*TMP, room("/tmp", 20, 12, "/tmp", mode=0o1777)), "storage.tmp", "12.0 GiB free on /tmp", "Enlarge"),
    (
        (*STORAGE, "room", "/var/lib", room("/var/lib", 80, 0.2)),
        "storage.writable",
        "/var/lib: 0.2 GiB free on /",
        "du -xsh /",
    ),
    (
        (*STORAGE, "room", "/var/lib/gravity", room("x", 80, 60, "/var/lib", options=["ro"])),
        "storage.writable",
        "/var/lib/gravity: /var/lib is mounted read-only",
        "remount,rw /var/lib",
    ),
    (
        (*STORAGE, "room", "/etc", room("/etc", 80, 60, writable=False)),
        "storage.writable",
        "root cannot write there",
        "lsattr -d /etc",
    ),
    (
        (*STORAGE, "room", "/var/lib", room("x", 80, 60, files_free=7)),
        "storage.writable",
        "7 inodes left on /",
        "--inodes",
    ),
    (
        (*STORAGE, "room", "/opt/anypoint/runtimefabric", room("x", 9, 7, "/opt")),
        "storage.opt",
        "7.0 GiB free on /opt",
        "/opt/anypoint/runtimefabric",
    ),
    (
        (*STORAGE, "room", "/var/log", room("/var/log", 2, 0.5, "/var/log")),
        "storage.var_log",
        "0.5 GiB free",
        "du -xsh /var/log",
    ),
    (
        (*STORAGE, "devices", [{**DISKS[0], "size": 40 * GIB}, *DISKS[1:]]),
        "storage.os_disk",
        "/dev/sda has 40.0 GiB",
        "80 GiB",
    ),
    (
        (*STORAGE, "fstab", [host_samples.fstab_line(4, "LABEL=SMARTFS", "/data")]),
        "storage.fstab_lines",
        "line 4: LABEL=SMARTFS /data",
        "Rename",
    ),
    ((*STORAGE, "devices", DISKS[:2]), "storage.etcd_device", "/dev/sda: mounted on", "Attach an empty disk of 60 GiB"),
    (
        (*STORAGE, "devices", [DISKS[0], DISKS[2]]),
        "storage.docker_device",
        "/dev/sdc: 60 GiB is too small",
        "Attach an empty disk of 250 GiB",
    ),
    (
        (*STORAGE, "environment", environment(RTF_DOCKER_DEVICE="/dev/sda")),
        "storage.docker_device",
        "RTF_DOCKER_DEVICE=/dev/sda is /dev/sda: mounted on /boot, /",
        "destroy what is on it",
    ),
    (
        (*STORAGE, "environment", {"values": {"RTF_DOCKER_DEVICE": "/dev/sdz"}, "devices": {"/dev/sdz": None}}),
        "storage.docker_device",
        "RTF_DOCKER_DEVICE=/dev/sdz does not exist",
        "Correct RTF_DOCKER_DEVICE",
    ),
    (
        (*STORAGE, "environment", environment(RTF_ETCD_DEVICE_SIZE="61G")),
        "storage.etcd_device",
        "no line of lsblk contains 61G, the value of RTF_ETCD_DEVICE_SIZE",
        "RTF_ETCD_DEVICE_SIZE",
    ),
    (
        (*STORAGE, "environment", environment(RTF_ETCD_DEVICE_SIZE="79G")),
        "storage.etcd_device",
        "RTF_ETCD_DEVICE_SIZE=79G is /dev/sda2, which is not a whole disk",
        "would format this one",
    ),
    (
        (*NETWORK, "addresses", 0, "dynamic", True),
        "net.static_address",
        "192.168.230.11 is a DHCP lease",
        "waive this",
    ),
    (
        (*NETWORK, "persistence", configured("dhcp")),
        "net.static_address",
        "eth0 is dhcp in /etc/netplan/x (netplan)",
        "static",
    ),
    (
        (*NETWORK, "persistence", configured("not at boot", "192.168.230.11")),
        "net.static_address",
        "not at boot",
        "static",
    ),
    (
        (*NETWORK, "persistence", configured("static", "192.168.230.99", "eth9")),
        "net.static_address",
        "by no known configuration file of eth0",
        "static",
    ),
    (
        (*NETWORK, "persistence", configured("static", "192.168.230.11", state="does not run")),
        "net.static_address",
        "/etc/netplan/x sets 192.168.230.11, but systemd-networkd.service, which reads it, does not run",
        "static",
    ),
    (
        (*NETWORK, "persistence", configured("dhcp", state="is not installed")),
        "net.static_address",
        "by no known configuration file of eth0; /etc/netplan/x belongs to systemd-networkd.service, which is not installed",
        "static",
    ),
    (
        (*NETWORK, "persistence", {"configurations": [], "leases": [LEASE], **host_samples.ALL_READ}),
        "net.static_address",
        "is a DHCP lease in /var/lib/dhclient/x.lease",
        "static",
    ),
    (
        (
            *NETWORK,
            "resolvers",
            {"nameservers": [], "search": [], "dangling": "/etc/resolv.conf: dangling link to /run/x"},
        ),
        "net.resolvers",
        "no nameserver; /etc/resolv.conf: dangling link to /run/x",
        "/etc/resolv.conf",
    ),
    (
        ("cluster", "n2", {**TWIN, "hostname": "n2", "mtu": 9000}),
        "net.mtu_uniform",
        "1500 here, 9000 on n2",
        "ip link set dev eth0 mtu",
    ),
    ((*NETWORK, "mtus", {"eth0": 1450}), "net.mtu_uniform", "1450 here, 1500 on n2", "net.mtu_path"),
    ((*NETWORK, "default_route", None), "net.default_route", "none", "gateway"),
    (
        (*NETWORK, "routes", [route("10.244.7.0/24")]),
        "net.cluster_networks",
        "10.244.7.0/24 (route via eth1) is in the pods' 10.244.0.0/16",
        "rtf_pod_cidr",
    ),
    (
        (*NETWORK, "routes", [route("10.0.0.0/8")]),
        "net.cluster_networks",
        "10.0.0.0/8 (route via eth1) contains the pods'",
        "POD_NETWORK_CIDR",
    ),
    (
        (*NETWORK, "resolvers", "nameservers", ["10.100.0.10"]),
        "net.cluster_networks",
        "10.100.0.10/32 (nameserver) is in the services'",
        "SERVICE_CIDR",
    ),
    ((*NETWORK, "routes", [route("172.17.4.0/24")]), "net.docker_network", "172.17.4.0/24 (route via eth1)", "support"),
    (
        (*NETWORK, "dns_listeners", [{"transport": "udp", "address": "0.0.0.0", "process": "dnsmasq", "pid": 812}]),
        "net.dns_port",
        "dnsmasq (pid 812) on 0.0.0.0:53/udp",
        "bind-interfaces",
    ),
    (
        (*NETWORK, "resolvers", "nameservers", ["127.0.0.53"]),
        "net.resolvers",
        "127.0.0.53 is on the node itself",
        "/run/systemd/resolve",
    ),
    ((*NETWORK, "resolvers", "nameservers", []), "net.resolvers", "no nameserver", "/etc/resolv.conf"),
    (
        (*NETWORK, "resolvers", "nameservers", ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]),
        "net.resolvers",
        "1.1.1.4 are never used",
        "resolv.conf",
    ),
]


@pytest.mark.parametrize(
    "change, check, observed, remedy", BROKEN, ids=[f"{row[1]}-{n}" for n, row in enumerate(BROKEN)]
)
def test_one_broken_thing_turns_its_check_red_and_says_what_to_do(change, check, observed, remedy):
    results = judge(changed(*change))
    first, *_others = check.split()
    assert not_passed(results) == set(check.split())
    assert {results[name]["status"] for name in check.split()} == {"fail"}
    assert observed in results[first]["observed"] and remedy in results[first]["remedy"]


def test_a_host_in_order_passes_everything_in_both_roles_and_phases():
    for node in ("n1", "n2"):
        for phase in ("install", "operate"):
            assert not_passed(judge(samples.evidence(node), node, phase=phase)) == set()


def test_an_mtu_that_is_not_known_is_unknown_and_one_of_another_node_is_not_missed():
    assert judge(changed(*NETWORK, "mtus", {}))["net.mtu_uniform"]["status"] == "unknown"
    entry = judge(changed("cluster", "n2", {**TWIN, "hostname": "n2", "mtu": None}))["net.mtu_uniform"]
    assert (entry["status"], entry["observed"]) == ("pass", "1500 on 1 of 2 nodes")


def test_the_cluster_knows_the_mtu_of_the_interface_with_the_address():
    own = changed(*NETWORK, "mtus", {"eth0": 1400, "eth1": 9000})
    evidence = {
        "n1": {"inventory": {"role": "controller", "ansible_host": "192.168.230.11"}, **own},
        "n2": {"inventory": {"role": "worker"}, "unreachable": "gone"},
    }
    assert {name: entry["mtu"] for name, entry in cluster_evidence.identities(evidence).items()} == {
        "n1": 1400,
        "n2": None,
    }


def test_a_worker_needs_more_memory_and_no_disk_for_etcd():
    evidence = samples.evidence("n2")
    evidence["host"]["system"]["hardware"]["memory"] = 8 * GIB
    results = judge(evidence, "n2")
    assert not_passed(results) == {"host.memory"}
    assert "storage.etcd_device" not in results and "storage.etcd_device" in judge(samples.evidence())


def joined_first(release, plane="us"):
    """The systems that the vendor lists for a release."""
    scope = {"release": release, "control_plane": plane, "phase": "install"}
    return samples.subject_of("n1", samples.GROUPS, {}, scope).settings["supported-os"]["expected"]["systems"]


# What the recorded platforms are to each edition: their latest point release may be too new for the vendor.
SUPPORTED = {
    ("rhel-7", "1.4"): False,
    ("rhel-7", "1.8"): True,
    ("rhel-8", "1.13"): False,
    ("rhel-9", "1.13"): False,
    ("rocky-8", "1.13"): False,
    ("amazon-2", "1.13"): False,
    ("ubuntu-18.04", "1.8"): False,
    ("ubuntu-18.04", "1.9"): True,
    ("ubuntu-20.04", "1.12"): False,
    ("ubuntu-20.04", "1.13"): True,
    ("ubuntu-22.04", "1.13"): False,
    ("debian-12", "1.13"): False,
}


@pytest.mark.parametrize("name, release", SUPPORTED)
def test_recorded_systems_are_judged_by_the_list_of_the_release(name, release):
    files = recorded.load(name)["files"]
    found = os_of(parse_os_release(files["/etc/os-release"]))
    scope = {"release": release, "control_plane": "us", "phase": "install"}
    subject = samples.subject_of("n1", samples.GROUPS, {}, scope)
    evidence = changed(*SYSTEM, "os", found)
    entry = judge_node(checks.load(), subject, evidence, ["host.os_supported"])[0]
    assert entry["status"] == ("pass" if SUPPORTED[name, release] else "fail"), entry["observed"]
    assert entry["observed"].startswith(found["id"])


@pytest.mark.parametrize("name", recorded.names())
def test_the_family_of_every_recorded_system_is_read(name):
    found = os_of(parse_os_release(recorded.load(name)["files"]["/etc/os-release"]))
    status = judge(changed(*SYSTEM, "os", found))["host.os_family"]["status"]
    # Debian itself is like nobody, which the installer does not expect.
    assert status == ("fail" if name.startswith("debian") else "pass")


@pytest.mark.parametrize("name", recorded.names())
def test_kernels_of_recorded_systems_are_new_enough(name):
    release = recorded.load(name)["facts"]["kernel"]
    assert judge(changed(*SYSTEM, "release", release))["host.kernel_release"]["status"] == "pass"


def test_every_release_of_the_appliance_lists_more_systems_than_the_one_before():
    appliance = [release["id"] for release in catalog.load().releases if release["line"] == "appliance"]
    for earlier, later in zip(appliance, appliance[1:]):
        assert set(joined_first(earlier)["rhel"]) <= set(joined_first(later)["rhel"])
    assert "8.5" not in joined_first("1.13")["rhel"]


def test_options_that_newer_kernels_do_not_have_are_not_asked_of_them():
    evidence = changed(*SYSTEM, "release", "5.14.0-427.el9.x86_64")
    for name in ("NF_NAT_NEEDED", "DEVPTS_MULTIPLE_INSTANCES"):
        evidence["host"]["system"]["kernel_options"]["options"][name] = None
    assert judge(evidence)["host.kernel_config"]["status"] == "pass"


@pytest.mark.parametrize("permissive, status", [(False, "fail"), (None, "fail"), (True, "pass")])
def test_fapolicyd_may_run_when_it_only_watches(permissive, status):
    evidence = changed(*SYSTEM, "processes", [{"pid": 5, "names": ["fapolicyd"]}])
    evidence["host"]["system"]["allowlisting"] = {"permissive": permissive}
    assert judge(evidence)["host.fapolicyd"]["status"] == status


class TestDisks:
    """The installer formats what it picks: it is said before, and nothing that holds data passes."""

    @pytest.mark.parametrize(
        "change, said",
        [
            ({"mounted": ["/data"]}, "mounted on /data"),
            ({"mounted": ["swap"]}, "mounted on swap"),
            ({"holders": ["dm-3"]}, "used by dm-3"),
            ({"parts": ["sdb1"], "signatures": ["partition table gpt"]}, "has partitions sdb1"),
            ({"signatures": ["filesystem LVM2_member"]}, "contains a filesystem LVM2_member"),
            ({"read_only": True}, "read-only"),
            ({"size": 99 * GIB - GIB * 6}, "93 GiB is too small"),
        ],
    )
    @pytest.mark.parametrize("named", [{"RTF_DOCKER_DEVICE": "/dev/sdb"}, {"RTF_DOCKER_DEVICE_SIZE": "250G"}, {}])
    def test_a_disk_that_holds_something_is_never_good(self, change, said, named):
        evidence = changed(*STORAGE, "devices", [DISKS[0], {**disk("sdb", 250), **change}, disk("sdc", 60)])
        evidence["host"]["storage"]["environment"] = environment(**named)
        entry = judge(evidence)["storage.docker_device"]
        assert entry["status"] == "fail" and said in entry["observed"]
        if named:
            assert "/dev/sdb" in entry["remedy"] and "wipefs" in entry["remedy"]

    def test_a_size_that_matches_two_disks_is_ambiguous_like_the_installers_grep(self):
        evidence = changed(*STORAGE, "leaves", ["sdd  disk 1250G", "sdb  disk  250G"])
        evidence["host"]["storage"]["devices"] = [disk("sdd", 1250), disk("sdb", 250)]
        evidence["host"]["storage"]["environment"] = environment(RTF_DOCKER_DEVICE_SIZE="250G")
        entry = judge(evidence)["storage.docker_device"]
        assert entry["status"] == "fail"
        assert "RTF_DOCKER_DEVICE_SIZE=250G is /dev/sdd: the size matches /dev/sdd, /dev/sdb" in entry["observed"]

    def test_one_disk_cannot_be_both(self):
        named = environment(RTF_DOCKER_DEVICE="/dev/sdb", RTF_ETCD_DEVICE="/dev/sdb")
        results = judge(changed(*STORAGE, "environment", named))
        assert "it is also the etcd disk" in results["storage.docker_device"]["observed"]
        assert "it is also the docker disk" in results["storage.etcd_device"]["observed"]

    def test_what_will_be_formatted_is_said_although_all_is_well(self):
        named = environment(RTF_DOCKER_DEVICE="/dev/sdb", RTF_ETCD_DEVICE_SIZE="60G")
        results = judge(changed(*STORAGE, "environment", named))
        assert results["storage.docker_device"]["status"] == results["storage.etcd_device"]["status"] == "pass"
        assert "/dev/sdb, 250 GiB, empty: will be formatted" in results["storage.docker_device"]["observed"]
        assert "RTF_ETCD_DEVICE_SIZE=60G is /dev/sdc" in results["storage.etcd_device"]["observed"]

    def test_a_small_disk_is_good_for_development_only(self):
        entry = judge(changed(*STORAGE, "devices", [disk("sdb", 100), disk("sdc", 60)]))["storage.docker_device"]
        assert entry["status"] == "pass" and "a production cluster needs 250 GiB" in entry["observed"]

    @pytest.mark.parametrize("named", [{"RTF_DOCKER_DEVICE": "/dev/sdb"}, {}])
    def test_a_disk_that_udev_never_saw_is_unknown(self, named):
        evidence = changed(*STORAGE, "devices", [disk("sdb", 250, probed=False), disk("sdc", 60)])
        evidence["host"]["storage"]["environment"] = environment(**named)
        entry = judge(evidence)["storage.docker_device"]
        assert entry["status"] == "unknown" and "blkid" in entry["remedy"]


def installed():
    """Evidence of a host in order after the vendor's installation."""
    evidence = samples.evidence()
    host = evidence["host"]
    for name, row in host["kernel"]["sysctls"].items():
        if row["set_by"]:
            source = f"/etc/sysctl.d/{'inotify' if 'inotify' in name else '50-gravity'}.conf:1"
            row.update(at_boot_source=source, set_by=[{"value": row["live"], "source": source}])
    sources = {"source": "/usr/lib/sysctl.d/00-system.conf:4", "value": "0"}
    host["kernel"]["sysctls"]["net.bridge.bridge-nf-call-ip6tables"] = {
        "live": "0",
        "at_boot": "0",
        "at_boot_source": sources["source"],
        "set_by": [sources],
        "beside": None,
    }
    for row in host["kernel"]["modules"].values():
        row["at_boot_source"] = "/etc/modules-load.d/gravity.conf"
    host["firewall"].update(
        active={},
        ours=None,
        applied=None,
        forward={},
        iptables={"in_use": "legacy", "rules": {"nf_tables": False, "legacy": True}},
        installer={"version": "20210826-1d2e3f4", "unit": True, "platform": "el7"},
    )
    host["network"]["resolvers"]["nameservers"].insert(0, "127.0.0.2")
    evidence["name_servers"]["servers"].insert(0, {**evidence["name_servers"]["servers"][0], "address": "127.0.0.2"})
    return evidence


@pytest.mark.parametrize(
    "controllers, workers, status, said, remedy",
    [
        (3, 3, "pass", "3 controllers and 3 workers", ""),
        (5, 16, "pass", "5 controllers and 16 workers", ""),
        (
            1,
            2,
            "pass",
            "1 controller and 2 workers, enough for development; production requires 3 controllers and 3 workers",
            "",
        ),
        (2, 3, "fail", "2 controllers and 3 workers", "Put 1 or 3 nodes in rtf_controllers: "),
        (4, 3, "fail", "4 controllers and 3 workers", "Put 3 or 5 nodes in rtf_controllers: "),
        (7, 3, "fail", "7 controllers and 3 workers", "Put 5 nodes in rtf_controllers: "),
        (3, 1, "fail", "3 controllers and 1 worker", "Put 2 to 16 nodes in rtf_workers."),
        (
            2,
            17,
            "fail",
            "2 controllers and 17 workers",
            "Put 1 or 3 nodes in rtf_controllers: the failure of one must leave a "
            "majority. Put 2 to 16 nodes in rtf_workers.",
        ),
    ],
)
def test_the_numbers_of_controllers_and_workers(controllers, workers, status, said, remedy):
    evidence = {**samples.evidence(), "cluster_size": {"controllers": controllers, "workers": workers}}
    entry = judge(evidence)["host.cluster_size"]
    assert (entry["status"], entry["observed"], entry["severity"]) == (status, said, "recommended")
    assert entry["remedy"].startswith(remedy)
    assert "host.cluster_size" not in judge(evidence, phase="operate")


def test_the_first_controller_answers_for_the_size_of_the_cluster():
    evidence = {
        name: {"inventory": {"role": role}}
        for name, role in (("c1", "controller"), ("w1", "worker"), ("c2", "controller"))
    }
    assert cluster_evidence.cluster_size(evidence) == {"c1": {"controllers": 2, "workers": 1}}
    assert cluster_evidence.cluster_size({"w1": evidence["w1"]}) == {}
    assert "host.cluster_size" not in judge(samples.evidence())


class TestOperating:
    """On a running node nothing fails because of what the platform itself did."""

    def test_processes_disks_routes_and_ports_of_the_platform_are_in_order(self):
        evidence = samples.evidence()
        host = evidence["host"]
        host["system"]["processes"] += [
            {"pid": 9, "names": [name]} for name in ("planet", "kubelet", "dockerd", "teleport")
        ]
        host["system"]["accounts"]["1000"] = {"user": "planet", "group": "planet"}
        host["storage"]["devices"] = [
            DISKS[0],
            disk("sdb", 250, mounted=["/var/lib/gravity"], signatures=["filesystem xfs"]),
        ]
        host["storage"]["fstab"] = [
            host_samples.fstab_line(n, f"UUID={n}", path, "# Added by RTF")
            for n, path in enumerate(["/var/lib/gravity", "/var/lib/gravity/planet/etcd"], 1)
        ]
        host["storage"]["room"]["/tmp"] = room("/tmp", 20, 1, mode=0o1777)
        host["network"]["routes"] += [route("10.244.9.0/24", "cni0"), route("172.17.0.0/16", "docker0")]
        host["network"]["addresses"] += [
            {"interface": "cni0", "address": "10.244.9.1", "prefix": 24, "family": "ipv4", "dynamic": False},
            {"interface": "docker0", "address": "172.17.0.1", "prefix": 16, "family": "ipv4", "dynamic": False},
        ]
        host["network"]["dns_listeners"] = [
            {"transport": "udp", "address": "127.0.0.2", "process": "coredns", "pid": 5}
        ]
        assert not_passed(judge(evidence, phase="operate")) == set()
        assert not_passed(judge(evidence)) != set()

    def test_what_installer_and_gravity_set_is_in_order_in_every_area(self):
        """Gravity's sysctls and modules, the unit that replaces the filter table, kube-proxy's rules, planet's DNS."""
        evidence = installed()
        results = {
            entry["id"]: entry for entry in judge_node(checks.load(), samples.subject("n1", phase="operate"), evidence)
        }
        assert {name: entry["observed"] for name, entry in results.items() if entry["status"] == "fail"} == {}
        assert {name for name, entry in results.items() if entry["status"] == "unknown"} == set()
        installing = judge_node(checks.load(), samples.subject("n1"), evidence)
        assert {entry["id"] for entry in installing if entry["status"] == "fail"} == {
            "net.resolvers",
            "fw.rtf_iptables_unit",
            "kernel.bridge_netfilter",
            "kernel.sysctls_at_boot",
        }

    def test_rules_that_the_platforms_unit_replaced_stop_nothing(self):
        evidence = installed()
        lost = {"missing": ["10250/tcp from nodes"], "extra": []}
        evidence["host"]["firewall"]["ours"] = {"backend": "iptables", "runtime": lost, "permanent": lost}
        results = {
            entry["id"]: entry for entry in judge_node(checks.load(), samples.subject("n1", phase="operate"), evidence)
        }
        for check in ("fw.rules", "fw.rtf_iptables_unit"):
            assert (results[check]["status"], results[check]["severity"]) == ("fail", "info")
        assert results["fw.rules"]["observed"].startswith(
            "the platform's own unit replaced them: missing now: 10250/tcp"
        )
        assert readiness.blocking(list(results.values())) == []
        evidence["host"]["firewall"]["installer"]["unit"] = False
        results = judge_node(checks.load(), samples.subject("n1", phase="operate"), evidence)
        assert [entry["id"] for entry in readiness.blocking(results)] == ["fw.rules"]

    def test_another_name_server_on_the_node_itself_is_not_the_platforms(self):
        evidence = samples.evidence()
        evidence["host"]["network"]["resolvers"]["nameservers"] = ["127.0.0.53"]
        assert judge(evidence, phase="operate")["net.resolvers"]["status"] == "fail"

    @pytest.mark.parametrize(
        "change, said",
        [
            ((*STORAGE, "mounts", []), "/var/lib/gravity is not mounted: the platform writes to the system disk"),
            ((*STORAGE, "mounts", 1, "type", "ext4"), "/var/lib/gravity is ext4, not xfs"),
            ((*STORAGE, "xfs", "/var/lib/gravity", False), "/var/lib/gravity has ftype=0"),
            ((*STORAGE, "fstab", []), "/etc/fstab does not mount /var/lib/gravity"),
            (
                (*STORAGE, "fstab", 1, "source", "/dev/sdb"),
                "/etc/fstab mounts /var/lib/gravity by /dev/sdb, not by UUID",
            ),
        ],
    )
    def test_a_data_disk_that_is_not_there_is_found(self, change, said):
        results = judge(changed(*change), phase="operate")
        assert not_passed(results) == {"storage.mounts"} and said in results["storage.mounts"]["observed"]

    def test_a_filesystem_that_cannot_be_asked_is_unknown(self):
        results = judge(changed(*STORAGE, "xfs", {}), phase="operate")
        assert results["storage.mounts"]["status"] == "unknown"

    def test_a_worker_has_no_disk_for_etcd(self):
        evidence = samples.evidence("n2")
        del evidence["host"]["storage"]["mounts"][2]
        assert not_passed(judge(evidence, "n2", phase="operate")) == set()


@pytest.mark.parametrize(
    "prefix, spare, swept, status",
    [
        (24, 2, None, "pass"),
        (29, 4, None, "pass"),
        (29, 5, None, "fail"),
        (27, 28, None, "fail"),
        (27, 27, None, "pass"),
        (24, 11, [f"192.168.230.{number}" for number in range(12, 254)], "fail"),
        (24, 2, ["192.168.230.77"], "pass"),
    ],
)
def test_free_addresses_are_those_that_nobody_is_known_to_have(prefix, spare, swept, status):
    evidence = samples.evidence()
    address = {"address": "192.168.230.11", "interface": "eth0", "family": "ipv4", "dynamic": False, "prefix": prefix}
    evidence["host"]["network"]["addresses"] = [address]
    if swept is not None:
        evidence["host"]["network"]["neighbours"] = {"network": "x", "addresses": swept}
    if prefix > 24:  # the gateway and the other node are outside of so small a subnet, or inside
        evidence["cluster"]["n2"]["address"] = "192.168.230.12"
    entry = judge(evidence, inputs={"spare_addresses": spare})["net.subnet_headroom"]
    assert entry["status"] == status, entry["observed"]
    assert ("ARP sweep" in entry["observed"]) is (swept is not None)


def test_nodes_of_other_subnets_and_second_addresses_are_pointed_out():
    evidence = changed("cluster", "n2", "address", "192.168.99.21")
    second = {**evidence["host"]["network"]["addresses"][0], "address": "192.168.230.12"}
    evidence["host"]["network"]["addresses"].append(second)
    results = judge(evidence)
    assert not_passed(results) == {"net.same_subnet", "net.single_address"}
    assert "n2 (192.168.99.21) not in 192.168.230.0/24" in results["net.same_subnet"]["observed"]
    assert "RTF_PRIVATE_IP=192.168.230.11" in results["net.single_address"]["remedy"]


def test_proxies_and_time_servers_count_for_the_overlap():
    proxy = samples.subject().proxy._replace(http="http://10.244.3.4:3128")
    results = judge(samples.evidence(), proxy=proxy, ntp_servers=["10.100.7.7"])
    assert not_passed(results) == {"net.cluster_networks"}
    observed = results["net.cluster_networks"]["observed"]
    assert "10.244.3.4/32 (proxy)" in observed and "10.100.7.7/32 (NTP server)" in observed


@pytest.mark.parametrize("section", ["system", "storage", "network"])
def test_a_section_or_a_part_that_could_not_be_read_is_unknown_and_hides_nothing_else(section):
    whole = judge(changed("host", section, {"error": "the disk is on fire"}))
    assert {whole[name]["status"] for name in not_passed(whole)} == {"unknown"}
    for part in samples.evidence()["host"][section]:
        results = judge(changed("host", section, part, {"error": "the disk is on fire"}))
        for name in not_passed(results):
            assert (results[name]["status"], results[name]["observed"]) == ("unknown", "the disk is on fire"), (
                part,
                name,
            )
        assert len(not_passed(results)) < len(not_passed(whole)) or len(not_passed(results)) <= 8


def test_nothing_of_this_passes_without_evidence():
    for evidence in ({}, {"host": {}}, {"host": {"privileged": True}}):
        assert {entry["status"] for entry in judge(evidence).values()} == {"unknown"}


@pytest.mark.parametrize(
    "path, found, fault",
    [
        ("/var/lib/gravity", room("x", 80, 60, "/var/lib", options=["ro"]), "/var/lib is mounted read-only on n1"),
        ("/var/lib", room("x", 80, 0.2), "The platform cannot use /var/lib on n1: 0.2 GiB free on /"),
        ("/tmp", room("/tmp", 80, 60, "/tmp", mode=0o1777, options=["ro"]), "/tmp is mounted read-only on n1"),
        ("/tmp", room("/tmp", 80, 60, mode=None), "/tmp is missing on n1"),
    ],
)
def test_a_title_says_what_is_wrong_with_a_directory(path, found, fault):
    """A title said "full or not writable" of a directory that was known to be mounted read-only."""
    evidence = samples.evidence()
    evidence["host"]["storage"]["room"][path] = found
    checked = "storage.tmp" if path == "/tmp" else "storage.writable"
    [result] = judge_node(checks.load(), samples.subject(), evidence, [checked])
    assert result["fault"] == fault
