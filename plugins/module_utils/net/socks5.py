# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's side of SOCKS5 (RFC 1928, RFC 1929) as bytes in, bytes out; no sockets here."""

import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts

_VERSION, _AUTH_VERSION, _CONNECT = 5, 1, 1
_NO_AUTH, _USERNAME, _NONE_ACCEPTED = 0, 2, 0xFF
_IPV4, _NAME, _IPV6 = 1, 3, 4
_REPLIES = {
    1: (verdicts.PROXY_FAILED, "general failure"),
    2: (verdicts.PROXY_DENIED, "not allowed by the ruleset"),
    3: (verdicts.PROXY_FAILED, "network unreachable"),
    4: (verdicts.PROXY_FAILED, "host unreachable, or the name is unknown to it"),
    5: (verdicts.PROXY_FAILED, "connection refused by the endpoint"),
    6: (verdicts.PROXY_FAILED, "no answer from the endpoint (TTL expired)"),
    7: (verdicts.PROXY_DENIED, "it does not support CONNECT"),
    8: (verdicts.PROXY_DENIED, "it does not support this type of address"),
}


class Client:
    """Asks `proxy` for a connection to host and port; a name is left to the proxy to resolve.

    `done` when the connection is open; `rest` holds the bytes that follow the answer.
    """

    def __init__(self, proxy, host, port):
        self._proxy = proxy
        self._target = f"{host}:{port}"
        self._request = struct.pack("!BBB", _VERSION, _CONNECT, 0) + _address(host) + struct.pack("!H", port)
        self._state = self._method
        self._data = b""
        self.done = False
        self.rest = b""

    def opening(self):
        """The bytes to send first."""
        methods = [_NO_AUTH] if self._proxy.username is None else [_NO_AUTH, _USERNAME]
        return struct.pack("!BB", _VERSION, len(methods)) + bytes(bytearray(methods))

    def feed(self, data):
        """Take bytes of the proxy; returns what to send in turn. Raises LayerFailed."""
        self._data += data
        answer = b""
        while not self.done:
            step = self._state()
            if step is None:
                break
            answer += step
        else:
            self.rest, self._data = self._data, b""
        return answer

    def unanswered(self):
        """Whether the request for the endpoint was sent, and nothing of an answer has arrived."""
        return self._state == self._reply and not self._data

    def _take(self, count):
        """The next `count` bytes as a bytearray, or None when they are not there yet."""
        if len(self._data) < count:
            return None
        taken, self._data = bytearray(self._data[:count]), self._data[count:]
        return taken

    def _method(self):
        self._check_version(_VERSION)
        reply = self._take(2)
        if reply is None:
            return None
        if reply[1] == _NO_AUTH:
            self._state = self._reply
            return self._request
        if reply[1] == _USERNAME and self._proxy.username is not None:
            self._state = self._authentication
            username, password = self._proxy.username.encode("utf-8"), self._proxy.password.encode("utf-8")
            return (
                struct.pack("!BB", _AUTH_VERSION, len(username))
                + username
                + struct.pack("!B", len(password))
                + password
            )
        if self._proxy.username is None:
            raise verdicts.LayerFailed(verdicts.PROXY_AUTH, "the SOCKS5 proxy requires authentication")
        if reply[1] == _NONE_ACCEPTED:
            raise verdicts.LayerFailed(
                verdicts.PROXY_AUTH, "the SOCKS5 proxy does not support authentication by user name and password"
            )
        raise verdicts.LayerFailed(
            verdicts.PROXY_BROKEN, f"the SOCKS5 proxy chose method {reply[1]}, which was not offered"
        )

    def _authentication(self):
        reply = self._take(2)
        if reply is None:
            return None
        if reply[1] != 0:
            raise verdicts.LayerFailed(
                verdicts.PROXY_AUTH, "the SOCKS5 proxy rejects the configured user name and password"
            )
        self._state = self._reply
        return self._request

    def _reply(self):
        self._check_version(_VERSION)
        head = bytearray(self._data[:5])
        if len(head) >= 2 and head[1] != 0:
            verdict, reason = _REPLIES.get(head[1], (verdicts.PROXY_BROKEN, "an unknown reason"))
            raise verdicts.LayerFailed(
                verdict, f"the SOCKS5 proxy answered for {self._target}: {reason} (code {head[1]})"
            )
        if len(head) < 5:
            return None
        lengths = {_IPV4: 4, _IPV6: 16, _NAME: 1 + head[4]}
        if head[3] not in lengths:
            raise verdicts.LayerFailed(
                verdicts.PROXY_BROKEN, f"the SOCKS5 proxy answered with an address of unknown type {head[3]}"
            )
        if self._take(4 + lengths[head[3]] + 2) is None:
            return None
        self.done = True
        return b""

    def _check_version(self, wanted):
        first = bytearray(self._data[:1])
        if first and first[0] != wanted:
            raise verdicts.LayerFailed(
                verdicts.PROXY_BROKEN, f"the proxy is not a SOCKS5 proxy: its answer starts with byte {first[0]}"
            )


def _address(host):
    for family, kind in ((socket.AF_INET, _IPV4), (socket.AF_INET6, _IPV6)):
        try:
            return struct.pack("!B", kind) + socket.inet_pton(family, host)
        except (OSError, UnicodeError):
            continue
    try:
        name = host.rstrip(".").encode("ascii")
    except UnicodeError:
        name = host.rstrip(".").encode("idna")
    return struct.pack("!BB", _NAME, len(name)) + name
