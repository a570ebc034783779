# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe endpoints over each of their paths: which attempts run when, and the result row of each endpoint."""

import collections
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import protocol_registry
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.attempt import HOLD_LAYER, Attempt
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    connection_paths,
    proxy_concurrency,
    resolver,
    sinkholes,
    verdict_causes,
    verdicts,
)

_NEARLY = 0.9  # of the time for a layer
_NOT_AGAIN = (verdicts.OK, verdicts.DROPPED, verdicts.UNRESOLVED, verdicts.NO_REPLY, verdicts.SMTP_FAILED)

# Fields of an endpoint's row that the results of its paths do not have.
_OF_ENDPOINT = ("id", "host", "port", "protocol", "other_paths")

Network = collections.namedtuple("Network", ["seconds", "contexts", "resolver", "routes"])
Network.__doc__ = """What all attempts share. seconds: for each layer; contexts: tls_layer.Contexts; routes: a connection_paths.Routes."""


class Prober:
    """Probes endpoints.

    timeout: seconds for each layer; contexts: tls_layer.Contexts; proxies: {path: proxy_url.Proxy}; lookup: a function like
    socket.getaddrinfo; segment: as for tcp_connect.dial.
    """

    def __init__(self, timeout, contexts, proxies=None, lookup=socket.getaddrinfo, segment=None):
        names = resolver.Resolver(lookup)
        routes = connection_paths.Routes(timeout, names, proxies or {}, segment)
        self._network = Network(timeout, contexts, names, routes)

    def probe_all(self, endpoints, concurrency, deadline_seconds, deadline):
        """One result row for each of `endpoints`, in their order, when `deadline` has passed at the latest.

        The first path of each endpoint decides. It is tried before any other, and once more if it timed out: one such
        attempt at a time through a proxy, which then has nothing else to do. At least half of the time that is left by
        then remains for the other paths, which hold no connection.
        """
        tries = [
            [
                _Try(endpoint if path == endpoint.paths[0] else endpoint._replace(idle=0), path)
                for path in endpoint.paths
            ]
            for endpoint in endpoints
        ]
        deciding = [row[0] for row in tries]
        others = [
            one for place in range(1, len(connection_paths.PATHS)) for row in tries for one in row[place : place + 1]
        ]
        self._run(deciding, concurrency, deadline)
        late = [one for one in deciding if one.outcome.done and self._late(one.outcome.value or {})]
        self._try_again(late, concurrency, deadlines.Deadline(deadline.remaining() / 2) if others else deadline)
        self._run(others, concurrency, deadline)
        self._diagnose(deciding, concurrency, deadline)
        return [_row(row[0].endpoint, [_result_of(one, deadline_seconds) for one in row]) for row in tries]

    def _run(self, tries, concurrency, deadline, most=proxy_concurrency.A_FEW):
        """Give each of `tries` its outcome."""
        turns = proxy_concurrency.ProxyTurns([one.path for one in tries], most, self._late)
        for number, one in enumerate(tries):
            one.trace = verdicts.Trace(self._note_hold(turns, number))
        outcomes = thread_pool.run_all([self._job(one) for one in tries], concurrency, deadline, turns)
        for one, outcome in zip(tries, outcomes):
            one.outcome = outcome

    @staticmethod
    def _note_hold(turns, number):
        return lambda layer: turns.hold(number) if layer == HOLD_LAYER else None

    def _try_again(self, late, concurrency, deadline):
        again = [_Try(one.endpoint, one.path) for one in late]
        self._run(again, concurrency, deadline, most=1)
        for first, second in zip(late, again):
            if second.outcome.done:
                first.outcome, first.trace, first.attempts = second.outcome, second.trace, 2

    def _diagnose(self, tries, concurrency, deadline):
        """Add to the outcomes what further probes find out of the reason of a failure."""
        failed = [one for one in tries if one.outcome.done and (one.outcome.value or {}).get("cause")]
        jobs = [self._further(one) for one in failed]
        turns = proxy_concurrency.ProxyTurns(
            [one.path for one in failed], proxy_concurrency.A_FEW, lambda dummy_result: False
        )
        for one, outcome in zip(failed, thread_pool.run_all(jobs, concurrency, deadline, turns)):
            if outcome.value:
                result = one.outcome.value
                detail = "; ".join(text for text in (result["detail"], outcome.value["detail"]) if text)
                result.update(cause=outcome.value["cause"], detail=detail)

    def _further(self, one):
        """A job that returns a dict of what is found out, empty for nothing."""
        attempt = Attempt(one.endpoint, one.path, verdicts.Trace(), self._network)
        protocol = protocol_registry.PROTOCOLS[one.endpoint.protocol]
        return lambda: dict(zip(("cause", "detail"), protocol.diagnose(attempt, one.outcome.value["cause"]) or ()))

    def _late(self, result):
        """Whether a second attempt could end better: a layer took as long as it may, or a proxy cut the connection.

        DNS, NTP and direct TCP connections are left out: their clients repeat lost packets within the same attempt. So is SMTP,
        where an attempt waits for long.
        """
        if result.get("verdict") == verdicts.PROXY_BROKEN:
            return True
        last = (result.get("layers") or [None])[-1]
        if last is None or last["verdict"] in _NOT_AGAIN:
            return False
        return last["layer"] != HOLD_LAYER and last["elapsed"] >= self._network.seconds * _NEARLY

    def _job(self, one):
        return lambda: self._probe(one.endpoint, one.path, one.trace)

    def _probe(self, endpoint, path, trace):
        trace.start()
        protocol = protocol_registry.PROTOCOLS[endpoint.protocol]
        try:
            remark = protocol.probe(Attempt(endpoint, path, trace, self._network))
        except verdicts.LayerFailed as failure:
            result = trace.result(failure.verdict, failure.detail, failure.cause)
            return _with_loopback(endpoint, result) if path == connection_paths.DIRECT else result
        return trace.result(verdicts.REACHABLE, remark)


