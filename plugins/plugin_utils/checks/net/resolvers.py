# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.resolvers and dns_port: name resolution that pods can use, and the port that the cluster's DNS needs."""

from __future__ import annotations

import ipaddress

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

CLUSTER_DNS = "127.0.0.2"  # Gravity's, on every node
MOST_NAMESERVERS = 3  # what the C library reads


@check("net.dns_port")
def dns_port(subject: Subject, evidence: Evidence) -> Finding:
    """The cluster's own DNS listens on 127.0.0.2:53; a program that listens on every address blocks it."""
    expected = f"port 53 of {CLUSTER_DNS} is free"
    found = part(evidence, "host", "network", "dns_listeners")
    if not found:
        return Finding(PASS, expected, "free")
    observed = ", ".join(
        f"{row['process'] or 'a process'}{' (pid {})'.format(row['pid']) if row['pid'] else ''} on {row['address']}:53/{row['transport']}"
        for row in found
    )
    remedy = "Stop it, or bind it to other addresses: `listen-address=` and `bind-interfaces` of dnsmasq, `listen-on` of named."
    return Finding(FAIL, expected, observed, remedy, found)


@check("net.resolvers")
def resolvers(subject: Subject, evidence: Evidence) -> Finding:
    """Pods inherit resolv.conf: a loopback address there is their own, not the node's, and a fourth server is never used."""
    found = part(evidence, "host", "network", "resolvers")
    servers, expected = found["nameservers"], f"one to {MOST_NAMESERVERS} nameservers that pods can also reach"
    # Once the platform runs, its own DNS is there, for the node and its pods alike.
    own = (CLUSTER_DNS,) if subject.phase == "operate" else ()
    loopback = [server for server in servers if _is_loopback(server) and server not in own]
    wrong = []
    if not servers:
        wrong.append("; ".join(["no nameserver", *filter(None, [found["dangling"]])]))
    if loopback:
        wrong.append(f"{', '.join(loopback)} is on the node itself")
    if len(servers) > MOST_NAMESERVERS:
        wrong.append(f"{len(servers)} nameservers, of which {', '.join(servers[MOST_NAMESERVERS:])} are never used")
    if not wrong:
        return Finding(PASS, expected, ", ".join(servers))
    remedy = by_line(
        subject,
        appliance=(
            "List the site's own servers in /etc/resolv.conf; with systemd-resolved: `ln -sf "
            "/run/systemd/resolve/resolv.conf /etc/resolv.conf`."
        ),
        self_managed=(
            "Make sure that resolvConf in the kubelet's configuration names a file with the site's own "
            "servers; with systemd-resolved that is /run/systemd/resolve/resolv.conf. If it does, waive "
            "this."
        ),
    )
    return Finding(FAIL, expected, "; ".join(wrong), remedy, found)


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False
