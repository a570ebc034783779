# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preparation, and the usual modules in a playbook for the same outcome, with firewalld and without a firewall.

In a lab of its own: three nodes that this collection prepares, and three like them for the usual modules. Each way runs on
pristine nodes, and again with nothing to change; in turn, so that both meet the same machine. RTF_BENCH_FIRST_RUNS and RTF_BENCH_RUNS
say how often (5), of which medians are compared. Each line says how many tasks were on screen, how many modules one node ran,
and the CPU time of the control node and of all nodes together, which other work on the machine prolongs less than the run.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import yaml
from ratios import Count, Ratio
from rtf_lab import lifecycle
from rtf_lab.environment import environment
from rtf_lab.instance import CHECKOUT

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.tests.unit import commands

RUNS, FIRST_RUNS = (int(os.environ.get(name, "5")) for name in ("RTF_BENCH_RUNS", "RTF_BENCH_FIRST_RUNS"))
LAB = "rtf-bench"
HERE = Path(__file__).resolve().parent
USUAL = CHECKOUT / "build" / "usual"
SIDES = {"ours": 11, "usual": 21}  # with the number of the first node's address
NODES = ("controller-1", "worker-1", "worker-2")
PROXY = "http://proxy.lab.example:3128"
NTP_SERVERS = ["ntp.lab.example", "ntp2.lab.example", "ntp3.lab.example"]
# What the roles set on such a node; the limits of inotify are the machine's, which a node cannot write.
SYSCTLS = {
    "net.ipv4.ip_forward": 1,
    "net.bridge.bridge-nf-call-iptables": 1,
    "net.bridge.bridge-nf-call-ip6tables": 1,
    "fs.inotify.max_user_watches": 1048576,
    "fs.inotify.max_user_instances": 8192,
}
MODULES = ["br_netfilter", "ebtables", "ebtable_filter", "ip_tables", "iptable_filter", "iptable_nat", "overlay"]
PREPARE = ["prepare-rtf.yml", "--skip-tags", "rtf_preflight"]
WITH_AUDIT = ["prepare-rtf.yml"]
USUAL_PREPARE = [str(HERE / "usual" / "prepare.yml")]
# Nanoseconds with cgroups v1, microseconds with v2.
NODE_CPU = (
    "cat /sys/fs/cgroup/cpuacct/cpuacct.usage || sed -n 's/^usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat"
)


class Played(NamedTuple):
    """Seconds of one run, and of CPU time; tasks on screen, and modules that one node ran, which say so in its journal."""

    seconds: float
    cpu: float
    shown: int
    modules: int


def compare(_lab):
    """Yield Ratios and Counts."""
    unpack = [sys.executable, "tools/usual_collections.py", "build/usual"]
    subprocess.run(["tools/once-for.sh", "requirements-bench.txt", *unpack], cwd=CHECKOUT, check=True)
    with tempfile.TemporaryDirectory(prefix="rtf-bench-") as directory:
        cluster = Path(directory, "cluster.yml")
        cluster.write_text(yaml.safe_dump({"nodes": list(_nodes())}), encoding="utf-8")
        try:
            lab = lifecycle.up(LAB, str(cluster))
            for firewall, at_least in (("firewalld", 5.0), ("no firewall", 3.0)):
                yield from _compared(lab, Path(directory), firewall, at_least)
        finally:
            lifecycle.down(LAB)


def _compared(lab, directory, firewall, at_least):
    """Yield the Ratios and Counts of nodes with one firewall."""
    sites = {side: _site(lab, directory / f"{firewall}-{side}", side, firewall) for side in SIDES}
    first, second, audited = {side: [] for side in SIDES}, {side: [] for side in SIDES}, []
    ways = {"ours": PREPARE, "usual": USUAL_PREPARE}
    for _dummy in range(FIRST_RUNS):
        for side, words in ways.items():
            _pristine(lab, side, firewall)
            first[side].append(_play(lab, sites[side], words))
    for _dummy in range(RUNS):
        for side, words in ways.items():
            second[side].append(_play(lab, sites[side], words, unchanged=True))
        audited.append(_play(lab, sites["ours"], WITH_AUDIT, unchanged=True))
    yield _ratio("first run", first["ours"], first["usual"], firewall, 0.6)
    yield _ratio("CPU time of a first run", first["ours"], first["usual"], firewall, None, "cpu")
    yield _ratio("no change", second["ours"], second["usual"], firewall, 1 / at_least)
    yield _ratio("no change, with the audit", audited, second["usual"], firewall, 1)
    for what, played, most in (("no change", second["ours"], 2), ("no change, with the audit", audited, 11)):
        yield Count(f"modules a node, {what}, {firewall}", played[-1].modules, most)
    yield Count(f"tasks on screen, no change, with the audit, {firewall}", audited[-1].shown, 30)


def _ratio(what, ours, usual, firewall, at_most, field="seconds"):
    def side(name, played):
        cpu = statistics.median(one.cpu for one in played)
        counts = f"{played[-1].shown} tasks shown, {played[-1].modules} modules a node, {cpu:.1f} s of CPU time"
        return f"{name} ({counts})", statistics.median(getattr(one, field) for one in played)

    return Ratio(side(f"{what}, {firewall}", ours), side("usual modules", usual), at_most)


def _nodes():
    for side, number in SIDES.items():
        for offset, node in enumerate(NODES):
            group = "rtf_{}s".format(node.partition("-")[0])
            yield {"name": f"{side}-{node}", "group": group, "host_number": number + offset}


