# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure download rates from a web server over several connections at once; the data is discarded."""

import collections
import socket
import threading
import time
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_exchange, tls_handshake, verdicts

# Seconds that one entry of the meter covers.
_STEP = 0.25
# Fewer bytes than this give no rate.
_LEAST_BYTES = 100000

# A smaller file is not downloaded repeatedly.
_WORTH_ANOTHER = 10000

Source = collections.namedtuple("Source", ["scheme", "host", "port", "target"])
Source.__doc__ = """scheme: http or https; target: the path with its query, as in an HTTP request."""


class UrlError(ValueError):
    """The text is not a URL to download from. The message never quotes it: it may hold a password."""


def source_of(url):
    """The Source of `http[s]://host[:port]/path`. Raises UrlError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlError("has no valid host and port") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UrlError("must look like https://host/path")
    if parts.username is not None:
        raise UrlError("must not contain a user name or password")
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    if not all("!" <= character <= "~" for character in target):
        raise UrlError("contains spaces or other characters that must be percent-encoded")
    return Source(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), target)


class Meter:
    """Counts the bytes that several threads receive."""

    def __init__(self, most_bytes, clock=time.monotonic):
        self._lock = threading.Lock()
        self._most = most_bytes
        self._clock = clock
        self._first = self._last = None
        self._steps = {}
        self._bytes = 0

    def add(self, count):
        """Count bytes; False once the limit is reached."""
        with self._lock:
            now = self._clock()
            if self._first is None:
                # The first bytes only start the clock.
                self._first = self._last = now
                return True
            self._last = now
            self._bytes += count
            step = int((now - self._first) / _STEP)
            self._steps[step] = self._steps.get(step, 0) + count
            return self._bytes < self._most

    def reading(self):
        """{"bytes", "seconds", "mean_mbit", "peak_mbit"}; the rates are None below _LEAST_BYTES."""
        with self._lock:
            seconds = (self._last - self._first) if self._first is not None else 0.0
            mean = peak = None
            if self._bytes >= _LEAST_BYTES and seconds > 0:
                mean = round(self._bytes * 8 / seconds / 1e6, 1)
                whole = int(seconds / _STEP)
                steps = [self._steps.get(number, 0) for number in range(whole)]
                wide = max(1, int(1 / _STEP))
                windows = [sum(steps[at : at + wide]) for at in range(max(0, len(steps) - wide + 1))]
                peak = round(max(windows) * 8 / (wide * _STEP) / 1e6, 1) if windows else mean
            return {"bytes": self._bytes, "seconds": round(seconds, 3), "mean_mbit": mean, "peak_mbit": peak}


def download(source, open_wire, context, streams, seconds, most_bytes, timeout):
    """The result of the measurement: a dict with `verdict`, `detail` and the Meter's reading.

    open_wire: a function that returns a stream.Wire to the source; context: an ssl.SSLContext that verifies;
    seconds: for all of it; timeout: for each layer of a connection.
    """
    meter, deadline = Meter(most_bytes), deadlines.Deadline(seconds)

    def stream():
        while not deadline.expired():
            if not _fetch(source, open_wire, context, meter, deadline, timeout):
                return

    outcomes = thread_pool.run_all([stream] * streams, streams, deadlines.Deadline(seconds + 4 * timeout))
    result = dict(meter.reading(), verdict=verdicts.REACHABLE, detail=None)
    failures = [outcome.error for outcome in outcomes if outcome.error is not None]
    if failures and result["mean_mbit"] is None:
        failure = failures[0]
        if isinstance(failure, verdicts.LayerFailed):
            result.update(verdict=failure.verdict, detail=failure.detail)
        else:
            result.update(verdict=verdicts.ERROR, detail=verdicts.unforeseen(failure))
    elif failures:
        result["detail"] = f"{len(failures)} of {streams} connections failed: {failures[0]}"
    elif result["mean_mbit"] is None:
        result.update(verdict=verdicts.HTTP_FAILED, detail=f"only {result['bytes']} bytes were received")
    return result


def _fetch(source, open_wire, context, meter, deadline, timeout):
    """Download once. Returns whether to download again."""
    wire = open_wire()
    channel = tls_handshake.handshake(context, wire, source.host, timeout) if source.scheme == "https" else wire
    try:
        question = http_exchange.request(source.host, source.port, source.target)
        head, rest = http_exchange.head_of(channel, question, timeout)
        if head.status != 200:
            # The query of a location may hold a signature that grants access to the file.
            where = ", to {}".format(head.headers["location"].partition("?")[0]) if "location" in head.headers else ""
            raise verdicts.LayerFailed(verdicts.HTTP_FAILED, f"the answer is {head.status} {head.reason}{where}")
        size, more = len(rest), meter.add(len(rest))
        while more:
            data = channel.receive(deadline)
            if not data:
                return size >= _WORTH_ANOTHER
            size += len(data)
            more = meter.add(len(data))
        return False
    except socket.timeout:
        return False
    finally:
        channel.close()
