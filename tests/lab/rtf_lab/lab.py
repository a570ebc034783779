# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a lab up, taking it down, and working with one that is up."""

import concurrent.futures
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

from . import containers, images, internet, pki, ssh
from .files import File
from .instance import (CHECKOUT, DEFAULT_NAME, INTERNET, SUBNET_COUNT, Instance, load_nodes, locked,
                       make_state_directory, remember, remembered)
from .machine import LabError, as_root, cache_directory, last_words, podman, run, say
from .node import node_files

CATALOGUE = CHECKOUT / "catalog" / "endpoints.yml"
CLUSTER = CHECKOUT / "tests" / "lab" / "cluster.yml"
READINESS = Path(__file__).with_name("readiness.py")
READY_SECONDS = 60
HEALTHY_SECONDS = 5


class Lab:
    """A lab that has been brought up once. Names are node names, or "internet"."""

    def __init__(self, instance):
        self.instance = instance

    @classmethod
    def named(cls, name):
        """The lab of that name. Raises LabError if it was never brought up."""
        return cls(remembered(name))

    @property
    def nodes(self):
        """{node name: address}."""
        return {node.name: self.instance.address(node) for node in self.instance.nodes}

    def container(self, name):
        """The name of a container; raises LabError for a name the lab does not have."""
        known = [INTERNET, *self.nodes]
        if name not in known:
            raise LabError(f"the lab {self.instance.name} has no {name!r}, but: {', '.join(known)}")
        return self.instance.container(name)

    def exec(self, name, *argv, check=True):
        """Run a command as root inside. Returns subprocess.CompletedProcess with bytes; raises LabError if it fails."""
        return run([*podman(), "exec", self.container(name), *argv], check=check)

    def ssh(self, name, *argv, stdin=None, check=True):
        """Run a command on a node as its ordinary user, over a new SSH connection."""
        return run(["ssh", "-F", str(ssh.config_path(self.instance)), "-o", "BatchMode=yes", "-o", "ConnectTimeout=3",
                    name, *argv], stdin=stdin, check=check)

    def restart(self, name):
        """Restart one container the way a machine reboots, and wait until it works again."""
        run([*podman(), "restart", "--time", "20", self.container(name)])
        self.wait_ready([name] if name in self.nodes else list(self.nodes))

    def wait_ready(self, names, seconds=READY_SECONDS):
        """Wait until nodes answer SSH and see DNS, TLS and NTP. Raises LabError with what is missing."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            missing = [one for one in pool.map(lambda name: self._wait_node(name, seconds), names) if one]
        if missing:
            raise LabError(f"not ready after {seconds} s:\n" + "\n".join(missing))

    def _wait_node(self, name, seconds):
        deadline = time.monotonic() + seconds
        while True:
            done = self.ssh(name, "python3", "-", *readiness_targets(), stdin=READINESS.read_bytes(), check=False)
            if done.returncode == 0:
                return None
            if time.monotonic() > deadline:
                return f"{name}: {last_words(done)}"
            time.sleep(0.2)


def readiness_targets():
    """What a node must reach: the NTP server, and one endpoint of each kind that asks for no client certificate."""
    kinds = {server.protocol: server for server in internet.load_servers(CATALOGUE) if not server.mutual_tls}
    return [f"ntp.{internet.DOMAIN}", *(f"{server.host}:{server.port}" for server in kinds.values())]


def up(name, cluster=CLUSTER, catalogue=CATALOGUE):
    """Bring a lab up, whatever state it is in, keeping what is right already. Returns the Lab."""
    with locked(make_state_directory(Instance(name)) / "lock", lambda: say(f"waiting for another run with {name}")):
        built = images.ensure_images()
        instance = ensure_network(replace(Instance(name), nodes=load_nodes(cluster)))
        servers = internet.load_servers(catalogue)
        authority = pki.ensure_authority(instance.state / "pki")
        leaves = pki.ensure_leaves(instance.state / "pki", authority, sorted({server.host for server in servers}))
        keys = ssh.ensure_keys(instance.state / "ssh", [node.name for node in instance.nodes])
        ssh.write_client_files(instance, keys)
        remember(instance)
        lab = Lab(instance)
        wanted = [internet_specification(instance, built, servers, authority, leaves),
                  *(node_specification(instance, built, node, keys, authority) for node in instance.nodes)]
        bring_up(lab, wanted)
    return lab


def bring_up(lab, wanted):
    """Make the wanted Specifications true."""
    present = containers.existing(lab.instance.name)
    remove_strangers(present, wanted)
    kept = [one for one in wanted if is_kept(lab, one, present)]
    if INTERNET in [one.name for one in kept]:
        heal_internet(lab)
    kept = drop_unhealthy(lab, kept)
    new = [one for one in wanted if one not in kept]
    if not new:
        say(f"the lab {lab.instance.name} is up already")
        return
    say(f"starting {', '.join(one.name for one in new)}")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: containers.create_and_start(one, lab.instance.name), new))
    say("waiting until every node answers SSH and sees DNS, TLS and NTP")
    lab.wait_ready(lab.nodes)
    present = containers.existing(lab.instance.name)
    for one in new:
        ready_mark(lab, present[one.container]["id"]).touch()
    for mark in (lab.instance.state / "ready").iterdir():
        if mark.name not in {row["id"] for row in present.values()}:
            mark.unlink()


def ready_mark(lab, container_id):
    """The file that says that a container was seen working: one whose `up` was killed before has none."""
    directory = lab.instance.state / "ready"
    directory.mkdir(exist_ok=True)
    return directory / container_id


def is_kept(lab, specification, present):
    """True for a container that is as specified, was once ready, and runs."""
    row = present.get(specification.container)
    return bool(row) and row["state"] == "running" and row["digest"] == specification.digest() \
        and ready_mark(lab, row["id"]).exists()


def drop_unhealthy(lab, kept):
    """The kept Specifications without the nodes that do not work although the simulated Internet is there."""
    if INTERNET not in [one.name for one in kept]:
        return kept
    healthy = []
    for one in kept:
        try:
            if one.name != INTERNET:
                lab.wait_ready([one.name], HEALTHY_SECONDS)
            healthy.append(one)
        except LabError as error:
            say(f"replacing {one.name}: {error}")
    return healthy


def heal_internet(lab):
    """Take back what an interrupted test may have done to the simulated Internet."""
    lab.exec(INTERNET, "sh", "-c",
             "nft list tables | sed -n 's/^table inet lab_fault_/&/p' | while read -r _ family table; do"
             " nft delete table \"$family\" \"$table\"; done;"
             " systemctl start dnsmasq nginx lab-sink.socket "
             + " ".join(f"lab-ntp@{name}" for name in internet.NTP_SERVERS))


def remove_strangers(present, wanted):
    """Remove containers of the instance that its cluster does not declare (any more)."""
    containers.remove(sorted(set(present) - {one.container for one in wanted}))


def internet_specification(instance, built, servers, authority, leaves):
    """The Specification of the simulated Internet."""
    nodes = {node.name: instance.address(node) for node in instance.nodes}
    root, issuing = (pair.certificate.read_bytes() for pair in (authority.root, authority.issuing))
    files = internet.configuration(servers, nodes)
    files.append(File(f"{internet.TLS_DIRECTORY}/clients.crt", issuing + root))
    for host, pair in leaves.items():
        files.append(File(f"{internet.TLS_DIRECTORY}/{host}.crt", pair.certificate.read_bytes() + issuing))
        files.append(File(f"{internet.TLS_DIRECTORY}/{host}.key", pair.key.read_bytes(), 0o600))
    options = ("--volume", f"{built['node'].packages_directory}:/srv/packages:ro")
    return containers.Specification(INTERNET, instance.container(INTERNET), built["internet"].reference,
                                    instance.name, instance.internet_address, options, tuple(files))


def node_specification(instance, built, node, keys, authority):
    """The Specification of one node."""
    files = node_files(instance, node, keys, authority.root.certificate.read_bytes())
    return containers.Specification(node.name, instance.container(node.name), built["node"].reference, instance.name,
                                    instance.address(node), tuple(containers.kernel_modules()), tuple(files))


def ensure_network(instance):
    """Have the instance's podman network; returns the Instance with the number of its subnet."""
    with locked(cache_directory() / "networks.lock"):
        networks = containers.networks()
        index = subnet_index(instance, networks, os.environ.get("LAB_SUBNET_INDEX"))
        placed = replace(instance, subnet_index=index)
        subnet = f"{placed.subnet_prefix}.0/24"
        if networks.get(instance.name) != [subnet]:
            containers.remove_network(instance.name)
            containers.create_network(instance.name, subnet, f"{placed.subnet_prefix}.1")
    return placed


