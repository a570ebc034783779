# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question and its answer by which a listener of the same run proves that it, and nobody else, was reached.

Both carry a code (HMAC-SHA256, shortened) made with a key that only this run knows. The answer repeats the nonce of
the question, so an old answer proves nothing, and says who gives it, on which port, whom it saw asking, and when.
Pure functions on bytes. Nothing is ever longer in the answer than a datagram carries everywhere.
"""

import collections
import hashlib
import hmac
import socket
import struct

NONCE_SIZE = 16
_CODE_SIZE = 16
_ASK, _ANSWER = b"hpQ1", b"hpA1"
ASK_SIZE = len(_ASK) + 1 + NONCE_SIZE + _CODE_SIZE
_FIELDS = struct.Struct(">ddH4sHB")
_NAME_LIMIT = 255
ANSWER_LIMIT = len(_ANSWER) + NONCE_SIZE + _FIELDS.size + _NAME_LIMIT + _CODE_SIZE

# What a question wants: a proof, and nothing else so far.
PROVE = b"p"

# name: what the listener calls itself. port: the listener's. source, source_port: who asked, as the listener saw it.
# received, sent: the listener's clock.
Answer = collections.namedtuple("Answer", "name port source source_port received sent")


def _code(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()[:_CODE_SIZE]


def ask(key, nonce, purpose=PROVE):
    """Return the bytes of a question. key: bytes; nonce: NONCE_SIZE bytes that this key never saw before."""
    head = _ASK + purpose + nonce
    return head + _code(key, head)


def read_ask(key, data):
    """Return (purpose, nonce) of a question at the start of `data`, or None for anything else."""
    if len(data) < ASK_SIZE or data[: len(_ASK)] != _ASK:
        return None
    head, code = data[: ASK_SIZE - _CODE_SIZE], data[ASK_SIZE - _CODE_SIZE : ASK_SIZE]
    if not hmac.compare_digest(code, _code(key, head)):
        return None
    return head[len(_ASK) : len(_ASK) + 1], head[len(_ASK) + 1 :]


def answer(key, nonce, said):
    """Return the bytes of an answer. said: an Answer."""
    name = said.name.encode("utf-8")[:_NAME_LIMIT]
    fields = _FIELDS.pack(
        said.received, said.sent, said.port, socket.inet_aton(said.source), said.source_port, len(name)
    )
    body = _ANSWER + nonce + fields + name
    return body + _code(key, body)


def nonce_of_answer(data):
    """Return the nonce that bytes claim to answer, or None; nothing is proven by it."""
    if len(data) < len(_ANSWER) + NONCE_SIZE or data[: len(_ANSWER)] != _ANSWER:
        return None
    return data[len(_ANSWER) : len(_ANSWER) + NONCE_SIZE]


def read_answer(key, nonce, data):
    """Return the Answer to the question with this nonce, or None for anything that does not prove itself."""
    if nonce_of_answer(data) != nonce:
        return None
    start = len(_ANSWER) + NONCE_SIZE
    if len(data) < start + _FIELDS.size + _CODE_SIZE:
        return None
    body, code = data[:-_CODE_SIZE], data[-_CODE_SIZE:]
    if not hmac.compare_digest(code, _code(key, body)):
        return None
    received, sent, port, source, source_port, dummy_length = _FIELDS.unpack_from(body, start)
    name = body[start + _FIELDS.size :].decode("utf-8", "replace")
    return Answer(name, port, socket.inet_ntoa(source), source_port, received, sent)
