# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replies of an SMTP server (RFC 5321), and the extensions that it offers; no sockets here."""

import collections
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable, printable_text

# More than a real server sends.
LONGEST_REPLY = 16384
_LINE = re.compile(r"([2-5]\d\d)(?:([- ])(.*))?\Z")

Reply = collections.namedtuple("Reply", ["code", "lines"])
Reply.__doc__ = """code: int; lines: the text of each line, printable and of bounded length."""

Offer = collections.namedtuple("Offer", ["extensions", "auth"])
Offer.__doc__ = """extensions: keywords in capitals, in the server's order; auth: mechanisms in capitals, likewise."""


class SmtpError(ValueError):
    """The bytes are not a reply of an SMTP server."""


class ReplyReader:
    """Takes bytes until one reply is complete."""

    def __init__(self):
        self._data = bytearray()
        self._lines = []

    def feed(self, data):
        """Take more bytes; the Reply once it is complete, else None. Raises SmtpError as soon as it cannot become one."""
        self._data += data
        while b"\n" in self._data:
            line, dummy_end, self._data = self._data.partition(b"\n")
            found = _LINE.match(line.rstrip(b"\r").decode("utf-8", "replace"))
            if not found:
                raise SmtpError(f"the answer is not SMTP but {printable(bytes(line[:60]).strip())}")
            self._lines.append(printable_text(found.group(3) or ""))
            if found.group(2) != "-":
                if self._data:
                    raise SmtpError("the server sent more than one reply")
                return Reply(int(found.group(1)), self._lines)
        size = len(self._data) + sum(len(line) + 6 for line in self._lines)
        if size > LONGEST_REPLY or len(self._lines) > 1000:
            raise SmtpError(f"the answer is longer than {LONGEST_REPLY} bytes")
        if len(self._data) >= 3 and not re.match(rb"[2-5]\d\d", bytes(self._data)):
            raise SmtpError(f"the answer is not SMTP but starts with {printable(bytes(self._data[:60]))}")
        return None


def offer(reply):
    """The Offer in the reply to EHLO, whose first line is a greeting."""
    words = [line.upper().split() for line in reply.lines[1:] if line.split()]
    # Some servers write AUTH=PLAIN, for clients older than the standard.
    auth = [
        mechanism
        for line in words
        for first in [line[0].partition("=")]
        if first[0] == "AUTH"
        for mechanism in ([first[2]] if first[2] else []) + line[1:]
    ]
    return Offer([line[0] for line in words], list(collections.OrderedDict.fromkeys(auth)))
