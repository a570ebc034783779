# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forwarding as packets show it, what is left of it after a restart, and who is named where it will not last."""

from ansible_collections.hostprep.runtime_fabric.molecule.kernel_site import CONNECT
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.internet import DNS_ADDRESS

SYSCTLS = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables")
OWN_PORTS = (
    "import socket\n"
    f"for _ in range(8): print(socket.create_connection(('{DNS_ADDRESS}', 53), timeout=2).getsockname()[1])"
)
RESERVED = "net.ipv4.ip_local_reserved_ports"
WATCHES = "/proc/sys/fs/inotify/max_user_watches"
# What systemd-sysctl has to sort out, by file. The keys belong to the network namespace of a node.
FILES = {
    "/etc/sysctl.d/50-a.conf": "net.ipv4.conf.lo.log_martians = 1\n# net.ipv4.conf.lo.rp_filter = 2\n",
    "/usr/lib/sysctl.d/50-a.conf": "net.ipv4.conf.lo.log_martians = 0\nnet.ipv4.conf.lo.shared_media = 0\n",
    "/usr/lib/sysctl.d/60-b.conf": "net.ipv4.conf.lo.secure_redirects = 0\n",
    "/run/sysctl.d/70-c.conf": "net.ipv4.conf.*.accept_redirects = 0\n-net.ipv4.conf.lo.accept_redirects\n",
    "/usr/local/lib/sysctl.d/80-d.conf": "-net.ipv4.conf.lo.send_redirects = 0\n",
    "/etc/sysctl.d/85-e.conf": "net/ipv4/conf/eth0/send_redirects = 0\n",
    "/etc/sysctl.d/86-f.conf": "net.ipv4.conf.eth0.send_redirects=1\n; net.ipv4.conf.eth0.send_redirects = 0\n",
    "/etc/sysctl.d/99-z.conf": "net.ipv4.conf.*.log_martians = 0\n",
    "/etc/sysctl.conf": "net.ipv4.conf.eth0.secure_redirects = 0\n",
}
MASK = "/etc/sysctl.d/60-b.conf"
KEYS = [
    f"net.ipv4.conf.{interface}.{name}"
    for interface in ("lo", "eth0")
    for name in ("log_martians", "shared_media", "secure_redirects", "accept_redirects", "send_redirects")
]


def values(lab, node, names):
    lines = lab.exec(node, "sysctl", *names).stdout.decode().splitlines()
    return {name.strip(): value.strip() for name, value in (line.split("=", 1) for line in lines)}