def _pristine(lab, side, firewall):
    """Replace the nodes of a side by pristine ones, on which the site has its firewall."""
    for node in NODES:
        lifecycle.renew(lab, f"{side}-{node}")
        # ansible.builtin.package does not fetch the lists of packages.
        commands = ["apt-get update"]
        if firewall == "firewalld":
            commands += ["apt-get install --yes firewalld", "systemctl enable --now firewalld"]
        lab.exec(f"{side}-{node}", "sh", "-c", " && ".join(commands))


def _site(lab, directory, side, firewall):
    """Write what a user of one way has: a directory with playbooks, an inventory and variables."""
    shutil.copytree(
        CHECKOUT / "examples" / "site", directory, ignore=shutil.ignore_patterns("group_vars", "rtf-report")
    )
    hosts = {f"{side}-{node}": {"ansible_host": lab.nodes[f"{side}-{node}"]} for node in NODES}
    waivers = yaml.safe_load((CHECKOUT / "tests" / "lab" / "waivers.yml").read_text(encoding="utf-8"))
    variables = {
        "ansible_user": "ops",
        "ansible_python_interpreter": "/usr/bin/python3",
        "rtf_waivers": waivers,
        "rtf_control_plane": "us",
        "rtf_ntp_servers": NTP_SERVERS,
        "rtf_http_proxy": PROXY,
        "rtf_internal_networks": [str(lab.instance.subnet)],
        # The usual modules judge nothing.
        "rtf_preflight_enforce": False,
    }
    groups = {
        "rtf_controllers": {"hosts": {name: host for name, host in hosts.items() if "controller" in name}},
        "rtf_workers": {"hosts": {name: host for name, host in hosts.items() if "worker" in name}},
    }
    (directory / "inventory").write_text(
        json.dumps({"rtf_nodes": {"vars": variables, "children": groups}}), encoding="utf-8"
    )
    (directory / "usual.json").write_text(
        json.dumps(usual_variables([host["ansible_host"] for host in hosts.values()], firewall)), encoding="utf-8"
    )
    return directory


def usual_variables(addresses, firewall):
    """The variables of usual/prepare.yml."""
    exempt = ",".join(["localhost", "127.0.0.1", *addresses, ".svc", ".local", "10.244.0.0/16", "10.100.0.0/16"])
    values = {"http_proxy": PROXY, "https_proxy": PROXY, "no_proxy": exempt}
    into_nodes = [
        row for row in catalog.select_ports(catalog.load(), phase="install") if row["to"] in ("nodes", "controllers")
    ]
    return {
        "proxy_variables": {**values, **{name.upper(): value for name, value in values.items()}},
        "ntp_servers": NTP_SERVERS,
        "kernel_modules": MODULES,
        # community.general.modprobe fails on a kernel without modules, such as that of a small virtual machine.
        "loadable_modules": MODULES if Path("/proc/modules").exists() else [],
        "sysctls": SYSCTLS,
        "with_firewalld": firewall == "firewalld",
        "open_ports": list(_open_ports(into_nodes)),
    }


def _open_ports(rows):
    """Ports and ranges of rows as firewalld writes them, but for those within a range, which it does not keep apart."""
    found = {(row["transport"], ports) for row in rows for ports in row["ports"]}
    numbers = {entry: set(port_ranges.numbers([entry[1]])) for entry in found}
    for transport, ports in sorted(found):
        others = (numbers[other] for other in found if other != (transport, ports) and other[0] == transport)
        if not any(numbers[transport, ports] <= other for other in others):
            yield f"{ports}/{transport}"


def _play(lab, site, words, unchanged=False):
    """Run a playbook in a directory; return what was Played. Ends the benchmark when the run failed."""
    counts = site / "counts.json"
    surroundings = {
        **os.environ,
        **environment(lab.instance),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "count_tasks",
        "RTF_COUNTS": str(counts),
    }
    own = surroundings.get("ANSIBLE_COLLECTIONS_PATH", "")
    surroundings["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(filter(None, (own, str(USUAL))))
    node = next(iter(json.loads((site / "inventory").read_text())["rtf_nodes"]["children"]["rtf_controllers"]["hosts"]))
    before = _modules_run(lab, node)
    begun, cpu_before = time.monotonic(), _cpu_of_nodes(lab, site) + _cpu_of_programs()
    done = commands.run(["ansible-playbook", *words, "-i", "inventory", "-e", "@usual.json"], site, surroundings)
    seconds = time.monotonic() - begun
    cpu = _cpu_of_programs() + _cpu_of_nodes(lab, site) - cpu_before
    if done.returncode or (unchanged and "changed: [" in done.stdout):
        raise SystemExit(f"{words[0]} ended with {done.returncode}, or changed something again:\n{done.stdout[-3000:]}")
    return Played(seconds, cpu, int(counts.read_text(encoding="utf-8")), _modules_run(lab, node) - before)


def _cpu_of_programs():
    """Seconds of CPU time of all programs that this one has run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of_nodes(lab, site):
    """Seconds of CPU time that the nodes of a site have taken since they were started."""
    groups = json.loads((site / "inventory").read_text(encoding="utf-8"))["rtf_nodes"]["children"].values()
    nodes = [node for group in groups for node in group["hosts"]]
    return sum(int(lab.exec(node, "sh", "-c", NODE_CPU).stdout) for node in nodes) / 1e9


def _modules_run(lab, node):
    """How many modules of Ansible a node has run; each item of a loop is one."""
    return lab.exec(node, "journalctl", "--output=cat", "--no-pager").stdout.count(b"Invoked with ")
