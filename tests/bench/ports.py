# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All ports between a worker and a controller: port_probe_info and nmap.

Both run on this machine's Python and nmap in the network namespaces of the lab's nodes. nmap knocks at the ports only;
port_probe_info has each of them proven.
"""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time

from ratios import Ratio
from rtf_lab.environment import environment
from rtf_lab.machine import podman, run

SOURCE, TARGET = "worker-1", "controller-1"
DROPPED_SECONDS = 6.0  # what a page of ports that are all dropped may cost
PACKAGE = "ansible_collections.hostprep.runtime_fabric.plugins"

PORTS = """
import json, sys
from PACKAGE.module_utils.common import port_ranges
from PACKAGE.plugin_utils.catalog import catalog
from PACKAGE.plugin_utils.plan import port_matrix
from PACKAGE.plugin_utils.plan.openings import Node
rows = port_matrix.provable(catalog.select_ports(catalog.load(), "1.4", "install"))
found = port_matrix.ports_between(rows, Node("a", "worker", ""), Node("b", "controller", ""))
json.dump({transport: port_ranges.texts(ports) for transport, ports in found.items()}, sys.stdout)
""".replace("PACKAGE", PACKAGE)


def compare(lab):
    """Yield the Ratios."""
    tools = Namespaces(lab)
    ports = json.loads(tools.python("-c", PORTS).stdout)
    address, key = lab.nodes[TARGET], secrets.token_hex(16)
    peer = {"name": TARGET, "address": address}
    whole = {"key": key, "peers": [{**peer, **ports}]}
    with tools.listening(key, {"address": address, **ports}):
        ours = best_of(3, lambda: tools.module(SOURCE, "port_probe_info", whole))
        knocks = best_of(3, lambda: tools.nmap("-sT", ",".join(ports["tcp"]), address))
        yield Ratio(("every TCP and UDP port, each with a proof", ours), ("nmap -sT of the TCP ports", knocks), 3)
        udp = {"key": key, "peers": [{**peer, "udp": ports["udp"]}]}
        ours = best_of(1, lambda: tools.module(SOURCE, "port_probe_info", udp))
        knocks = best_of(1, lambda: tools.nmap("-sU", ",".join(ports["udp"]), address))
        yield Ratio(("every UDP port, each with a proof", ours), ("nmap -sU of the same, at most 120 s", knocks))
        with dropped(lab):
            ours = best_of(1, lambda: tools.module(SOURCE, "port_probe_info", whole))
        yield Ratio(("everything dropped", ours), ("the limit", DROPPED_SECONDS), 1)


def best_of(times, work):
    """Seconds of the quickest of some runs."""
    found = []
    for _dummy in range(times):
        begun = time.monotonic()
        work()
        found.append(time.monotonic() - begun)
    return min(found)


@contextlib.contextmanager
def dropped(lab):
    """The target drops whatever the source sends it."""
    table = "lab_fault_bench"
    lab.exec(
        TARGET,
        "nft",
        f"table ip {table} {{ chain fault {{ type filter hook input priority -150; "
        f"ip saddr {lab.nodes[SOURCE]} drop; }}; }}",
    )
    try:
        yield
    finally:
        lab.exec(TARGET, "nft", "delete", "table", "ip", table)


class Namespaces:
    """Runs modules and nmap in the network namespace of a node."""

    def __init__(self, lab):
        self._prefixes = {}
        for name in (SOURCE, TARGET):
            pid = run([*podman(), "inspect", "--format", "{{.State.Pid}}", lab.container(name)]).stdout.decode().strip()
            self._prefixes[name] = [
                *([] if os.geteuid() == 0 else ["sudo", "-E"]),
                "nsenter",
                f"--net=/proc/{pid}/ns/net",
            ]
        self._surroundings = {**os.environ, "PYTHONPATH": environment(lab.instance)["ANSIBLE_COLLECTIONS_PATH"]}

    def python(self, *words, prefix=(), given=b""):
        """Run Python with the collection in reach."""
        return subprocess.run(
            [*prefix, sys.executable, *words], input=given, env=self._surroundings, stdout=subprocess.PIPE, check=True
        )

    def module(self, name, module, arguments):
        """Run a module on a node; return its result."""
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        done = self.python("-m", f"{PACKAGE}.modules.{module}", prefix=self._prefixes[name], given=given)
        return json.loads(done.stdout)

    def nmap(self, how, ports, address):
        """Scan from the source."""
        subprocess.run(
            [*self._prefixes[SOURCE], "nmap", "-n", "-Pn", how, "--host-timeout", "120s", "-p", ports, address],
            stdout=subprocess.DEVNULL,
            check=True,
        )

    @contextlib.contextmanager
    def listening(self, key, place):
        """A listener on the target."""
        self.module(TARGET, "port_listener", {"key": key, "name": TARGET, "listen": [place], "lifetime": 600})
        try:
            yield
        finally:
            self.module(TARGET, "port_listener", {"key": key, "state": "absent"})
