# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that go wrong, as context managers: the fault is there inside the block and gone after it."""

import contextlib
import re

from . import internet, mail_server, misbehaving_servers, proxies
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


def port_closed(lab, host, port, transport="tcp", how="drop"):
    """The simulated Internet drops, or `how="reject"`s, what is sent to a port of one of its host names."""
    address = lab.endpoint_address(host)
    return _filtered(lab, f"{address}_{transport}_{port}", f"ip daddr {address} {transport} dport {port} {how}")


def only_proxies(lab, how="reject"):
    """Nodes reach the proxies, DNS and NTP, and nothing else: the rest is dropped or `how="reject"`ed."""
    allowed = ", ".join(internet.address_of(name) for name in internet.SERVICES if name != "packages")
    return _filtered(
        lab,
        "only_proxies",
        f"ip saddr {lab.instance.subnet} ip daddr {internet.NETWORK}.0/24 ip daddr != {{ {allowed} }} {how}",
    )


def login_page(lab, host, port=443, how="tls"):
    """Who connects to a port of a host name gets the login page of misbehaving_servers, over TLS or, `how="plain"`, in clear."""
    address, page = lab.endpoint_address(host), internet.address_of("captive")
    to_port = {"tls": misbehaving_servers.TLS_PORT, "plain": misbehaving_servers.PLAIN_PORT}[how]
    return _diverted(lab, f"login_{address}_{port}", f"ip daddr {address} tcp dport {port} dnat to {page}:{to_port}")


def inspected_on_the_way(lab, node):
    """What a node sends to port 443 of anybody is decrypted on its way, without a proxy that the node knows of."""
    return _diverted(
        lab,
        f"inspected_{node}",
        f"ip saddr {lab.nodes[node]} ip daddr {internet.NETWORK}.0/24 tcp dport 443 "
        f"dnat to {internet.address_of('proxy-inspect')}:{proxies.INTERCEPT_PORT}",
    )


def _filtered(lab, name, rule):
    return _table(lab, "inet", name, "input", "filter hook input priority -10", rule)


def _diverted(lab, name, rule):
    return _table(lab, "ip", name, "prerouting", "nat hook prerouting priority -110", rule)


@contextlib.contextmanager
def _table(lab, family, name, chain, kind, rule):
    """A table of nft in the simulated Internet, with one rule."""
    table = TABLE_PREFIX + re.sub(r"\W", "_", name)
    lab.exec(INTERNET, "nft", f"table {family} {table} {{ chain {chain} {{ type {kind}; {rule}; }}; }}")
    try:
        yield
    finally:
        lab.exec(INTERNET, "nft", "delete", "table", family, table)


@contextlib.contextmanager
def resolvers(lab, node, *services, search=internet.DOMAIN):
    """A node asks these name servers (names of internet.SERVICES), in this order, and completes names in a domain."""
    before = lab.exec(node, "cat", "/etc/resolv.conf").stdout.decode()
    lines = [f"search {search}", *(f"nameserver {internet.address_of(service)}" for service in services)]
    _write(lab, node, "/etc/resolv.conf", "\n".join(lines) + "\n")
    try:
        yield
    finally:
        _write(lab, node, "/etc/resolv.conf", before)


@contextlib.contextmanager
def inspection_trusted(lab, node):
    """A node trusts the authority of the proxy that decrypts TLS, as sites do with their own."""
    path = "/usr/local/share/ca-certificates/inspection.crt"
    certificate = (lab.instance.state / "pki" / "inspection.crt").read_text(encoding="utf-8")
    _write(lab, node, path, certificate)
    try:
        lab.exec(node, "update-ca-certificates")
        yield
    finally:
        lab.exec(node, "rm", path)
        lab.exec(node, "update-ca-certificates", "--fresh")


@contextlib.contextmanager
def proxy_rules(lab, name, *lines):
    """One of the lab's squids has rules before its own."""
    path, unit = f"{proxies.RULES}/{name}.conf", f"lab-squid@{name}"
    _write(lab, INTERNET, path, "\n".join(lines) + "\n")
    try:
        _reload(lab, unit, name)
        yield
    finally:
        _write(lab, INTERNET, path, "")
        _reload(lab, unit, name)


def forget_proxy_rules(lab):
    """Take back what a killed test left of proxy_rules()."""
    for name in proxies.HTTP:
        path = f"{proxies.RULES}/{name}.conf"
        if lab.exec(INTERNET, "test", "-s", path, check=False).returncode == 0:
            _write(lab, INTERNET, path, "")
            lab.exec(INTERNET, "systemctl", "restart", f"lab-squid@{name}")


def _reload(lab, unit, name):
    """Restart a squid and wait until it takes connections."""
    lab.exec(INTERNET, "systemctl", "restart", unit)
    wait = f"until exec 3<>/dev/tcp/{internet.address_of(name)}/{proxies.HTTP_PORT}; do sleep 0.05; done"
    lab.exec(INTERNET, "timeout", "20", "bash", "-c", f"{wait} 2>/dev/null")


def _write(lab, name, path, text):
    """Write a file in place: podman mounts some, which cannot be replaced."""
    lab.exec(name, "sh", "-c", 'printf %s "$1" > "$2"', "sh", text, path)


@contextlib.contextmanager
def mail_greeting_delayed(lab, seconds):
    """Exim waits before it greets a client, as servers do that look its address up or expect spammers to go away."""
    path, unit = "/etc/exim4/exim4.conf", "lab-smtp"
    before = mail_server.exim_conf(internet.SMTP_HOST, internet.address_of("smtp"), internet.TLS_DIRECTORY)
    _write(
        lab, INTERNET, path, before.replace("\nbegin ", f"\nacl_smtp_connect = accept delay = {seconds}s\nbegin ", 1)
    )
    try:
        lab.exec(INTERNET, "systemctl", "restart", unit)
        yield
    finally:
        _write(lab, INTERNET, path, before)
        lab.exec(INTERNET, "systemctl", "restart", unit)


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
