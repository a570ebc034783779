# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and the answer by which a listener of the same run proves that it was reached.

Both carry a code (HMAC-SHA256, shortened) made with a key that only this run knows. The answer repeats the nonce of
the request, so an old answer proves nothing, and it names the listener, its port, the source address that it saw, and the
times. Pure functions on bytes. Both tolerate padding, so that packets of any size can be tested.

Requests cross the network in clear, so anyone on the path can record one and send it again within the run. What that
yields is bounded:
* A request alone brings one answer: over UDP no longer than the request or ANSWER_LIMIT, in the shape of the request, over TCP
  one a connection.
* A stream of bytes needs a third message, the order. Its code covers the whole answer, which holds the address and port
  of the peer as the listener saw them and the times of this exchange by the listener's clock. No two exchanges have the
  same answer, so an order is good once, for one peer, on one connection; a recorded request only brings another answer.
* The order holds the number of bytes. The listener bounds the size, the duration and the number of its streams.
"""

import collections
import hashlib
import hmac
import socket
import struct

NONCE_SIZE = 16
_CODE_SIZE = 16
_ASK, _ANSWER, _ORDER = b"hpQ1", b"hpA1", b"hpO1"
ASK_SIZE = len(_ASK) + 1 + NONCE_SIZE + _CODE_SIZE
_FIELDS = struct.Struct(">ddH4sHBB")
_NAME_LIMIT = 255
ANSWER_LIMIT = len(_ANSWER) + NONCE_SIZE + _FIELDS.size + _NAME_LIMIT + _CODE_SIZE
ORDER_SIZE = len(_ORDER) + 8 + _CODE_SIZE

# The purposes of a request: a proof; a proof as long as the request; a proof and, after an order, a count of all bytes
# that follow it; a proof and, after an order, as many bytes as it orders.
PROVE, ECHO, SWALLOW, POUR = b"p", b"e", b"w", b"o"
STREAMS = (SWALLOW, POUR)

# name, port: of the listener. source, source_port: the client's address, as the listener saw it.
# received, sent: the listener's clock. announced: whether a load balancer announced the client (PROXY protocol).
Answer = collections.namedtuple("Answer", "name port source source_port received sent announced")
Answer.__new__.__defaults__ = (False,)


# From Python 3.7 on, and faster, which matters with thousands of answers.
_quick_code = getattr(hmac, "digest", None)


def _code(key, data):
    if _quick_code is not None:
        return _quick_code(key, data, "sha256")[:_CODE_SIZE]
    return hmac.new(key, data, hashlib.sha256).digest()[:_CODE_SIZE]


def ask(key, nonce, purpose=PROVE):
    """Return the bytes of a request. key: bytes; nonce: NONCE_SIZE bytes that were never used with this key."""
    head = _ASK + purpose + nonce
    return head + _code(key, head)


def read_ask(key, data):
    """Return (purpose, nonce) of a request at the start of `data`, or None for anything else."""
    if len(data) < ASK_SIZE or data[: len(_ASK)] != _ASK:
        return None
    head, code = data[: ASK_SIZE - _CODE_SIZE], data[ASK_SIZE - _CODE_SIZE : ASK_SIZE]
    if not hmac.compare_digest(code, _code(key, head)):
        return None
    return head[len(_ASK) : len(_ASK) + 1], head[len(_ASK) + 1 :]


def may_become_ask(data):
    """Whether the bytes are the start of a request, and not all of it."""
    return len(data) < ASK_SIZE and _ASK[: len(data)] == data[: len(_ASK)]


def answer(key, nonce, values):
    """Return the bytes of an answer. values: an Answer."""
    name = values.name.encode("utf-8")[:_NAME_LIMIT]
    fields = _FIELDS.pack(
        values.received,
        values.sent,
        values.port,
        socket.inet_aton(values.source),
        values.source_port,
        values.announced,
        len(name),
    )
    body = _ANSWER + nonce + fields + name
    return body + _code(key, body)


def nonce_of_answer(data):
    """Return the nonce that bytes claim to answer, or None; this proves nothing."""
    if len(data) < len(_ANSWER) + NONCE_SIZE or data[: len(_ANSWER)] != _ANSWER:
        return None
    return data[len(_ANSWER) : len(_ANSWER) + NONCE_SIZE]


def read_answer(key, nonce, data):
    """Return the Answer to the request with this nonce, or None for anything else."""
    if nonce_of_answer(data) != nonce:
        return None
    start = len(_ANSWER) + NONCE_SIZE
    if len(data) < start + _FIELDS.size + _CODE_SIZE:
        return None
    received, sent, port, source, source_port, announced, length = _FIELDS.unpack_from(data, start)
    end = start + _FIELDS.size + length
    if not hmac.compare_digest(data[end : end + _CODE_SIZE], _code(key, data[:end])):
        return None
    name = data[start + _FIELDS.size : end].decode("utf-8", "replace")
    return Answer(name, port, socket.inet_ntoa(source), source_port, received, sent, bool(announced))


def order(key, reply, size):
    """Return the bytes that order a stream of `size` bytes. reply: the bytes of the answer on this connection."""
    head = _ORDER + struct.pack(">Q", size)
    return head + _code(key, head + reply)


def read_order(key, reply, data):
    """Return the size in an order for this answer, or None for anything else."""
    head, code = data[: ORDER_SIZE - _CODE_SIZE], data[ORDER_SIZE - _CODE_SIZE : ORDER_SIZE]
    if (
        len(data) < ORDER_SIZE
        or head[: len(_ORDER)] != _ORDER
        or not hmac.compare_digest(code, _code(key, head + reply))
    ):
        return None
    return struct.unpack(">Q", head[len(_ORDER) :])[0]


def count(key, nonce, numbers):
    """Return the bytes of a count: a list of whole numbers."""
    body = nonce + struct.pack(f">{len(numbers)}Q", *numbers)
    return body + _code(key, body)


def read_count(key, nonce, data):
    """Return the numbers of `count` with this nonce, or None for anything else."""
    body, code = data[:-_CODE_SIZE], data[-_CODE_SIZE:]
    if len(body) % 8 or body[:NONCE_SIZE] != nonce or not hmac.compare_digest(code, _code(key, body)):
        return None
    return list(struct.unpack(f">{(len(body) - NONCE_SIZE) // 8}Q", body[NONCE_SIZE:]))
