# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query one name server for the addresses of a name: over UDP, and over TCP where the answer is truncated."""

import os
import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    dns_messages,
    stream,
    tcp_connect,
    verdicts,
)

PORT = 53
# Seconds after which the query is repeated: one lost packet is not a dead server.
_REPEAT_AFTER = 1.0
_LONGEST_DATAGRAM = 4096
# The server answers over UDP, but not over TCP, which an answer needs that is longer than a datagram.
NO_TCP = "no_tcp"
_STATUSES = {0: "nodata", 2: "servfail", 3: "nxdomain", 5: "refused"}


def look_up(server, name, seconds, port=PORT):
    """(status, addresses) of a name by the server at an address, within `seconds`.

    status: `ok` when there are addresses, IPv4 or else IPv6; `nodata`, `nxdomain`, `servfail`, `refused` or `rcode N` from
    the server's answer. Raises LayerFailed: refused or rejected on an ICMP error, no_reply without a valid answer, no_tcp
    where the answer over UDP is truncated and TCP does not work.
    """
    deadline = deadlines.Deadline(seconds)
    for kind in (dns_messages.A, dns_messages.AAAA):
        answer = _ask(server, port, name, kind, deadline, seconds)
        # Resolvers take no address from an answer that reports an error (glibc, Go).
        if answer.rcode:
            break
        if answer.addresses:
            return "ok", answer.addresses
    return _STATUSES.get(answer.rcode, f"rcode {answer.rcode}"), []


def _ask(server, port, name, kind, deadline, seconds):
    try:
        asked = dns_messages.query(name, kind, struct.unpack("!H", os.urandom(2))[0])
        answer = _over_udp(server, port, asked, deadline)
        return _whole(server, port, asked, deadline, seconds) if answer.truncated else answer
    except socket.timeout:
        raise verdicts.LayerFailed(verdicts.NO_REPLY, f"no answer within {seconds:g} s") from None
    except dns_messages.DnsError as exc:
        raise verdicts.LayerFailed(verdicts.NO_REPLY, str(exc)) from exc
    except OSError as exc:
        raise verdicts.LayerFailed(tcp_connect.verdict_of(exc.errno), exc.strerror or str(exc)) from exc


def _over_udp(server, port, asked, deadline):
    """The first valid answer; other packets of the server are ignored."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    invalid = None
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(tcp_connect.sockaddr(server, port, family))
        while not deadline.expired():
            sock.send(asked)
            pause = deadlines.Deadline(min(_REPEAT_AFTER, deadline.remaining()))
            while not pause.expired():
                sock.settimeout(max(0.001, pause.remaining()))
                try:
                    return dns_messages.parse(sock.recv(_LONGEST_DATAGRAM), asked)
                except socket.timeout:
                    break
                except dns_messages.DnsError as exc:
                    invalid = exc
    if invalid is not None:
        raise invalid
    raise socket.timeout("timed out")


def _whole(server, port, asked, deadline, seconds):
    """The answer over TCP, after a truncated one over UDP."""
    try:
        return _over_tcp(server, port, asked, deadline)
    except verdicts.LayerFailed as failure:
        reason = failure.detail
    except socket.timeout:
        reason = f"{server} port {port}: no answer over TCP within {seconds:g} s"
    except (OSError, dns_messages.DnsError) as exc:
        reason = f"{server} port {port}: {getattr(exc, 'strerror', None) or exc}"
    raise verdicts.LayerFailed(NO_TCP, f"the answer over UDP is truncated, and TCP does not work: {reason}")


def _over_tcp(server, port, asked, deadline):
    sock, dummy_address = tcp_connect.dial([server], port, max(0.001, deadline.remaining()))
    wire = stream.Wire(sock)
    try:
        wire.send(struct.pack("!H", len(asked)) + asked, deadline)
        data = bytearray()
        while len(data) < 2 or len(data) < 2 + struct.unpack_from("!H", data)[0]:
            more = wire.receive(deadline)
            if not more:
                raise dns_messages.DnsError("the server closed the connection in the middle of its answer")
            data += more
        return dns_messages.parse(bytes(data[2:]), asked)
    finally:
        wire.close()
