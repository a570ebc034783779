# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that go wrong, as context managers: the fault is there inside the block and gone after it."""

import contextlib
import re

from . import internet
from .instance import INTERNET
from .machine import podman, run

# `up` removes tables of this prefix that a killed test left behind.
TABLE_PREFIX = "lab_fault_"


@contextlib.contextmanager
def service_stopped(lab, name, unit):
    """A systemd unit is stopped, on a node or on the Internet: "ssh", "nginx", "dnsmasq", "lab-ntp@ntp", ..."""
    lab.exec(name, "systemctl", "stop", unit)
    try:
        yield
    finally:
        lab.exec(name, "systemctl", "start", unit)


@contextlib.contextmanager
def port_closed(lab, host, port, transport="tcp", how="drop"):
    """The simulated Internet drops, or `how="reject"`s, what is sent to a port of one of its host names."""
    address = lab.endpoint_address(host)
    table = TABLE_PREFIX + re.sub(r"\W", "_", f"{address}_{transport}_{port}")
    rules = (f"table inet {table} {{ chain input {{ type filter hook input priority -10; "
             f"ip daddr {address} {transport} dport {port} {how}; }}; }}")
    lab.exec(INTERNET, "nft", rules)
    try:
        yield
    finally:
        lab.exec(INTERNET, "nft", "delete", "table", "inet", table)


@contextlib.contextmanager
def only_proxies(lab, how="reject"):
    """Nodes reach the proxies, DNS and NTP, and nothing else: the rest is dropped or `how="reject"`ed."""
    allowed = ", ".join(internet.address_of(name) for name in internet.SERVICES if name != "packages")
    table = f"{TABLE_PREFIX}only_proxies"
    rules = (f"table inet {table} {{ chain input {{ type filter hook input priority -10; "
             f"ip saddr {lab.instance.subnet} ip daddr {internet.NETWORK}.0/24 ip daddr != {{ {allowed} }} {how}; }}; "
             f"}}")
    lab.exec(INTERNET, "nft", rules)
    try:
        yield
    finally:
        lab.exec(INTERNET, "nft", "delete", "table", "inet", table)


@contextlib.contextmanager
def sysctl_set(lab, node, key, value):
    """A kernel setting of a node has another value."""
    before = lab.exec(node, "sysctl", "--values", key).stdout.decode().strip()
    lab.exec(node, "sysctl", "--write", f"{key}={value}")
    try:
        yield
    finally:
        lab.exec(node, "sysctl", "--write", f"{key}={before}")


@contextlib.contextmanager
def paused(lab, name):
    """Nothing in a container runs: it answers nobody, like a machine that hangs."""
    run([*podman(), "pause", lab.container(name)])
    try:
        yield
    finally:
        run([*podman(), "unpause", lab.container(name)])
