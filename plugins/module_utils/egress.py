# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a host name to a proven connection: the layers of one endpoint, one after another."""

import collections
import re
import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import (
    dialing,
    findings,
    ntp_client,
    pool,
    resolving,
    tls,
)

PROTOCOLS = ["https", "amqp_wss", "wss", "lumberjack", "tls", "tcp", "ntp"]

Endpoint = collections.namedtuple("Endpoint", ["id", "host", "port", "protocol", "server_name"])

# No scheme, port, path, brackets, blank or control character; letters beyond ASCII are left to the resolver.
_NAME = re.compile(r"[-.0-9A-Za-z_\u0080-\U0010ffff]{1,253}")

_CERTIFICATE_VERDICTS = (findings.TLS_UNTRUSTED, findings.TLS_NAME_MISMATCH, findings.TLS_EXPIRED)


def is_host(text):
    """True for a bare host name or address."""
    if ":" not in text:
        return _NAME.fullmatch(text) is not None
    try:
        socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except OSError:
        return False
    return True


def endpoint_of(row):
    """The Endpoint for a dict of its fields; id and server_name may be None."""
    return Endpoint(
        row["id"] or "%s:%d" % (row["host"], row["port"]),
        row["host"],
        row["port"],
        row["protocol"],
        row["server_name"] or row["host"].rstrip("."),
    )


class Prober(object):
    """Probes endpoints; `timeout`: seconds for each layer, `trust`: the ssl.SSLContext that verifies."""

    def __init__(self, timeout, trust):
        self._timeout = timeout
        self._trust = trust
        self._accepting = tls.accepting_context()
        self._resolver = resolving.Resolver()

    def probe_all(self, endpoints, concurrency, deadline_seconds, deadline):
        """One result row for each of `endpoints`, in their order, when `deadline` has passed at the latest."""
        traces = [findings.Trace() for endpoint in endpoints]
        jobs = [self._job(endpoint, trace) for endpoint, trace in zip(endpoints, traces)]
        rows = []
        for endpoint, trace, outcome in zip(endpoints, traces, pool.run_all(jobs, concurrency, deadline)):
            if not outcome.done:
                told = trace.unfinished(deadline_seconds)
            elif outcome.error is not None:
                told = trace.result(findings.ERROR, findings.unforeseen(outcome.error))
            else:
                told = outcome.value
            rows.append(_row(endpoint, told))
        return rows

    def _job(self, endpoint, trace):
        return lambda: self._probe(endpoint, trace)

    def _probe(self, endpoint, trace):
        trace.start()
        walk = self._ask_time if endpoint.protocol == "ntp" else self._connect
        try:
            detail = walk(endpoint, trace)
        except findings.LayerFailed as failure:
            return trace.result(failure.verdict, failure.detail)
        return trace.result(findings.REACHABLE, detail)

    def _resolve(self, endpoint, trace):
        with trace.layer("dns"):
            addresses = self._resolver.resolve(endpoint.host, self._timeout)
        trace.note(addresses=addresses)
        return addresses

    def _ask_time(self, endpoint, trace):
        addresses = self._resolve(endpoint, trace)
        with trace.layer("ntp"):
            reply, address = ntp_client.ask(addresses, endpoint.port, self._timeout)
        trace.note(address=address, ntp={"offset": reply.offset, "stratum": reply.stratum})
        if reply.kiss is not None:
            return "the server refuses to tell the time (%s)" % reply.kiss
        if not reply.synchronised:
            return "the server answers but is not synchronised itself (stratum %d)" % reply.stratum
        return None

    def _connect(self, endpoint, trace):
        addresses = self._resolve(endpoint, trace)
        with trace.layer("tcp"):
            sock, address = dialing.dial(addresses, endpoint.port, self._timeout)
        trace.note(address=address)
        if endpoint.protocol == "tcp":
            sock.close()
            return None
        with trace.layer("tls"):
            self._shake_hands(endpoint, trace, sock, address)
        return None

    def _shake_hands(self, endpoint, trace, sock, address):
        try:
            secured = tls.handshake(self._trust, sock, endpoint.server_name, self._timeout)
        except findings.LayerFailed as failure:
            if failure.verdict not in _CERTIFICATE_VERDICTS:
                raise
            answer = self._who_answers(endpoint, address)
            trace.note(tls=answer)
            raise tls.explained(failure, answer, self._trust, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        trace.note(tls=tls.describe(secured))
        secured.close()

    def _who_answers(self, endpoint, address):
        """The certificate that the checks refused, as tls.describe() tells it; None when it is not shown again."""
        try:
            sock, dummy_address = dialing.dial([address], endpoint.port, self._timeout)
            secured = tls.handshake(self._accepting, sock, endpoint.server_name, self._timeout)
        except findings.LayerFailed:
            return None
        answer = tls.describe(secured)
        secured.close()
        return answer


def _row(endpoint, told):
    """Every field of the contract, whatever the row came to."""
    row = {"id": endpoint.id, "host": endpoint.host, "port": endpoint.port, "protocol": endpoint.protocol,
           "path": "direct", "address": None, "addresses": [], "tls": None, "ntp": None}
    row.update(told)
    return row
