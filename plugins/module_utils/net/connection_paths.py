# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to an endpoint over the path that is asked for: direct, or through a proxy."""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, late_imports
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    proxy_url,
    stream,
    tcp_connect,
    verdict_causes,
    verdicts,
)

DIRECT = "direct"
PATHS = [DIRECT, proxy_url.HTTP, proxy_url.SOCKS5]


class Routes:
    """timeout: seconds for each layer; resolver: a resolver.Resolver; known: {path: proxy_url.Proxy} of what is configured.

    segment: as for tcp_connect.dial.
    """

    def __init__(self, timeout, resolver, known, segment=None):
        self._segment = segment
        self._timeout = timeout
        self._resolver = resolver
        self._proxies = known

    def open(self, path, host, port, trace):
        """A Wire to `host` and `port`. Layers are recorded in `trace`, a verdicts.Trace; raises LayerFailed."""
        if path == DIRECT:
            sock = self._dial(host, port, trace)
            return stream.Wire(sock)
        proxy = self._proxies[path]
        wire = self.open_proxy(proxy, trace)
        with trace.layer("proxy"):
            self._tunnel(wire, proxy, host, port)
        return wire

    def forwarding(self, path):
        """The Proxy that forwards HTTP in clear on a path, None where requests go to the endpoint itself."""
        return self._proxies[path] if path == proxy_url.HTTP else None

    def open_proxy(self, proxy, trace):
        """A Wire to a proxy, to which nothing was sent yet."""
        return stream.Wire(self._dial(proxy.host, proxy.port, trace, proxy))

    def _dial(self, host, port, trace, proxy=None):
        with trace.layer("dns"), _OfProxy(proxy):
            addresses = self._resolver.resolve(host, self._timeout)
        trace.note(addresses=addresses)
        with trace.layer("tcp"), _OfProxy(proxy):
            sock, address = tcp_connect.dial(addresses, port, self._timeout, self._segment)
        trace.note(address=address)
        return sock

    def _tunnel(self, wire, proxy, host, port):
        client = _client_of(proxy)(proxy, host, port)
        try:
            negotiate(wire, client, self._timeout)
        except verdicts.LayerFailed:
            wire.close()
            raise
        except (OSError, ValueError) as exc:
            wire.close()
            if isinstance(exc, socket.timeout) and client.unanswered():
                raise self._silent(proxy, host, port) from exc
            reason = f"{proxy_url.label(proxy)}: {_reason(exc, self._timeout)}"
            raise verdicts.LayerFailed(verdicts.PROXY_BROKEN, reason) from exc

    def _silent(self, proxy, host, port):
        """The LayerFailed of a proxy that waits longer for the endpoint than this probe waits for the proxy."""
        detail = (
            f"{proxy_url.label(proxy)} does not answer the request for {host} port {port} within {self._timeout:g} s"
        )
        return verdicts.LayerFailed(verdicts.PROXY_FAILED, detail, verdict_causes.PROXY_SILENT)


def _client_of(proxy):
    """The class that asks a proxy for a tunnel. A host compiles only that of a proxy it has."""
    with late_imports.LOCK:
        if proxy.path == proxy_url.HTTP:
            from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_connect as protocol
        else:
            from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import socks5 as protocol
    return protocol.Client


def negotiate(wire, client, seconds):
    """Run the handshake of `client` (http_connect.Client or socks5.Client) over `wire` until its tunnel is open."""
    deadline = deadlines.Deadline(seconds)
    wire.send(client.opening(), deadline)
    while not client.done:
        data = wire.receive(deadline)
        if not data:
            raise ConnectionAbortedError("closed the connection in the middle of the negotiation")
        answer = client.feed(data)
        if answer:
            wire.send(answer, deadline)
    if client.rest:
        wire.unread(client.rest)


def _reason(exc, seconds):
    if isinstance(exc, socket.timeout):
        return f"no answer within {seconds:g} s"
    if isinstance(exc, OSError) and exc.strerror:
        return f"cut the connection ({exc.strerror})"
    return str(exc)


class _OfProxy:
    """Failures inside are those of the proxy: nothing is known of the endpoint then."""

    def __init__(self, proxy):
        self._proxy = proxy

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, traceback):
        if self._proxy is not None and isinstance(failure, verdicts.LayerFailed):
            raise verdicts.LayerFailed(
                verdicts.PROXY_UNREACHABLE, f"{proxy_url.label(self._proxy)}: {failure.verdict}: {failure.detail}"
            )
        return False
