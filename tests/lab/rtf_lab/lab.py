# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Working with a lab that is up."""

import concurrent.futures
import time
from pathlib import Path

from . import internet, ssh
from .containers import existing
from .instance import INTERNET, instance_name, remembered
from .machine import LabError, last_words, podman, run
from .wanted_containers import CATALOGUE

READINESS = Path(__file__).with_name("readiness_agent.py")
READY_SECONDS = 60


class Lab:
    """A lab that has been brought up. `name` in the methods is a node's name or "internet"."""

    def __init__(self, instance):
        self.instance = instance

    @classmethod
    def named(cls, name=None):
        """The lab of that name, by default the one that LAB_NAME says. Raises LabError if it was never brought up."""
        return cls(remembered(instance_name(name)))

    @property
    def nodes(self):
        """{node name: address}."""
        return {node.name: self.instance.address(node) for node in self.instance.nodes}

    def container(self, name):
        """What podman calls a container; raises LabError for a name the lab does not have."""
        known = [INTERNET, *self.nodes]
        if name not in known:
            raise LabError(f"the lab {self.instance.name} has no {name!r}, but: {', '.join(known)}")
        return self.instance.container(name)

    def exec(self, name, *argv, check=True):
        """Run a command as root. Returns subprocess.CompletedProcess with bytes; raises LabError if it fails."""
        return run([*podman(), "exec", self.container(name), *argv], check=check)

    def ssh(self, name, *argv, stdin=None, check=True):
        """Run a command on a node as its ordinary user over a new SSH connection; otherwise as `exec`."""
        return run(
            [
                "ssh",
                "-F",
                str(ssh.config_path(self.instance)),
                "-o",
                "BatchMode=yes",
                "-o",
                "ConnectTimeout=3",
                name,
                *argv,
            ],
            stdin=stdin,
            check=check,
        )

    def restart(self, name):
        """Restart one container the way a machine reboots, and wait until it works again."""
        run([*podman(), "restart", "--time", "20", self.container(name)])
        self.wait_ready([name] if name in self.nodes else list(self.nodes))

    def kill(self, name):
        """Cut the power of one container; `restart` brings it back."""
        run([*podman(), "kill", self.container(name)])

    def endpoint_address(self, host):
        """The address of a name that the simulated Internet serves: an endpoint's, or ntp.lab.example's."""
        served = {server.host: server.address for server in internet.load_servers(CATALOGUE)}
        served.update(internet.service_addresses())
        if host not in served:
            raise LabError(f"the simulated Internet has no {host!r}, but: {', '.join(sorted(served))}")
        return served[host]

    def wait_ready(self, names, seconds=READY_SECONDS):
        """Wait until nodes answer SSH and see DNS, TLS and NTP. Raises LabError with what is missing."""
        missing = self.unready(names, seconds)
        if missing:
            lines = "\n".join(f"{name}: {reason}" for name, reason in missing.items())
            raise LabError(f"not ready after {seconds} s:\n{lines}")

    def unready(self, names, seconds):
        """The nodes that do not work, though given some time: {name: reason}."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            reasons = pool.map(lambda name: self._wait_node(name, seconds), names)
            return {name: reason for name, reason in zip(names, reasons) if reason}

    def _wait_node(self, name, seconds):
        deadline = time.monotonic() + seconds
        while True:
            done = self.ssh(name, "python3", "-", *readiness_targets(), stdin=READINESS.read_bytes(), check=False)
            if done.returncode == 0:
                return None
            if time.monotonic() > deadline:
                return last_words(done)
            time.sleep(0.5)

    def status(self):
        """Rows (name, address, since when, "ready" or what is wrong)."""
        present = existing(self.instance.name)
        running = [name for name in self.nodes if is_running(present, self.container(name))]
        unready = self.unready(running, 0)
        rows = []
        for name, address in {INTERNET: self.instance.internet_address, **self.nodes}.items():
            container = self.container(name)
            since = present[container]["since"] if container in present else "missing"
            wrong = unready.get(name) if is_running(present, container) else "not running"
            rows.append((name, address, since, wrong or "ready"))
        return rows


def is_running(present, container):
    """True for a container that runs, given what `containers.existing` returned."""
    return container in present and present[container]["state"] == "running"


def readiness_targets():
    """What a node must reach: the NTP server, and one endpoint of each protocol that asks for no client certificate."""
    kinds = {server.protocol: server for server in internet.load_servers(CATALOGUE) if not server.mutual_tls}
    return [f"ntp.{internet.DOMAIN}", *(f"{server.host}:{server.port}" for server in kinds.values())]
