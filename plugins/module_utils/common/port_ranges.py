# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports and addresses as text: "443", "30000-32767", "192.0.2.1". Pure functions."""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted


def numbers(texts):
    """Return the sorted port numbers of texts such as `["443", "30000-32767"]`, each once.

    Raises ValueError with a sentence for a text that is neither a port nor a range of ports.
    """
    found = set()
    for text in texts:
        found.update(_numbers_of(text))
    return sorted(found)


def _numbers_of(text):
    first, dash, last = str(text).partition("-")
    if first.isdigit() and (last.isdigit() if dash else not last):
        begin, end = int(first), int(last or first)
        if 1 <= begin <= end <= 65535:
            return range(begin, end + 1)
    raise ValueError(f"{quoted(text)} is neither a port from 1 to 65535 nor a range such as 30000-32767")


def texts(ports):
    """Return port numbers as the fewest texts: `[1, 2, 3, 7]` is `["1-3", "7"]`."""
    runs = []
    for port in sorted(set(ports)):
        if runs and runs[-1][1] == port - 1:
            runs[-1][1] = port
        else:
            runs.append([port, port])
    return [str(first) if first == last else f"{first}-{last}" for first, last in runs]


def is_ipv4(text):
    """Whether a text is an IPv4 address with all its four parts."""
    try:
        socket.inet_pton(socket.AF_INET, text)
        return True
    except OSError:
        return False


def bad_peers(peers):
    """One sentence for each peer `{"address", "port"}` whose address or port is not valid."""
    problems = []
    for number, peer in enumerate(peers):
        if not is_ipv4(peer["address"]):
            problems.append(f"peers[{number}].address: {quoted(peer['address'])} is not an IPv4 address")
        if not 1 <= peer["port"] <= 65535:
            problems.append(f"peers[{number}].port: {peer['port']} is not a port from 1 to 65535")
    return problems
