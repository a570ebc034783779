# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real peers on the loopback interface, honest and hostile, for the tests of what dials them."""

import contextlib
import datetime
import os
import socket
import ssl
import struct
import tempfile
import threading
import time

import trustme

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import endpoint as endpoint_options
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import tls_layer
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tls_handshake

NAME = "peer.example.com"


@contextlib.contextmanager
def tcp_server(handle, host="127.0.0.1", port=0):
    """Serve every connection with handle(sock) in a thread of its own; yields the port, a free one for 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((host, port))
    listener.listen(50)
    thread = threading.Thread(target=_accept, args=(listener, handle))
    thread.daemon = True
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone does not wake an accept() that is under way.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _accept(listener, handle):
    while True:
        try:
            sock, dummy_peer = listener.accept()
        except OSError:
            return
        worker = threading.Thread(target=_serve, args=(sock, handle))
        worker.daemon = True
        worker.start()


def _serve(sock, handle):
    try:
        with sock:
            sock.settimeout(10)
            handle(sock)
    except OSError:
        # The client under test hung up, as it may.
        return


@contextlib.contextmanager
def udp_server(answer, host="127.0.0.1"):
    """Answer every datagram with answer(bytes), bytes or a list of them, or with nothing for None; yields the port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(0.1)
    over = threading.Event()

    def work():
        while not over.is_set():
            try:
                packet, peer = sock.recvfrom(65535)
            except OSError:  # the pause is over; before Python 3.10 that is not a TimeoutError
                continue
            reply = answer(packet)
            for each in reply if isinstance(reply, list) else [] if reply is None else [reply]:
                sock.sendto(each, peer)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield sock.getsockname()[1]
    finally:
        over.set()
        thread.join(5)
        sock.close()


@contextlib.contextmanager
def silent_port():
    """A TCP port that lets no connection come about: its backlog is full, so the kernel drops what arrives."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for dummy in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        try:
            yield address[1]
        finally:
            for filler in fillers:
                filler.close()


def time_server(ahead=0.0, stratum=2, reference=b"\0\0\0\0", delay=0.0, dispersion=0.0):
    """The answers of a server whose clock is `ahead` seconds. delay, dispersion: of its own way to a reference clock."""

    def answer(question):
        now = time.time() + ahead + 2208988800
        stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
        header = struct.pack("!BBbbII", 0x24, stratum, 6, -20, int(delay * 65536), int(dispersion * 65536)) + reference
        return header + stamp + question[40:48] + stamp + stamp

    return answer


def closed_port(kind=socket.SOCK_STREAM):
    """A port on which nothing listens."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# Seconds. More than anything here needs on a busy machine, less than those would wait who heed no limit of their own.
PATIENCE = 30


def linger(sock):
    """Hold the connection until the client ends it."""
    while sock.recv(65536):
        pass


def http_answer(data):
    """Serve one HTTP question with these bytes."""

    def handle(sock):
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = sock.recv(4096)
            if not more:
                return
            asked += more
        sock.sendall(data)

    return handle


def endpoint(port, **fields):
    """An egress.Endpoint at the loopback interface."""
    row = {
        "id": None,
        "host": "127.0.0.1",
        "port": port,
        "protocol": "tls",
        "server_name": NAME,
        "paths": ["direct"],
        "url_path": "/",
        "mutual_tls": False,
        "client_cert": None,
        "client_key": None,
        "issuers": [],
        "origin": [],
        "starttls": True,
        "idle": 0,
        "http_proxy": None,
    }
    row.update(fields)
    return endpoint_options.endpoint_of(row)


class Authority:
    """A certificate authority of the tests' own, and TLS servers with certificates of it."""

    def __init__(self, organisation="Test Authority"):
        self._ca = trustme.CA(organization_name=organisation)

    @contextlib.contextmanager
    def pem_file(self):
        with self._ca.cert_pem.tempfile() as path:
            yield path

    def contexts(self):
        """securing.Contexts that trust this authority alone."""

        def make():
            with self.pem_file() as path:
                return tls_handshake.verifying_context(path)

        return tls_layer.Contexts(make)

    def certificate(self, *names, **validity):
        """trustme's LeafCert for `names`; `not_after`: a datetime, in the past for an expired certificate."""
        return self._ca.issue_cert(*(names or (NAME,)), **validity)

    def expired(self):
        return self.certificate(not_after=datetime.datetime(2020, 1, 1))

    @contextlib.contextmanager
    def server(self, leaf=None, handle=linger, configure=None):
        """A TLS server; handle(ssl_socket) serves a finished handshake, configure(context) changes the rules."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (leaf or self.certificate()).configure_cert(context)
        self._ca.configure_trust(context)
        if configure is not None:
            configure(context)

        def secure(sock):
            with context.wrap_socket(sock, server_side=True) as secured:
                handle(secured)

        with tcp_server(secure) as port:
            yield port


@contextlib.contextmanager
def text_file(text):
    descriptor, path = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
        yield path
    finally:
        os.unlink(path)


def in_background(work):
    """Run a function beside the test."""
    thread = threading.Thread(target=work)
    thread.daemon = True
    thread.start()
