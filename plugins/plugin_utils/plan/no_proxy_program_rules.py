# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Would this program go through the proxy? The exact rules of each, special cases included. Pure functions.

Each function takes a NO_PROXY as its reader finds it (a text) and a host (a name or an IPv4 address), and returns True
where the program connects directly. tests/unit/programs/test_no_proxy_program_rules.py asks the programs themselves.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.no_proxy_list import (
    exact_hosts,
    java_pattern,
)

# (NO_PROXY, host) -> whether the program connects directly.
Rule = Callable[[str, str], bool]
# What k3s and rke2 are by default; a site may have chosen another name.
CLUSTER_DOMAIN = ".cluster.local"


def _address(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def _below(host: str, name: str) -> bool:
    """host is that name, or ends with a dot and that name."""
    return bool(name) and (host == name or host.endswith("." + name))


def curl(no_proxy: str, host: str) -> bool:
    """curl and libcurl from 7.86 on. A prefix length of 0 counts as none was given."""
    host = host.lower()
    if not no_proxy:
        return False
    if no_proxy == "*":
        return True
    address = _address(host)
    for token in re.split(r"[,\s]+", no_proxy.lower()):
        if address is None:
            if _below(host.rstrip("."), token.removesuffix(".").removeprefix(".")):
                return True
            continue
        network, _slash, length = token.partition("/")
        bits = int(length) if length.isdigit() else 0
        base = _address(network)
        if base is None or bits > 32:
            continue
        shift = 32 - bits if bits else 0
        if int(address) >> shift == int(base) >> shift:
            return True
    return False


def curl_before_7_86(no_proxy: str, host: str) -> bool:
    """Older ones know no networks, and take an address for a name."""
    host = host.lower().rstrip(".")
    if no_proxy == "*":
        return True
    return any(_below(host, token.removeprefix(".")) for token in re.split(r"[,\s]+", (no_proxy or "").lower()))


def go(no_proxy: str, host: str) -> bool:
    """golang.org/x/net/http/httpproxy, as kubelet, containerd and docker have it. Loopback is always direct."""
    host = host.lower()
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    for entry in (no_proxy or "").lower().split(","):
        entry = entry.strip()
        if entry == "*":
            return True
        if "/" in entry:
            if address is not None and _holds(entry, address):
                return True
        elif address is not None and _address(entry) is not None:
            if address == _address(entry):
                return True
        elif entry.startswith((".", "*.")):
            if host.endswith(entry.removeprefix("*")):
                return True
        elif _below(host, entry):
            return True
    return False


def _holds(network: str, address: ipaddress.IPv4Address) -> bool:
    try:
        return address in ipaddress.IPv4Network(network, strict=False)
    except ValueError:
        return False


def k3s_server(networks: Sequence[str]) -> Rule:
    """The rule of a server of k3s or rke2, which adds the networks of the cluster and its names to the NO_PROXY it has."""
    own = ",".join([".svc", CLUSTER_DOMAIN, *networks])
    return lambda no_proxy, host: go(f"{no_proxy or ''},{own}", host)


def urllib(no_proxy: str, host: str) -> bool:
    """Python's own urllib: names and their ends, nothing else."""
    host = host.lower()
    if no_proxy == "*":
        return True
    return any(_below(host, entry.strip().lstrip(".").lower()) for entry in (no_proxy or "").split(","))


def requests(no_proxy: str, host: str) -> bool:
    """Python's requests: networks for addresses, and the rest as urllib. Old ones accept any end of a name."""
    address = _address(host)
    for entry in (no_proxy or "").replace(" ", "").split(","):
        length = entry.partition("/")[2]
        if address is not None and length.isdigit() and 1 <= int(length) <= 32 and _holds(entry, address):
            return True
    return urllib(no_proxy, host)


def java(no_proxy: str, host: str) -> bool:
    """Java reads no NO_PROXY: this is what it does with the http.nonProxyHosts that says the same."""
    entries = [entry.strip() for entry in (no_proxy or "").split(",") if entry.strip()]
    return java_properties(java_pattern(entries), host)


def java_properties(pattern: str, host: str) -> bool:
    """Java with a value of http.nonProxyHosts. An asterisk is known at the beginning and at the end of a pattern.

    Loopback is always direct.
    """
    host = host.lower()
    address = _address(host)
    if host == "localhost" or (address is not None and (address.is_loopback or address.is_unspecified)):
        return True
    for part in pattern.lower().split("|"):
        if part == "*":
            return True
        if not part:
            continue
        head, tail = part.startswith("*"), part.endswith("*")
        bare = part[head : len(part) - tail]
        found = (
            bare in host
            if head and tail
            else host.endswith(bare)
            if head
            else host.startswith(bare)
            if tail
            else host == bare
        )
        if found:
            return True
    return False


def apt(no_proxy: str, host: str) -> bool:
    """apt with an own line "DIRECT" for each host of the list: the hosts themselves, and nothing below them."""
    entries = [entry.strip() for entry in (no_proxy or "").split(",")]
    return host.lower() in (entry.lower() for entry in exact_hosts(entries))


def apt_environment(no_proxy: str | None, host: str) -> bool:
    """apt with a no_proxy in its environment: whatever a name or an address ends with."""
    return any(entry and host.lower().endswith(entry.lower()) for entry in (no_proxy or "").split(","))


def by_name(curl_version: str | None = None) -> dict[str, Rule]:
    """Return `{program: rule}`; curl_version: a text such as "7.88.1" of the node, where known.

    dnf and yum are libcurl.
    """
    numbers = [int(number) for number in re.findall(r"\d+", curl_version or "")[:2]]
    libcurl = curl_before_7_86 if numbers and numbers < [7, 86] else curl
    return {
        f"curl {curl_version}" if curl_version else "curl": libcurl,
        "Go": go,
        "Python urllib": urllib,
        "Python requests": requests,
        "Java (Mule runtime)": java,
        "dnf": libcurl,
        "apt": apt,
    }


def of_service(service: str, networks: Sequence[str]) -> Rule:
    """Return the rule of what runs as a service: all of these are written in Go. networks: of pods and of services."""
    return k3s_server(networks) if service in ("k3s", "rke2-server") else go


NO_NETWORKS = (curl_before_7_86, urllib, apt)
