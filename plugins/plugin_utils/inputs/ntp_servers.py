# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs `rtf_ntp_servers` and `rtf_ntp_keys`: what they may hold.

A server is a host name or an address, or a dictionary of `host` and what ENTRY lists. A key is a dictionary of `id`, `type`
and `secret`. Checks raise ValueError with a sentence that completes "rtf_x: ...", in which no secret appears.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import named, quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import type_conversion
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.type_names import kind
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.host_syntax import is_host

# A host, or a dictionary of `host` and what ENTRY lists.
Server = str | dict[str, Any]
# Bounds of chrony's own (chrony.conf(5)); polls are powers of two, in seconds.
_POLLS = (-7, 24)
_DEFAULT_POLLS = {"minpoll": 6, "maxpoll": 10}
_LARGEST_POOL = 16
_LARGEST_KEY_ID = 2**32 - 1
# Bytes of a key of each cipher; a hash takes keys of any length.
_CIPHER_BYTES = {"AES128": 16, "AES256": 32}
KEY_TYPES = ("MD5", "SHA1", "SHA256", "SHA384", "SHA512", *_CIPHER_BYTES)


def _number(lowest: int, highest: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        try:
            found = type_conversion.integer(value)
        except ValueError:
            found = lowest - 1
        if not lowest <= found <= highest:
            raise ValueError(f"must be a number from {lowest} to {highest}, not {quoted(value)}")
        return found

    return check


# Fields of an entry besides `host`. Names are those of chrony.conf(5), but for `pool`, which is a directive there.
ENTRY: dict[str, Callable[[Any], Any]] = {
    "pool": type_conversion.boolean,
    "nts": type_conversion.boolean,
    "key": _number(1, _LARGEST_KEY_ID),
    "iburst": type_conversion.boolean,
    "prefer": type_conversion.boolean,
    "trust": type_conversion.boolean,
    "minpoll": _number(*_POLLS),
    "maxpoll": _number(*_POLLS),
    "maxsources": _number(1, _LARGEST_POOL),
}


def hosts(servers: Sequence[Server]) -> list[str]:
    """Return the host of each entry of rtf_ntp_servers."""
    return [entry["host"] if isinstance(entry, dict) else entry for entry in servers]


def nts_hosts(servers: Sequence[Server]) -> list[str]:
    """Return the hosts that are asked over NTS."""
    return [entry["host"] for entry in servers if isinstance(entry, dict) and entry.get("nts")]


def authentication(servers: Sequence[Server]) -> dict[str, str]:
    """Return `{host: "nts" or "key ID"}` of the servers that are asked with authentication."""
    entries = [entry for entry in servers if isinstance(entry, dict)]
    found = {entry["host"]: f"key {entry['key']}" for entry in entries if "key" in entry}
    return {**found, **{entry["host"]: "nts" for entry in entries if entry.get("nts")}}


def check_servers(value: Any) -> list[Server]:
    """A list of servers; returns it with the flags and numbers of its entries as such."""
    if not isinstance(value, (list, str)):
        raise ValueError(f"must be a list of host names or addresses, not a {kind(value)}")
    servers = [_typed_server(entry) for entry in type_conversion.mixed(value)]
    known = hosts(servers)
    twice = sorted({host for host in known if known.count(host) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is listed more than once")
    return servers


def _typed_server(entry: Any) -> Server:
    host = entry.get("host") if isinstance(entry, dict) else entry
    if not isinstance(host, str) or not is_host(host):
        raise ValueError(
            f"{quoted(host)} is not a valid host name or address; write it without a port, scheme or spaces"
        )
    if not isinstance(entry, dict):
        return entry
    unknown = sorted(named(name) for name in entry if name != "host" and name not in ENTRY)
    if unknown:
        raise ValueError(f"{host}: {', '.join(unknown)} is unknown; valid besides host: {', '.join(ENTRY)}")
    try:
        entry = type_conversion.fields(entry, ENTRY)
    except ValueError as problem:
        raise ValueError(f"{host}: {problem}") from None
    if entry.get("nts") and "key" in entry:
        raise ValueError(f"{host}: has both nts and key; use only one of them")
    if "maxsources" in entry and not entry.get("pool"):
        raise ValueError(f"{host}: maxsources is for a pool; add `pool: true`")
    polls = {**_DEFAULT_POLLS, **entry}
    if polls["minpoll"] > polls["maxpoll"]:
        raise ValueError(
            f"{host}: minpoll {polls['minpoll']} is above maxpoll {polls['maxpoll']}"
            + ("" if {"minpoll", "maxpoll"} <= set(entry) else "; set both")
        )
    return entry


def check_keys(value: Any) -> list[dict[str, Any]]:
    """A list of symmetric keys; returns it with their ids as numbers."""
    if not isinstance(value, (list, str)):
        raise ValueError(f"must be a list of keys {{id, type, secret}}, not a {kind(value)}")
    known: list[int] = []
    keys = []
    for position, entry in enumerate(type_conversion.rows(value), 1):
        if not isinstance(entry, dict) or set(entry) != {"id", "type", "secret"}:
            raise ValueError(f"entry {position} must have exactly id, type and secret")
        try:
            entry = type_conversion.fields(entry, {"id": _number(1, _LARGEST_KEY_ID)})
        except ValueError as problem:
            raise ValueError(f"entry {position}: {problem}") from None
        name = f"key {entry['id']}"
        if entry["type"] not in KEY_TYPES:
            raise ValueError(f"{name}: the type {quoted(entry['type'])} is unknown; valid: {', '.join(KEY_TYPES)}")
        _check_secret(name, entry["type"], entry["secret"])
        if entry["id"] in known:
            raise ValueError(f"{name} is listed more than once")
        known.append(entry["id"])
        keys.append(entry)
    return keys


def _check_secret(name: str, key_type: str, secret: Any) -> None:
    if not isinstance(secret, str) or not secret:
        raise ValueError(f"{name}: the secret must be a string in quotes, and not empty")
    if not re.fullmatch(r"[!-~]+", secret):
        raise ValueError(
            f"{name}: the secret must consist of visible ASCII characters; write any other secret as HEX:..."
        )
    if secret.startswith("HEX:") and not re.fullmatch(r"HEX:([0-9A-Fa-f]{2})+", secret):
        raise ValueError(
            f"{name}: the secret begins with HEX: and must be followed by an even number of hexadecimal digits"
        )
    length = (len(secret) - 4) // 2 if secret.startswith("HEX:") else len(secret.removeprefix("ASCII:"))
    if key_type in _CIPHER_BYTES and length != _CIPHER_BYTES[key_type]:
        raise ValueError(
            f"{name}: a key of {key_type} has {_CIPHER_BYTES[key_type]} bytes, and the secret has {length}"
        )
    if not length:
        raise ValueError(f"{name}: the secret must not be empty")


def missing_keys(servers: Sequence[Server], keys: Sequence[dict[str, Any]]) -> list[str]:
    """Return a sentence for each server whose key is not among the keys; both passed their own checks."""
    known = {entry["id"] for entry in keys}
    return [
        f"{entry['host']} uses key {entry['key']}, which rtf_ntp_keys does not contain"
        for entry in servers
        if isinstance(entry, dict) and "key" in entry and entry["key"] not in known
    ]
