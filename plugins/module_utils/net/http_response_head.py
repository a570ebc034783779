# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The head of an HTTP/1 response, from bytes as they arrive (RFC 9112); no sockets here."""

import collections
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable, printable_text

# More than a real server sends.
LONGEST_HEAD = 32768
_STATUS_LINE = re.compile(r"HTTP/1\.[01] ([1-9]\d\d)(?: (.*))?\Z")
_END = re.compile(b"\r?\n\r?\n")

Head = collections.namedtuple("Head", ["status", "reason", "headers", "repeated"])
Head.__doc__ = """status: int; reason: text of the status line; headers: {name in lower case: value, the first if several};
repeated: {name in lower case: list of all values}.

All text is printable and bounded: the peer is not trusted.
"""


class HttpError(ValueError):
    """The bytes are not the head of an HTTP response."""


class HeadReader:
    """Takes bytes until the head of the final response is complete; `rest` holds the bytes that follow it.

    Interim responses (RFC 9110, 15.2), such as 103 Early Hints, come before it, and are skipped: all but 101, which is final.
    """

    def __init__(self):
        self._data = bytearray()
        self._skipped = 0
        self.head = None
        self.rest = b""

    def feed(self, data):
        """Take more bytes; True once the head is complete. Raises HttpError as soon as it cannot become one."""
        self._data += data
        while True:
            if not could_be_http(bytes(self._data[:7])):
                raise HttpError(f"the answer is not HTTP but starts with {printable(bytes(self._data[:40]))}")
            room = LONGEST_HEAD - self._skipped
            end = _END.search(self._data, 0, room)
            if end is None:
                if len(self._data) >= room:
                    raise HttpError(f"the head of the answer is longer than {LONGEST_HEAD} bytes")
                return False
            head = _parse(bytes(self._data[: end.start()]))
            if not _is_interim(head):
                self.head, self.rest = head, bytes(self._data[end.end() :])
                return True
            self._skipped += end.end()
            del self._data[: end.end()]

    def begun(self):
        """Whether any byte was received."""
        return bool(self._data) or self._skipped > 0


def could_be_http(start):
    """Whether these bytes can be the start of an HTTP/1 response."""
    return b"HTTP/1."[: len(start)] == start[:7]


def _is_interim(head):
    return 100 <= head.status < 200 and head.status != 101


def _parse(data):
    lines = data.decode("latin-1").replace("\r\n", "\n").split("\n")
    found = _STATUS_LINE.match(lines[0])
    if not found:
        raise HttpError(f"the answer has no status line: it starts with {printable_text(lines[0])}")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers.setdefault(printable_text(name.strip().lower()), []).append(printable_text(value.strip()))
    first = {name: values[0] for name, values in headers.items()}
    return Head(int(found.group(1)), printable_text((found.group(2) or "").strip()), first, headers)
