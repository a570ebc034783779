# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxies that a cluster uses, without their credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list, no_proxy_truth_table

VARIABLES = ("rtf_node_address", "ansible_host")


class ProxySettings(NamedTuple):
    """http and monitoring: URLs as people may see them, "" for none, None where any is right.

    no_proxy: entries. internal: Destinations.
    """

    http: str | None = ""
    monitoring: str | None = ""
    no_proxy: Sequence[str] = ()
    internal: Any = ()


def of_cluster(
    urls: tuple[str | None, str | None],
    variables_by_node: Mapping[str, Mapping[str, Any]],
    pod_cidr: str,
    service_cidr: str,
    extra: Sequence[str] = (),
    line: str = "appliance",
) -> ProxySettings:
    """Return the ProxySettings; urls: (HTTP, SOCKS5), as ProxySettings has them; line: as for no_proxy_list.leader."""
    return ProxySettings(
        *urls,
        no_proxy_list.compute(variables_by_node, pod_cidr, service_cidr, extra, line),
        no_proxy_truth_table.destinations(variables_by_node, pod_cidr, service_cidr, line),
    )
