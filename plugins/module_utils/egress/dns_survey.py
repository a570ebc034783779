# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query each name server of a host for the same names, and for random names that cannot exist."""

import binascii
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import dns_client, resolver, verdicts

# How many queries run at the same time.
_CONCURRENCY = 64
# The domain of a random name, for which a server that answers every query returns addresses.
_PUBLIC_DOMAIN = "com"


def survey(resolvers, names, seconds, deadline, look_up=dns_client.look_up):
    """The answers of each server: a dict for the module's result.

    resolvers: a resolv_conf.Resolvers; names: host names; seconds: for each query; deadline: for all of them.
    """
    label = "hostprep-" + binascii.hexlify(os.urandom(8)).decode("ascii")
    invented = [f"{label}.{domain}" for domain in [_PUBLIC_DOMAIN] + resolvers.search]
    queries = [(server, name) for server, dummy_source in resolvers.servers for name in list(names) + invented]
    outcomes = thread_pool.run_all(
        [_job(look_up, server, name, seconds) for server, name in queries], _CONCURRENCY, deadline
    )
    answers = dict(zip(queries, [_answer(name, outcome) for (dummy_server, name), outcome in zip(queries, outcomes)]))
    return {
        "servers": [
            {
                "address": server,
                "source": source,
                "names": [answers[server, name] for name in names],
                "invented": [answers[server, name] for name in invented],
            }
            for server, source in resolvers.servers
        ],
        "search": resolvers.search,
        "ndots": resolvers.ndots,
    }


def _job(look_up, server, name, seconds):
    return lambda: look_up(server, name, seconds)


def _answer(name, outcome):
    answer = {"name": name, "status": verdicts.UNTESTED, "addresses": [], "verdict": None, "detail": None}
    if outcome.error is None and outcome.done:
        answer["status"], answer["addresses"] = outcome.value
    elif isinstance(outcome.error, verdicts.LayerFailed):
        answer.update(status=outcome.error.verdict, detail=outcome.error.detail)
        # An ICMP error for the port is not the answer REFUSED for the name.
        if answer["status"] == verdicts.REFUSED:
            answer["status"] = verdicts.REJECTED
    elif outcome.error is not None:
        answer.update(status=verdicts.ERROR, detail=verdicts.unforeseen(outcome.error))
    return answer


def probe_differing(surveyed, endpoints, make_prober, deadline):
    """Probe the endpoint at the addresses that differ from those of the first server.

    Large sites have many addresses, so servers may differ and all be right. Adds `verdict` and `detail` to each differing
    answer of `surveyed`. endpoints: Endpoints, probed directly. make_prober: a function from a lookup like
    socket.getaddrinfo to a Prober.
    """
    by_name = {endpoint.host: endpoint for endpoint in endpoints}
    different = [(server, name, addresses) for server, name, addresses in differing(surveyed) if name in by_name]

    def job(name, addresses):
        endpoint = by_name[name]._replace(paths=["direct"])
        prober = make_prober(resolver.only(addresses))
        return lambda: prober.probe_all([endpoint], 1, deadline.remaining(), deadline)[0]

    outcomes = thread_pool.run_all(
        [job(name, addresses) for dummy_server, name, addresses in different], _CONCURRENCY, deadline
    )
    for (server, name, _dummy_addresses), outcome in zip(different, outcomes):
        (answer,) = [
            answer
            for each in surveyed["servers"]
            if each["address"] == server
            for answer in each["names"]
            if answer["name"] == name
        ]
        row = outcome.value or {"verdict": verdicts.UNTESTED, "detail": None}
        answer.update(verdict=row["verdict"], detail=row["detail"])


def differing(surveyed):
    """[(server, name, addresses)] where a server's addresses have none in common with those of the first that has any."""
    found = []
    first = {}
    for server in surveyed["servers"]:
        for answer in server["names"]:
            if not answer["addresses"]:
                continue
            known = first.setdefault(answer["name"], answer["addresses"])
            if not set(known) & set(answer["addresses"]):
                found.append((server["address"], answer["name"], answer["addresses"]))
    return found
