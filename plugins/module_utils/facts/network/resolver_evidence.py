# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name servers of this host, and the processes that hold the DNS port."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    DanglingLink,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.port_owners import holders
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

DNS_PORT = 53
RESOLV_CONF = "/etc/resolv.conf"


def parse_resolvers(text):
    """Return `{nameservers, search}` of the text of resolv.conf."""
    nameservers, search = [], []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            nameservers.append(words[1])
        elif words and words[0] in ("search", "domain"):
            search = words[1:]
    return {"nameservers": nameservers, "search": search}


def resolver_evidence():
    """Return the settings of /etc/resolv.conf, `file`: its real path, and `dangling`: why it has none, or None."""
    text, dangling = "", None
    try:
        text = read_text_or_none(RESOLV_CONF) or ""
    except DanglingLink as problem:
        dangling = str(problem)
    return dict(parse_resolvers(text), file=os.path.realpath(RESOLV_CONF), dangling=dangling)


def dns_listener_evidence(address):
    """Return `[{transport, address, process, pid}]` of processes that conflict with DNS on a local address."""
    return [
        {"transport": found.transport, "address": found.address, "process": found.process, "pid": found.pid}
        for transport in ("tcp", "udp")
        for found in holders(transport, [DNS_PORT], address)
        if found.state in ("listening", "bound")
    ]


FACTS = (
    Fact(
        "network",
        "resolvers",
        lambda reading: resolver_evidence(),
        """
        description:
          - The RV(ignore:nameservers) and RV(ignore:search) domains in C(/etc/resolv.conf), and the
            RV(ignore:file) to which it leads.
          - RV(ignore:dangling) is the link if it is dangling, otherwise V(null).
        type: dict
        sample:
          nameservers: [192.0.2.53]
          search: [example.com]
          file: /etc/resolv.conf
          dangling: null
        """,
    ),
    Fact(
        "network",
        "dns_listeners",
        lambda reading: dns_listener_evidence(reading.options["dns_address"]),
        """
        description: The processes that use port 53 of O(dns_address), with their names and process ids.
        type: list
        elements: dict
        sample: []
        """,
    ),
)