class _Try:
    """One endpoint over one path."""

    def __init__(self, endpoint, path):
        self.endpoint = endpoint
        self.path = path
        self.trace = None
        self.outcome = None
        self.attempts = 1


def unprobed(path, reason):
    """Every field of the result for a path that was not probed, for a reason that is one sentence."""
    return dict(_empty(path, 0), **verdicts.Trace().result(verdicts.UNTESTED, reason))


def _empty(path, attempts):
    result = {
        "path": path,
        "address": None,
        "addresses": [],
        "tls": None,
        "passthrough": None,
        "cause": None,
        "attempts": attempts,
    }
    result.update(dict.fromkeys(protocol_registry.EVIDENCE))
    return result


def _result_of(one, deadline_seconds):
    """Every field of the result for one path, whatever its outcome."""
    result = _empty(one.path, one.attempts)
    if not one.outcome.done:
        result.update(one.trace.unfinished(deadline_seconds))
    elif one.outcome.error is not None:
        result.update(one.trace.result(verdicts.ERROR, verdicts.unforeseen(one.outcome.error)))
    else:
        result.update(one.outcome.value)
    return result


def _with_loopback(endpoint, result):
    """The result of a failure; that a name resolves to this host itself is the reason of any."""
    reason = sinkholes.of_this_host(endpoint.host, result.get("addresses"))
    if reason:
        result.update(
            cause=verdict_causes.SINKHOLE, detail=f"{result['detail']}; {reason}" if result["detail"] else reason
        )
    return result


def _row(endpoint, results):
    """The result of an endpoint: that of its first path, and the others as `other_paths`."""
    row = {"id": endpoint.id, "host": endpoint.host, "port": endpoint.port, "protocol": endpoint.protocol}
    row.update(results[0])
    row["other_paths"] = results[1:]
    return row


def result_of_path(row):
    """The result of the first path of an endpoint, without what names the endpoint."""
    return {field: value for field, value in row.items() if field not in _OF_ENDPOINT}
