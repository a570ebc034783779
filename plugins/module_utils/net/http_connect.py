# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's side of HTTP CONNECT (RFC 9110, 9.3.6) as bytes in, bytes out; no sockets here."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    auth_challenges,
    http_response_head,
    proxy_url,
    user_agent,
    verdict_causes,
    verdicts,
)

# Servers that are not proxies (nginx, Apache httpd, Go) refuse CONNECT with one of these; proxies use others.
_NO_PROXY_STATUSES = (400, 404, 405, 501)
# What proxies say of themselves in their answers.
_PROXY_HEADERS = ("via", "proxy-agent", "x-squid-error")


class Client:
    """Asks `proxy` for a tunnel to host and port; `done` when it is open; `rest` holds the bytes that follow the answer."""

    def __init__(self, proxy, host, port):
        self._proxy = proxy
        self._target = f"{f'[{host}]' if ':' in host else host}:{port}"
        self._reader = http_response_head.HeadReader()
        self.done = False
        self.rest = b""

    def opening(self):
        """The bytes to send first."""
        try:
            target = self._target.encode("ascii")
        except UnicodeError:
            target = self._target.encode("idna")
        lines = [
            b"CONNECT " + target + b" HTTP/1.1",
            b"Host: " + target,
            b"User-Agent: " + user_agent.NAME.encode("ascii"),
            b"Proxy-Connection: Keep-Alive",
        ]
        token = proxy_url.basic_token(self._proxy)
        if token is not None:
            lines.append(b"Proxy-Authorization: Basic " + token.encode("ascii"))
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def feed(self, data):
        """Take bytes of the proxy; returns what to send in turn, nothing here. Raises LayerFailed."""
        try:
            whole = self._reader.feed(data)
        except http_response_head.HttpError as exc:
            raise self._failed(verdicts.PROXY_BROKEN, str(exc)) from exc
        if whole:
            self._judge(self._reader.head)
            self.done, self.rest = True, self._reader.rest
        return b""

    def unanswered(self):
        """Whether the request for the endpoint was sent, and nothing of an answer has arrived."""
        return not self._reader.begun()

    def _judge(self, head):
        if 200 <= head.status <= 299:
            return
        answered = f"answered CONNECT {self._target} with {head.status} {head.reason}"
        if 300 <= head.status <= 399:
            raise self._failed(verdicts.BLOCKED, "{}, to {}".format(answered, head.headers.get("location", "nowhere")))
        if head.status in _NO_PROXY_STATUSES and not any(name in head.headers for name in _PROXY_HEADERS):
            raise self._failed(verdicts.PROXY_BROKEN, f"{answered}: this looks like a web server, not a proxy")
        raise refusal(self._proxy, head, answered)

    def _failed(self, verdict, detail):
        return verdicts.LayerFailed(verdict, proxy_url.without_secrets(detail, self._proxy))


def refusal(proxy, head, answered):
    """The LayerFailed of an answer by which `proxy` refuses; answered: the sentence on that answer."""
    cause = None
    if head.status == 407:
        verdict = verdicts.PROXY_AUTH
        cause, why = _authentication(proxy, head)
        answered = f"{answered}; {why}"
    else:
        verdict = verdicts.PROXY_FAILED if head.status >= 500 else verdicts.PROXY_DENIED
        if "x-squid-error" in head.headers:
            answered += " ({})".format(head.headers["x-squid-error"])
    return verdicts.LayerFailed(verdict, proxy_url.without_secrets(answered, proxy), cause)


def _authentication(proxy, head):
    """(cause or None, sentence): what a proxy offers in all its headers counts, not the first alone."""
    offered = auth_challenges.schemes(head.repeated.get("proxy-authenticate", ()))
    listed = ", ".join(offered) or "no scheme named"
    if offered and "basic" not in [scheme.lower() for scheme in offered]:
        return verdict_causes.NO_BASIC, f"it requires an authentication scheme other than Basic: {listed}"
    if proxy.username is None:
        return None, f"it asks for a user name and password ({listed})"
    return None, "it rejects the configured user name and password"
