# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP session that ends before any mail: greeting, EHLO, STARTTLS, QUIT."""

import re
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import smtp_replies, verdicts
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.exchange_failures import ExchangeFailures

# Seconds for a greeting, by the seconds for any other reply: servers delay it on purpose, to be rid of senders of spam, and
# RFC 5321, 4.5.3.2.1 has clients wait for five minutes.
PATIENCE = 4
_NAME = re.compile(r"[A-Za-z0-9][-.A-Za-z0-9]{0,252}")


def greet(stream, seconds):
    """(greeting, smtp_replies.Offer) of a server to a new connection. stream: a stream.Wire or tls_handshake.Channel.

    Raises LayerFailed(smtp_failed).
    """
    banner = _reply(stream, deadlines.Deadline(PATIENCE * seconds), PATIENCE * seconds, "greeted", 220)
    return banner.lines[0], hello(stream, seconds)


def hello(stream, seconds):
    """The Offer in the reply to EHLO, after the greeting."""
    return smtp_replies.offer(_ask(stream, f"EHLO {_own_name()}", seconds, 250))


def start_tls(stream, offered, seconds):
    """Send STARTTLS. Raises LayerFailed(starttls_missing or smtp_failed)."""
    if "STARTTLS" not in offered.extensions:
        raise verdicts.LayerFailed(verdicts.STARTTLS_MISSING, "the server does not offer STARTTLS")
    _ask(stream, "STARTTLS", seconds, 220)


def leave(stream, seconds):
    """Send QUIT, and ignore the reply."""
    try:
        stream.send(b"QUIT\r\n", deadlines.Deadline(seconds))
    except (OSError, ValueError):
        return


def _ask(stream, line, seconds, wanted):
    deadline = deadlines.Deadline(seconds)
    try:
        stream.send(line.encode("ascii") + b"\r\n", deadline)
    except (OSError, ValueError) as exc:
        raise verdicts.LayerFailed(
            verdicts.SMTP_FAILED, f"cut before {line} ({getattr(exc, 'strerror', None) or exc})"
        ) from exc
    return _reply(stream, deadline, seconds, f"answered {line.split()[0]}", wanted)


def _reply(stream, deadline, seconds, what, wanted):
    reader = smtp_replies.ReplyReader()
    with ExchangeFailures(verdicts.SMTP_FAILED, smtp_replies.SmtpError, "reply of an SMTP server", seconds):
        while True:
            data = stream.receive(deadline)
            if not data:
                raise smtp_replies.SmtpError("the server closed the connection without an answer")
            reply = reader.feed(data)
            if reply is not None:
                break
    if reply.code != wanted:
        raise verdicts.LayerFailed(
            verdicts.SMTP_FAILED, f"the server {what} with {reply.code} {' '.join(reply.lines)[:200]}"
        )
    return reply


def _own_name():
    name = socket.gethostname()
    return name if _NAME.fullmatch(name) else "localhost"
