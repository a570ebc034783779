# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lab: its name, its place in the checkout, its network, its nodes. The default and others run side by side."""

import contextlib
import fcntl
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .files import write_whole
from .machine import LabError

CHECKOUT = Path(__file__).resolve().parents[3]
DEFAULT_NAME = "rtf-lab"
FIRST_SUBNET = 230
MOST_INSTANCES = 20  # that can be up at a time, each with a subnet of its own
INTERNET = "internet"
INTERNET_HOST_NUMBER = 2


@dataclass(frozen=True)
class Node:
    """One host of the cluster; `group` is its inventory group, `suite` what it is made of."""

    name: str
    group: str
    host_number: int
    suite: str = "bookworm"


@dataclass(frozen=True)
class Instance:
    """One lab."""

    name: str
    subnet_index: int = 0
    nodes: tuple = field(default=())

    @property
    def state(self):
        """The directory of this instance's keys, certificates and generated files."""
        return CHECKOUT / "build" / "lab" / self.name

    @property
    def subnet_prefix(self):
        """The first three parts of every node's address."""
        return f"192.168.{FIRST_SUBNET + self.subnet_index}"

    @property
    def subnet(self):
        """The network of the nodes."""
        return f"{self.subnet_prefix}.0/24"

    @property
    def internet_address(self):
        """Where nodes send what is not for their own network."""
        return f"{self.subnet_prefix}.{INTERNET_HOST_NUMBER}"

    def address(self, node):
        """The address of a Node."""
        return f"{self.subnet_prefix}.{node.host_number}"

    def container(self, name):
        """The container's name of a node, or of the simulated Internet."""
        return f"{self.name}-{name}"


def load_nodes(path):
    """The Nodes that a cluster file declares, as a tuple. Raises LabError for a file that is not one."""
    try:
        rows = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["nodes"]
        nodes = tuple(Node(**row) for row in rows)
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise LabError(f"{path} is not a cluster file (see tests/lab/cluster.yml): {error}") from error
    for what in ("name", "host_number"):
        values = [getattr(node, what) for node in nodes]
        if len(set(values)) != len(values):
            raise LabError(f"{path}: two nodes have the same {what}")
    reserved = [node.name for node in nodes if node.name == INTERNET or node.host_number in (1, INTERNET_HOST_NUMBER)]
    if reserved:
        raise LabError(f"{path}: name or host_number is reserved: {', '.join(reserved)}")
    return nodes


def instance_name(name=None):
    """The name given, or of LAB_NAME, or the default. Raises LabError for one that cannot name a container."""
    name = name or os.environ.get("LAB_NAME") or DEFAULT_NAME
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise LabError(f"{name!r} cannot name a lab: use lower-case letters, digits and dashes, at most 31")
    return name


def remembered(name):
    """The Instance of that name as its last `up` made it. Raises LabError when there was none."""
    try:
        record = json.loads((Instance(name).state / "instance.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LabError(f"the lab {name} has not been brought up: run `make lab-up`") from error
    return Instance(name, record["subnet_index"], tuple(Node(**row) for row in record["nodes"]))


def remember(instance):
    """Write down what `remembered` reads."""
    record = {"subnet_index": instance.subnet_index, "nodes": [vars(node) for node in instance.nodes]}
    write_whole(instance.state / "instance.json", json.dumps(record, indent=2) + "\n")


def make_state_directory(instance):
    """The state directory; nobody else may read the keys in it."""
    instance.state.mkdir(parents=True, exist_ok=True)
    instance.state.chmod(0o700)
    return instance.state


@contextlib.contextmanager
def locked(path, waiting=None):
    """Hold an exclusive lock on a file; call `waiting()` first when another process holds it."""
    with open(path, "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
