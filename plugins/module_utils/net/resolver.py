# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to addresses, with the host's own resolver and a bound on the time."""

import socket
import threading

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import sinkholes, verdict_causes, verdicts

_CAUSES = {
    socket.EAI_NONAME: "the name does not exist",
    socket.EAI_AGAIN: "no name server answered",
    socket.EAI_FAIL: "the name server answered with a failure",
}
if hasattr(socket, "EAI_NODATA"):
    _CAUSES[socket.EAI_NODATA] = "the name exists but has no address"


class Resolver:
    """Looks up every name once, however many rows need it."""

    def __init__(self, lookup=socket.getaddrinfo):
        self._lookup = lookup
        self._lock = threading.Lock()
        self._under_way = {}

    def resolve(self, host, seconds):
        """The addresses of `host`, as unique strings in the order in which this host would try them.

        Raises LayerFailed(unresolved) when there is none, or none within `seconds`.
        """
        with self._lock:
            question = self._under_way.get(host)
            first = question is None
            if first:
                question = self._under_way[host] = _Question()
        if first:
            question.ask(self._lookup, host)
        return question.answer(host, seconds)


class _Question:
    """One lookup in a thread of its own, and its result."""

    def __init__(self):
        self._answered = threading.Event()
        self._addresses = None
        self._error = None

    def ask(self, lookup, host):
        def work():
            try:
                self._addresses = addresses_of(lookup(host, None, 0, socket.SOCK_STREAM))
            except Exception as exc:
                self._error = exc
            self._answered.set()

        thread_pool.start_daemon(work)

    def answer(self, host, seconds):
        if not self._answered.wait(seconds):
            raise verdicts.LayerFailed(verdicts.UNRESOLVED, f"no answer for {host} within {seconds:g} s")
        if self._error is not None:
            raise verdicts.LayerFailed(verdicts.UNRESOLVED, _explain(host, self._error))
        if not self._addresses:
            raise verdicts.LayerFailed(verdicts.UNRESOLVED, f"{host}: the name exists but has no address")
        sinkhole = sinkholes.of_no_server(host, self._addresses)
        if sinkhole:
            raise verdicts.LayerFailed(verdicts.UNRESOLVED, sinkhole, verdict_causes.SINKHOLE)
        return list(self._addresses)


def only(addresses):
    """A lookup like socket.getaddrinfo that returns these addresses for every name."""

    return lambda *dummy_question: as_answers(addresses)


def as_answers(addresses):
    """What socket.getaddrinfo returns for addresses."""
    return [
        (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 0))
        for address in addresses
    ]


def addresses_of(answers):
    """The address strings of getaddrinfo()'s `answers`: unique, in order; a scope id stays in `fe80::1%eth0`."""
    addresses = []
    for family, _dummy_type, _dummy_protocol, _dummy_name, sockaddr in answers:
        if family in (socket.AF_INET, socket.AF_INET6) and sockaddr[0] not in addresses:
            addresses.append(sockaddr[0])
    return addresses


def _explain(host, error):
    if isinstance(error, socket.gaierror):
        return "{}: {} ({})".format(host, _CAUSES.get(error.errno, "the lookup failed"), error.strerror)
    if isinstance(error, UnicodeError):
        return f"{host} is not a host name: {error}"
    return f"{host}: {verdicts.unforeseen(error)}"
