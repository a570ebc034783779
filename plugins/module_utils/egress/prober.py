# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a host name to a proven connection: the layers of one endpoint, one after another, over each of its paths."""

import collections
import functools
import re
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import applications, idle_check, tls_check
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    ntp_client,
    paths,
    proxy_concurrency,
    resolver,
    smtp_session,
    verdicts,
)

PROTOCOLS = ["https", "http", "amqp_wss", "wss", "lumberjack", "tls", "tcp", "ntp", "smtp", "smtps"]

_HOLDING = "idle"  # the layer in which a connection is only held
_NEARLY = 0.9  # of the time for a layer

Endpoint = collections.namedtuple(
    "Endpoint",
    [
        "id",
        "host",
        "port",
        "protocol",
        "server_name",
        "paths",
        "url_path",
        "mutual_tls",
        "client_cert",
        "client_key",
        "issuers",
        "origin",
        "starttls",
        "idle",
    ],
)

# No scheme, port, path, brackets, blank or control character; letters beyond ASCII are left to the resolver.
_NAME = re.compile(r"[-.0-9A-Za-z_\u0080-\U0010ffff]{1,253}")


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
    fields = {field: row[field] for field in Endpoint._fields}
    fields["id"] = row["id"] or f"{row['host']}:{row['port']}"
    fields["server_name"] = row["server_name"] or row["host"].rstrip(".")
    return Endpoint(**fields)


