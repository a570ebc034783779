# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP and SOCKS5 proxies on the loopback interface that really pass bytes on."""

import base64
import contextlib
import socket
import struct
import threading


def head_of(sock):
    """The lines of an HTTP head."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(4096)
        if not more:
            return []
        data += more
    return data.decode("latin-1").split("\r\n")


def relay(one, other):
    """Pass bytes both ways until one side ends."""

    def copy(source, target):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=copy, args=(other, one))
    back.daemon = True
    back.start()
    copy(one, other)
    back.join(5)


class HttpProxy:
    """CONNECT to loopback. names: {name: address} it resolves; credentials: "user:password" it asks for."""

    def __init__(self, names=None, credentials=None):
        self.names = names or {}
        self.credentials = credentials
        self.asked = []

    def __call__(self, sock):
        lines = head_of(sock)
        if not lines:
            return
        method, target, dummy_version = lines[0].split(" ")
        self.asked.append((method, target))
        if self.credentials is not None:
            token = base64.b64encode(self.credentials.encode("utf-8")).decode("ascii")
            if "Proxy-Authorization: Basic " + token not in lines:
                sock.sendall(
                    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="tests"\r\n\r\n'
                )
                return
        host, dummy_colon, port = target.rpartition(":")
        try:
            upstream = socket.create_connection((self.names.get(host, host), int(port)), 5)
        except OSError:
            sock.sendall(b"HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\n\r\n")
            return
        with upstream:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            relay(sock, upstream)


class SocksProxy:
    """SOCKS5 CONNECT to loopback; the same arguments."""

    def __init__(self, names=None, credentials=None):
        self.names = names or {}
        self.credentials = credentials
        self.asked = []

    def __call__(self, sock):
        methods = self._read(sock, self._read(sock, 2)[1])
        wanted = 0 if self.credentials is None else 2
        if wanted not in bytearray(methods):
            sock.sendall(b"\x05\xff")
            return
        sock.sendall(struct.pack("!BB", 5, wanted))
        if wanted == 2:
            user = self._read(sock, bytearray(self._read(sock, 2))[1])
            password = self._read(sock, bytearray(self._read(sock, 1))[0])
            good = (user + b":" + password).decode("utf-8") == self.credentials
            sock.sendall(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return
        kind = bytearray(self._read(sock, 4))[3]
        if kind == 3:
            host = self._read(sock, bytearray(self._read(sock, 1))[0]).decode("ascii")
        else:
            host = socket.inet_ntop(
                socket.AF_INET if kind == 1 else socket.AF_INET6, self._read(sock, 4 if kind == 1 else 16)
            )
        (port,) = struct.unpack("!H", self._read(sock, 2))
        self.asked.append((host, port))
        try:
            upstream = socket.create_connection((self.names.get(host, host), port), 5)
        except OSError:
            sock.sendall(b"\x05\x05\x00\x01" + b"\0" * 6)
            return
        with upstream:
            sock.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            relay(sock, upstream)

    @staticmethod
    def _read(sock, count):
        data = b""
        while len(data) < count:
            more = sock.recv(count - len(data))
            if not more:
                raise OSError("the client is gone")
            data += more
        return data
