# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From catalogue rows and inputs to the rows that the module egress_info takes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import PROTOCOLS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import endpoint_operators
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import mail_server
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers as ntp

DIRECT, HTTP_PROXY, SOCKS5, POD = "direct", "http_proxy", "socks5", "pod"
# Rows, by how their ids begin, that only the container runtime of a node dials, to pull images; no pod does.
PULLED_BY_NODES = ("ecr-", "dkr-ecr-", "api-ecr-", "rtf-runtime-registry-", "starport-layer-bucket-")
# A site's own addresses, which are never reached through a proxy.
_INTERNAL = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
]


def egress_probes(
    endpoints: Iterable[Mapping[str, Any]],
    ntp_servers: Sequence[Any] = (),
    http_proxy: bool = False,
    socks5_proxy: bool = False,
    smtp: Mapping[str, Any] | None = None,
    idle: float = 0,
    pods: bool = False,
) -> list[dict[str, Any]]:
    """Return one entry of the module's option endpoints for each endpoint row, each NTP server
    and the mail server.

    ntp_servers: entries of rtf_ntp_servers. http_proxy, socks5_proxy: whether there is one. smtp: the value of rtf_smtp.
    idle: seconds to hold connections that need no client certificate. pods: whether to probe from a pod, too.
    """
    configured = [path for path, there in ((HTTP_PROXY, http_proxy), (SOCKS5, socks5_proxy)) if there]
    probes = []
    for row in endpoints:
        paths = [DIRECT] if is_internal(row["host"]) else paths_of(row["carrier"], configured)
        if pods and not row["id"].startswith(PULLED_BY_NODES):
            paths = [*paths, POD]
        probes.append(
            {
                **{field: row[field] for field in ("id", "host", "port", "protocol", "mutual_tls")},
                "url_path": row["url_path"] or "/",
                "issuers": endpoint_operators.issuers(row["host"]),
                "origin": endpoint_operators.signs(row["host"]),
                "paths": paths,
                **({"idle": idle} if idle and PROTOCOLS[row["protocol"]].long_lived and not row["mutual_tls"] else {}),
            }
        )
    servers = [{"id": f"ntp-{host}", "host": host, "port": 123, "protocol": "ntp"} for host in ntp.hosts(ntp_servers)]
    mail = mail_server.of_input(dict(smtp or {}))
    return [
        *probes,
        *({**server, "paths": [DIRECT]} for server in servers),
        *([mail_server.probe(mail)] if mail else []),
    ]


def paths_of(carrier: str | None, configured: Sequence[str]) -> list[str]:
    """Return the paths to probe, the one that the platform uses first: the row's carrier where there is one."""
    used = carrier if carrier and carrier in configured else DIRECT
    return [used, *(path for path in (DIRECT, *configured) if path != used)]


def is_internal(host: str) -> bool:
    """Whether a host is an address of the site's own networks, which are reached without a proxy."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _INTERNAL)
