# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New connections through a load balancer: which listener of the run each one reaches, and what arrives there.

The request is sent in the TLS ClientHello. A load balancer that passes TLS through delivers it; one that terminates TLS
answers the ClientHello itself, and then the request is sent within TLS, to find out to which node it is forwarded.
"""

import collections
import socket
import ssl

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    request_framing,
    tcp_probes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tcp_connect, verdicts

PASSED, ENDED, NONE = "passed_through", "ended", "no_proof"
KEPT, ANNOUNCED, HIDDEN = "kept", "announced", "hidden"
_TLS_HANDSHAKE = b"\x16\x03"
_LIMIT = 16384

# tls: PASSED, ENDED or NONE. name: of the listener that answered, or None. source: KEPT, ANNOUNCED or HIDDEN. seen: the
# address that the listener saw. reason: why there was no proof.
Reached = collections.namedtuple("Reached", "tls name source seen reason")


def probe(key, host, port, connections, timeout, seconds):
    """Return `{"connections", "reached": [{"name", "tls", "source", "seen", "count"}], "failures": [{"reason", "count"}]}`."""
    deadline = deadlines.Deadline(seconds)
    try:
        address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
    except OSError as problem:
        reason = f"{host} does not resolve: {problem.strerror}"
        return {"connections": 0, "reached": [], "failures": [{"reason": reason, "count": connections}]}
    jobs = [lambda: _connect(key, address, host, port, timeout)] * connections
    counts, failures = collections.Counter(), collections.Counter()
    for finished in thread_pool.run_all(jobs, 8, deadline):
        if finished.error is not None:
            raise finished.error
        if not finished.done:
            failures["the deadline passed"] += 1
        elif finished.value.tls == NONE:
            failures[finished.value.reason] += 1
        else:
            counts[finished.value._replace(reason=None)] += 1
    return {
        "connections": connections,
        "reached": [
            {"name": one.name, "tls": one.tls, "source": one.source, "seen": one.seen, "count": count}
            for one, count in sorted(counts.items())
        ],
        "failures": [{"reason": reason, "count": count} for reason, count in failures.most_common()],
    }


def _connect(key, address, host, port, timeout):
    nonce = next(tcp_probes.new_nonces())
    request = keyed_proof.ask(key, nonce)
    try:
        sock, dummy = tcp_connect.dial([address], port, timeout)
        with sock:
            sock.sendall(_greeting(request, host))
            data = sock.recv(_LIMIT)
            if data[:2] != _TLS_HANDSHAKE:
                return _judge(key, nonce, data, sock.getsockname(), PASSED)
        sock, dummy = tcp_connect.dial([address], port, timeout)
        with _context(None).wrap_socket(sock, server_hostname=_server_name(host)) as secured:
            secured.sendall(request)
            return _judge(key, nonce, secured.recv(_LIMIT), secured.getsockname(), ENDED)
    except verdicts.LayerFailed as failure:
        return _nothing(failure.detail)
    except ssl.SSLError as problem:
        return _nothing("TLS: %s" % (problem.reason or problem))
    except socket.timeout:
        return _nothing(f"connected, but no proof within {timeout:g} s")
    except OSError as problem:
        return _nothing(f"the connection was cut: {problem.strerror}")


def _nothing(reason):
    return Reached(NONE, None, None, None, reason)


def _judge(key, nonce, data, own, tls):
    found = keyed_proof.read_answer(key, nonce, data) if data else None
    if found is None:
        return _nothing("another program answers" if data else "the connection was closed without a proof")
    source = HIDDEN if found.source != own[0] else ANNOUNCED if found.announced else KEPT
    return Reached(tls, found.name, source, found.source, None)


def _context(request):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The certificate does not matter: the listener proves its identity by the key of the run.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if request is not None:
        context.set_alpn_protocols(["h2", "http/1.1", request_framing.protocol_name(request)])
    return context


def _server_name(host):
    return host if any(letter.isalpha() for letter in host) else None


def _greeting(request, host):
    """The bytes of a ClientHello that carries a request."""
    outgoing = ssl.MemoryBIO()
    talk = _context(request).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=_server_name(host))
    try:
        talk.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake cannot finish before the peer has sent anything")