def subnet_index(instance, networks, chosen):
    """Which subnet an instance gets, given podman's {network: [subnet]} and LAB_SUBNET_INDEX or None.

    The default instance has number 0; another keeps the one it has, or takes the first that no network uses.
    """
    if chosen:
        if not chosen.isdecimal() or int(chosen) >= SUBNET_COUNT:
            raise LabError(f"LAB_SUBNET_INDEX={chosen}: choose 0 to {SUBNET_COUNT - 1}")
        return int(chosen)
    if instance.name == DEFAULT_NAME:
        return 0
    subnets = {number: f"{replace(instance, subnet_index=number).subnet_prefix}.0/24"
               for number in range(1, SUBNET_COUNT)}
    mine = networks.get(instance.name, [])
    used = {subnet for name, found in networks.items() if name != instance.name for subnet in found}
    free = [number for number, subnet in subnets.items() if subnet not in used]
    if not free:
        raise LabError("every subnet of the lab is in use: take another instance down")
    return next((number for number in free if subnets[number] in mine), free[0])


def down(name):
    """Remove exactly the containers and the network of an instance. Its keys and certificates stay for the next `up`."""
    with locked(make_state_directory(Instance(name)) / "lock", lambda: say(f"waiting for another run with {name}")):
        present = sorted(containers.existing(name))
        say(f"removing {', '.join(present) or 'nothing: no container of the lab ' + name}")
        containers.remove(present)
        containers.remove_network(name)
        shutil.rmtree(Instance(name).state / "ready", ignore_errors=True)