def write(lab, node, path, text):
    lab.exec(node, "sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "sh", path, text)


def test_parameters_are_set_now_and_after_a_restart_though_a_hardening_file_unsets_them(host, lab):
    name = host.check_output("hostname")
    assert "ip_forward = 0" in host.file("/etc/sysctl.d/90-hardening.conf").content_string
    assert {key: host.sysctl(key) for key in SYSCTLS} == dict.fromkeys(SYSCTLS, 1)
    lab.restart(name)
    assert {key: host.sysctl(key) for key in SYSCTLS} == dict.fromkeys(SYSCTLS, 1)


def test_a_node_passes_packets_on_and_would_not_without_the_role(lab):
    """worker-2 reaches the DNS server by way of worker-1."""
    lab.exec("worker-2", "ip", "route", "replace", f"{DNS_ADDRESS}/32", "via", lab.nodes["worker-1"])
    try:
        lab.exec("worker-2", "python3", "-c", CONNECT)
        with faults.sysctl_set(lab, "worker-1", "net.ipv4.ip_forward", 0):
            assert lab.exec("worker-2", "python3", "-c", CONNECT, check=False).returncode != 0
    finally:
        lab.exec("worker-2", "ip", "route", "delete", f"{DNS_ADDRESS}/32")


def test_files_are_roots_and_say_who_wrote_them(host):
    for path in ("/etc/sysctl.d/zz-runtime-fabric.conf", "/etc/modules-load.d/runtime-fabric.conf"):
        found = host.file(path)
        assert (found.user, found.group, found.mode) == ("root", "root", 0o644)
        assert "Ansible managed" in found.content_string


def test_a_hardening_file_that_sorts_behind_is_named_and_really_wins(lab, site):
    path = "/etc/sysctl.d/zzz-hardening.conf"
    write(lab, "worker-1", path, "net.ipv4.ip_forward = 0\n")
    outcome = site.run("worker-1")
    assert outcome.code != 0
    assert f"ip_forward becomes 0, set by {path}:1" in outcome.output
    lab.restart("worker-1")
    assert values(lab, "worker-1", SYSCTLS[:1]) == {SYSCTLS[0]: "0"}
    lab.exec("worker-1", "rm", path)
    assert site.run("worker-1").code == 0
    assert values(lab, "worker-1", SYSCTLS[:1]) == {SYSCTLS[0]: "1"}


def test_the_values_at_boot_are_those_that_systemd_sets(lab, site):
    """Three releases of systemd, with every way of setting, hiding and excluding that there is."""
    for node in lab.nodes:
        for path, text in FILES.items():
            write(lab, node, path, text)
        lab.exec(node, "ln", "-s", "/dev/null", MASK)
    try:
        for node, kernel in site.kernels(lab.nodes, KEYS).items():
            found = kernel["sysctls"]
            at_boot = {key: found[key]["at_boot"] for key in KEYS}
            assert {"0", "1", None} == set(at_boot.values())
            # Away from what the files say; where none says anything, any value must stay.
            before = {key: "0" if value == "1" else "1" for key, value in at_boot.items()}
            lab.exec(node, "sysctl", "--quiet", "--write", *(f"{key}={value}" for key, value in before.items()))
            lab.exec(node, "systemctl", "restart", "systemd-sysctl.service")
            assert values(lab, node, KEYS) == {key: value or before[key] for key, value in at_boot.items()}, node
            beside = found["net.ipv4.conf.eth0.secure_redirects"]
            linked = lab.exec(node, "test", "-e", "/etc/sysctl.d/99-sysctl.conf", check=False).returncode == 0
            assert (beside["at_boot"], bool(beside["beside"])) == (("0", False) if linked else (None, True)), node
    finally:
        for node in lab.nodes:
            lab.exec(node, "sh", "-c", 'rm -f "$@"; : > /etc/sysctl.conf', "sh", MASK, *FILES)


def test_a_dry_run_on_a_fresh_node_announces_what_the_run_then_does(lab, site):
    taken_back = site.run("worker-2", entry_point="revert")
    assert taken_back.code == 0, taken_back.output
    assert values(lab, "worker-2", SYSCTLS) == dict.fromkeys(SYSCTLS, "0")
    announced = site.run("worker-2", "--check", "--diff")
    assert announced.code == 0, announced.output
    assert values(lab, "worker-2", SYSCTLS) == dict.fromkeys(SYSCTLS, "0")
    assert "+net.ipv4.ip_forward = 1" in announced.output and "+overlay" in announced.output
    done = site.run("worker-2")
    assert done.code == 0, done.output
    assert announced.changed == done.changed
    assert site.run("worker-2").changed == {"worker-2": 0}


def test_what_the_kernel_refuses_is_named_and_stops_only_where_it_is_required(lab, site):
    write(lab, "worker-1", "/run/low", "8192\n")
    lab.exec("worker-1", "sh", "-c", f"mount --bind /run/low {WATCHES} && mount -o remount,bind,ro {WATCHES}")
    try:
        outcome = site.run("worker-1")
        assert outcome.code == 0, outcome.output
        assert "the kernel refuses fs.inotify.max_user_watches = 1048576: Read-only file system" in outcome.output
        assert "worker-1: host.inotify" in outcome.output and "max_user_watches = 8192" in outcome.output
        assert site.run("worker-1").changed == {"worker-1": 0}
    finally:
        lab.exec("worker-1", "umount", WATCHES)
    refused = site.run("worker-1", rtf_kernel_extra_sysctls={"vm.max_map_count": 262145})
    assert refused.code != 0
    assert "the kernel refuses vm.max_map_count = 262145: Read-only file system" in refused.output
    assert site.run("worker-1").code == 0


def test_reserved_ports_are_kept_from_connections_beside_those_of_the_site(lab, site):
    node, ours = "worker-2", "4242,9000,30000-32767,61008-61010,61022-61025"
    write(lab, node, "/etc/sysctl.d/50-site.conf", f"{RESERVED} = 9000\n")
    lab.exec(node, "systemctl", "restart", "systemd-sysctl.service")
    assert site.run(node, rtf_kernel_reserve_ports=True).code == 0
    assert site.run(node, rtf_kernel_reserve_ports=True).changed == {node: 0}
    lab.restart(node)
    assert values(lab, node, [RESERVED]) == {RESERVED: ours}
    lab.exec(node, "sysctl", "--write", "net.ipv4.ip_local_port_range=29990 30010")
    given = lab.exec(node, "python3", "-c", OWN_PORTS).stdout.decode().split()
    assert len(given) == 8 and {int(port) // 10 for port in given} == {2999}
    assert site.run(node, entry_point="revert").code == 0
    assert values(lab, node, [RESERVED]) == {RESERVED: "9000"}
    lab.exec(node, "rm", "/etc/sysctl.d/50-site.conf")
    lab.restart(node)
    assert site.run(node).code == 0
