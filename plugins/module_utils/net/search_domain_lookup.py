# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names to addresses by name servers, search domains and ndots that are given, in the order in which glibc tries them.

For resolver settings that are not those of this host, such as the ones of a container.
"""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    dns_client,
    resolv_conf,
    resolver,
    verdicts,
)

# glibc goes on with the next search domain after these, and with the name as it is after all others (res_search).
_NEXT_DOMAIN = ("nxdomain", "nodata", "servfail")
_NO_SUCH_NAME = ("nxdomain", "nodata")


def lookup(servers, search, ndots, seconds, look_up=dns_client.look_up):
    """A function like socket.getaddrinfo. servers: addresses; seconds: for one lookup, whatever servers do."""

    def of_host(host, *dummy_rest):
        if resolv_conf.is_address(host):
            return resolver.as_answers([host])
        if not servers:
            raise socket.gaierror(socket.EAI_AGAIN, "no name server is configured")
        # A server that is silent must leave time for the next one, and for the name as it is.
        patience = seconds / (2.0 * len(servers))
        failure = None
        for name in names(host, search, ndots):
            if failure is not None and name != host.rstrip(".") and failure[0] not in _NEXT_DOMAIN:
                continue
            status, result = _ask(servers, name, patience, look_up)
            if status == "ok":
                return resolver.as_answers(result)
            failure = (status, result)
        raise socket.gaierror(
            socket.EAI_NONAME if failure[0] in _NO_SUCH_NAME else socket.EAI_AGAIN, f"{failure[0]}: {failure[1]}"
        )

    return of_host


def names(host, search, ndots):
    """The names that are asked for, in their order: as it is first where it has enough dots."""
    bare = host.rstrip(".")
    if host.endswith("."):
        return [bare]
    completed = [f"{bare}.{domain}" for domain in search]
    return [bare] + completed if bare.count(".") >= ndots else completed + [bare]


def _ask(servers, name, seconds, look_up):
    """(status, addresses or who said so) of the first server that knows whether there is such a name."""
    last = None
    for server in servers:
        try:
            status, addresses = look_up(server, name, seconds)
        except verdicts.LayerFailed as failure:
            last = (failure.verdict, f"{server}: {failure.detail}")
            continue
        if status == "ok":
            return status, addresses
        last = (status, f"{server} for {name}")
        if status in _NO_SUCH_NAME:
            break
    return last
