# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has to act on a cause, where that is not the `owner` of the one check that failed, in catalog/checks/."""

from __future__ import annotations

# Nodes that were not audited, and what was left out of the run.
UNREACHABLE = "node administrator"
NOT_IN_THE_RUN = "platform team"
PREPARATION = "platform team"
LEFT_OUT = "platform team"
NOT_COLLECTED = "platform team"
# Several settings of one role.
SETTINGS_OF_A_ROLE = "platform team"
ADDRESS_PREFIXES = "node administrator"
# Ports between nodes, by what the pairs that fail have in common.
PORTS_NOT_TESTED = "platform team"
PORTS_OF_ONE_NODE = "node administrator"
PORTS_FOR_ONE_NODE = "node administrator"
PORTS_OF_MANY_PAIRS = "network"
PORTS_OVER_LOOPBACK = "node administrator"
PORTS_CLOSED_BY_RULES = "node administrator"
VXLAN_LOST = "network"
# Endpoints that nodes do not reach, by the verdict of the probe.
OF_ENDPOINTS = {
    "unresolved": "DNS",
    "dropped": "network",
    "refused": "network",
    "rejected": "network",
    "proxy_unreachable": "proxy",
    "proxy_auth": "platform team",
    "proxy_denied": "proxy",
    "proxy_failed": "proxy",
    "proxy_broken": "proxy",
    "blocked": "proxy",
    "tls_intercepted": "proxy",
    "tls_untrusted": "proxy",
    "tls_name_mismatch": "proxy",
    "tls_expired": "time",
    "certificate_refused": "vendor",
    "upgrade_refused": "proxy",
    "idle_cut": "network",
    "login_page": "network",
}
OF_OTHER_ENDPOINTS = "network"
# Endpoints that nodes reach and their pods do not, by the kind of the fault (checks/egress/pod_faults.py).
OF_PODS = {
    "forwarding": "node administrator",
    "chain_policy": "node administrator",
    "filter": "platform team",
    "masquerade": "platform team",
    "answer": "network",
    "interface": "platform team",
    "mtu": "platform team",
    "resolver": "platform team",
    "treated": "network",
    "unknown": "platform team",
}
# Those who act on a node, and are therefore sent its name.
ACT_ON_NODES = ("node administrator", "storage")
