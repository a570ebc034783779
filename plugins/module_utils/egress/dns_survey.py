# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask every name server of a host the same questions, each by itself, and names that nobody can have registered."""

import binascii
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import dns_client, resolver, verdicts

# How many questions wait for their answers at the same time.
_CONCURRENCY = 64
# Where a server that knows every name gives itself away.
_PUBLIC_DOMAIN = "com"


def survey(resolvers, names, seconds, deadline, look_up=dns_client.look_up):
    """What each server says: a dict for the module's result.

    resolvers: a resolv_conf.Resolvers; names: host names; seconds: for each question; deadline: for all of them.
    """
    label = "hostprep-" + binascii.hexlify(os.urandom(8)).decode("ascii")
    strangers = [f"{label}.{domain}" for domain in [_PUBLIC_DOMAIN] + resolvers.search]
    asked = [(server, name) for server, dummy_source in resolvers.servers for name in list(names) + strangers]
    outcomes = thread_pool.run_all(
        [_job(look_up, server, name, seconds) for server, name in asked], _CONCURRENCY, deadline
    )
    told = dict(zip(asked, [_told(name, outcome) for (dummy_server, name), outcome in zip(asked, outcomes)]))
    return {
        "servers": [
            {
                "address": server,
                "source": source,
                "names": [told[server, name] for name in names],
                "invented": [told[server, name] for name in strangers],
            }
            for server, source in resolvers.servers
        ],
        "search": resolvers.search,
        "ndots": resolvers.ndots,
    }


def _job(look_up, server, name, seconds):
    return lambda: look_up(server, name, seconds)


def _told(name, outcome):
    told = {"name": name, "status": verdicts.UNTESTED, "addresses": [], "verdict": None, "detail": None}
    if outcome.error is None and outcome.done:
        told["status"], told["addresses"] = outcome.value
    elif isinstance(outcome.error, verdicts.LayerFailed):
        told.update(status=outcome.error.verdict, detail=outcome.error.detail)
        # What ICMP says of the port is not what the server says of the name.
        if told["status"] == verdicts.REFUSED:
            told["status"] = verdicts.REJECTED
    elif outcome.error is not None:
        told.update(status=verdicts.ERROR, detail=verdicts.unforeseen(outcome.error))
    return told


def dial_odd_ones(told, endpoints, make_prober, deadline):
    """Try out whether the endpoint is there where only some of the servers say that it is.

    Large sites have many addresses, so servers may differ and all be right. Adds `verdict` and `detail` to each answer of
    `told` that stands apart. endpoints: egress.Endpoints, tried directly. make_prober: a function from a lookup like
    socket.getaddrinfo to an egress.Prober.
    """
    by_name = {endpoint.host: endpoint for endpoint in endpoints}
    odd = [(server, name, addresses) for server, name, addresses in odd_ones(told) if name in by_name]

    def job(name, addresses):
        endpoint = by_name[name]._replace(paths=["direct"])
        prober = make_prober(resolver.only(addresses))
        return lambda: prober.probe_all([endpoint], 1, deadline.remaining(), deadline)[0]

    outcomes = thread_pool.run_all(
        [job(name, addresses) for dummy_server, name, addresses in odd], _CONCURRENCY, deadline
    )
    for (server, name, _dummy_addresses), outcome in zip(odd, outcomes):
        (answer,) = [
            answer
            for each in told["servers"]
            if each["address"] == server
            for answer in each["names"]
            if answer["name"] == name
        ]
        row = outcome.value or {"verdict": verdicts.UNTESTED, "detail": None}
        answer.update(verdict=row["verdict"], detail=row["detail"])


def odd_ones(told):
    """[(server, name, addresses)] where a server's addresses have none in common with those of the first that has any."""
    odd = []
    first = {}
    for server in told["servers"]:
        for answer in server["names"]:
            if not answer["addresses"]:
                continue
            known = first.setdefault(answer["name"], answer["addresses"])
            if not set(known) & set(answer["addresses"]):
                odd.append((server["address"], answer["name"], answer["addresses"]))
    return odd