def status(name):
    """Rows (name, address, state, says) of an instance; `says` is "ready" or what is wrong."""
    lab = Lab.named(name)
    present = containers.existing(name)
    rows = []
    for one, address in {INTERNET: lab.instance.internet_address, **lab.nodes}.items():
        row = present.get(lab.container(one))
        state = row["since"] if row else "missing"
        says = "not running" if not row or row["state"] != "running" else "ready"
        if says == "ready" and one != INTERNET:
            try:
                lab.wait_ready([one], 0)
            except LabError as error:
                says = str(error).splitlines()[-1]
        rows.append((one, address, state, says))
    return rows


def environment(name):
    """{variable: value} with which Ansible, and testinfra's podman backend, reach a lab."""
    instance = remembered(name)
    values = {
        "LAB_NAME": name,
        "LAB_INVENTORY": str(instance.state / "inventory.yml"),
        "ANSIBLE_SSH_ARGS": f"-F '{ssh.config_path(instance)}' -o ControlMaster=auto -o ControlPersist=60s",
        "ANSIBLE_HOST_KEY_CHECKING": "true",
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible" / "collections"),
    }
    if as_root():
        values["PATH"] = f"{podman_shim(instance).parent}:{os.environ['PATH']}"
    return values


def podman_shim(instance):
    """A `podman` for people who are not root: the lab's containers belong to root."""
    shim = instance.state / "bin" / "podman"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec sudo -n {shutil.which("podman")} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return shim