class Prober:
    """Probes endpoints.

    timeout: seconds for each layer; contexts: a securing.Contexts; proxies: {path: proxies.Proxy}; lookup: a function like
    socket.getaddrinfo.
    """

    def __init__(self, timeout, contexts, proxies=None, lookup=socket.getaddrinfo):
        self._timeout = timeout
        self._contexts = contexts
        self._resolver = resolver.Resolver(lookup)
        self._routes = paths.Routes(timeout, self._resolver, proxies or {})

    def probe_all(self, endpoints, concurrency, deadline_seconds, deadline):
        """One result row for each of `endpoints`, in their order, when `deadline` has passed at the latest.

        The first path of each endpoint decides. It is tried before any other, and once more if it timed out: one such
        attempt at a time through a proxy, which then has nothing else to do. At least half of the time that is left by
        then remains for the other paths. They are told beside, and hold no connection.
        """
        tries = [
            [
                _Try(endpoint if path == endpoint.paths[0] else endpoint._replace(idle=0), path)
                for path in endpoint.paths
            ]
            for endpoint in endpoints
        ]
        deciding = [row[0] for row in tries]
        beside = [one for place in range(1, len(paths.PATHS)) for row in tries for one in row[place : place + 1]]
        self._run(deciding, concurrency, deadline)
        late = [one for one in deciding if one.outcome.done and self._late(one.outcome.value or {})]
        self._try_again(late, concurrency, deadlines.Deadline(deadline.remaining() / 2) if beside else deadline)
        self._run(beside, concurrency, deadline)
        return [_row(row[0].endpoint, [_told(one, deadline_seconds) for one in row]) for row in tries]

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
        return lambda layer: turns.hold(number) if layer == _HOLDING else None

    def _try_again(self, late, concurrency, deadline):
        again = [_Try(one.endpoint, one.path) for one in late]
        self._run(again, concurrency, deadline, most=1)
        for first, second in zip(late, again):
            if second.outcome.done:
                first.outcome, first.trace, first.attempts = second.outcome, second.trace, 2

    def _late(self, result):
        """Whether a second attempt could end better: a layer took as long as it may, or a proxy cut the connection.

        Names, times and direct connections are left out: what asks for these repeats its packets by itself, when the rush
        is over, too.
        """
        if result.get("verdict") == verdicts.PROXY_BROKEN:
            return True
        last = (result.get("layers") or [None])[-1]
        if last is None or last["verdict"] in (verdicts.OK, verdicts.DROPPED, verdicts.UNRESOLVED, verdicts.NO_REPLY):
            return False
        return last["layer"] != _HOLDING and last["elapsed"] >= self._timeout * _NEARLY

    def _job(self, one):
        return lambda: self._probe(one.endpoint, one.path, one.trace)

    def _probe(self, endpoint, path, trace):
        trace.start()
        try:
            detail = self._walk(endpoint, path, trace)
        except verdicts.LayerFailed as failure:
            return trace.result(failure.verdict, failure.detail)
        return trace.result(verdicts.REACHABLE, detail)

    def _walk(self, endpoint, path, trace):
        """All layers of the endpoint's protocol. Returns a remark on what came through, or None."""
        if endpoint.protocol == "ntp":
            return self._ask_time(endpoint, trace)
        if endpoint.protocol == "http":
            return self._in_clear(endpoint, path, trace)
        wire = self._routes.open(path, endpoint.host, endpoint.port, trace)
        if endpoint.protocol == "tcp":
            try:
                return self._hold(endpoint, wire, trace)
            finally:
                wire.close()
        if endpoint.protocol == "smtp":
            return self._mail(endpoint, path, trace, wire)
        return self._over_tls(endpoint, path, trace, wire)

    def _in_clear(self, endpoint, path, trace):
        """HTTP without TLS: a proxy for HTTP is asked itself, as by every web client. It rarely opens tunnels to port 80."""
        proxy = self._routes.forwarding(path)
        if proxy is None:
            wire, apply = self._routes.open(path, endpoint.host, endpoint.port, trace), applications.fetch
        else:
            wire, apply = self._routes.open_proxy(proxy, trace), functools.partial(applications.fetch_by, proxy)
        try:
            with trace.layer("http"):
                return apply(endpoint, wire, self._timeout, trace)
        finally:
            wire.close()

    def _mail(self, endpoint, path, trace, wire):
        """The part of SMTP that is in clear."""
        with trace.layer("smtp"):
            try:
                banner, offered = smtp_session.greet(wire, self._timeout)
                note_mail(trace, banner, offered)
                if not endpoint.starttls:
                    smtp_session.leave(wire, self._timeout)
                    wire.close()
                    return None
                smtp_session.start_tls(wire, offered, self._timeout)
            except verdicts.LayerFailed:
                wire.close()
                raise
        return self._over_tls(endpoint, path, trace, wire)

    def _connect_for_tls(self, endpoint, path):
        """Another connection to the same place, as far as where TLS begins."""
        wire = self._routes.open(path, endpoint.host, endpoint.port, verdicts.Trace())
        if endpoint.protocol == "smtp":
            dummy_banner, offered = smtp_session.greet(wire, self._timeout)
            smtp_session.start_tls(wire, offered, self._timeout)
        return wire

    def _ask_time(self, endpoint, trace):
        with trace.layer("dns"):
            addresses = self._resolver.resolve(endpoint.host, self._timeout)
        trace.note(addresses=addresses)
        with trace.layer("ntp"):
            reply, address = ntp_client.ask(addresses, endpoint.port, self._timeout)
        trace.note(address=address, ntp={"offset": reply.offset, "stratum": reply.stratum})
        if reply.kiss is not None:
            return f"the server refuses to tell the time ({reply.kiss})"
        if not reply.synchronised:
            return f"the server answers but is not synchronised itself (stratum {reply.stratum})"
        return None

    def _over_tls(self, endpoint, path, trace, wire):
        securer = tls_check.Securer(
            self._contexts, endpoint, lambda: self._connect_for_tls(endpoint, path), self._timeout, trace
        )
        with trace.layer("tls"):
            channel = securer.secure(wire)
            if securer.intercepted is not None:
                raise self._seen_through(endpoint, channel, trace, securer.intercepted)
        if channel is None:
            return None
        try:
            return self._apply(endpoint, channel, trace)
        finally:
            channel.close()

    def _apply(self, endpoint, channel, trace):
        """What the protocol does once the connection is secure."""
        if endpoint.protocol == "https":
            with trace.layer("http"):
                return applications.fetch(endpoint, channel, self._timeout, trace, bool(endpoint.issuers))
        if endpoint.protocol in applications.SUBPROTOCOLS:
            with trace.layer("websocket"):
                remark = applications.upgrade(endpoint, channel, self._timeout, trace)
            return remark or self._hold(endpoint, channel, trace)
        if endpoint.protocol in ("smtp", "smtps"):
            with trace.layer("smtp"):
                self._mail_over_tls(endpoint, channel, trace)
            return None
        return self._hold(endpoint, channel, trace)

    def _hold(self, endpoint, stream, trace):
        if endpoint.idle:
            with trace.layer(_HOLDING):
                idle_check.hold(stream, endpoint.idle, self._timeout)
        return

    def _mail_over_tls(self, endpoint, channel, trace):
        if endpoint.protocol == "smtps":
            banner, offered = smtp_session.greet(channel, self._timeout)
            note_mail(trace, banner, offered)
        else:
            trace.amend("smtp", **smtp_session.hello(channel, self._timeout)._asdict())
        smtp_session.leave(channel, self._timeout)

    def _seen_through(self, endpoint, channel, trace, intercepted):
        """The failure of a connection that somebody decrypts: does he let it through, at least?"""
        if channel is None:
            return intercepted
        try:
            if endpoint.protocol == "https":
                applications.fetch(endpoint, channel, self._timeout, trace)
        except verdicts.LayerFailed as failure:
            if failure.verdict == verdicts.BLOCKED:
                return verdicts.LayerFailed(verdicts.BLOCKED, f"{intercepted.detail}; {failure.detail}")
        finally:
            channel.close()
        return intercepted


def note_mail(trace, banner, offered):
    """Keep what a mail server says of itself."""
    trace.note(smtp={"banner": banner, "extensions": offered.extensions, "auth": offered.auth})


class _Try:
    """One endpoint over one path."""

    def __init__(self, endpoint, path):
        self.endpoint = endpoint
        self.path = path
        self.trace = None
        self.outcome = None
        self.attempts = 1


def _told(one, deadline_seconds):
    """Every field of the contract for one path, whatever its outcome."""
    told = {
        "path": one.path,
        "address": None,
        "addresses": [],
        "tls": None,
        "passthrough": None,
        "http": None,
        "ntp": None,
        "smtp": None,
        "attempts": one.attempts,
    }
    if not one.outcome.done:
        told.update(one.trace.unfinished(deadline_seconds))
    elif one.outcome.error is not None:
        told.update(one.trace.result(verdicts.ERROR, verdicts.unforeseen(one.outcome.error)))
    else:
        told.update(one.outcome.value)
    return told


def _row(endpoint, told):
    """The result of an endpoint: that of its first path, the others below."""
    row = {"id": endpoint.id, "host": endpoint.host, "port": endpoint.port, "protocol": endpoint.protocol}
    row.update(told[0])
    row["other_paths"] = told[1:]
    return row
