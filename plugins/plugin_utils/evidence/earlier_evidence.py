# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether evidence of a host that was collected earlier in a run has all that a later step asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Options of host_info that have to be the same; what they are without a value is the module's default.
SAME = {"settings_file": "", "dns_address": "127.0.0.1", "arp_sweep": False, "clock_settled": False}
# Lists of which the earlier one has to have every entry, and those that mean something else with one more.
AMONG = ("sections", "sysctls", "kernel_modules", "kernel_options", "accounts", "directories", "device_settings")
EQUAL = ("proxy_hashes",)
# Stands for entries of EQUAL that are the same by construction: digests of secrets are handed to no task.
AS_ASKED = "as asked"
# Nodes that are changed keep the audit waiting for all of them; what others have shown by then may not hold any more.
LIFETIME = 300 * 10**9  # nanoseconds


def covers(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether `known`, the options of a call of host_info and the `host` that it returned, answers the options `wanted`.

    Options that are in none of the lists above, such as files and blocks, are never covered.
    """
    options, host = known.get("options") or {}, known.get("host") or {}
    if not host or not set(_entries(wanted, "sections")) <= set(host) or set(wanted) - {*SAME, *AMONG, *EQUAL}:
        return False
    return (
        all(options.get(name, default) == wanted.get(name, default) for name, default in SAME.items())
        and all(_entries(options, name) >= _entries(wanted, name) for name in AMONG)
        and all(options.get(name) == AS_ASKED or _entries(options, name) == _entries(wanted, name) for name in EQUAL)
    )


def is_recent(known: Mapping[str, Any], now: int) -> bool:
    """Whether `known` was `made` at most LIFETIME ago, or says nothing of its age. now: nanoseconds, as it counts them."""
    return now - int(known.get("made", now)) <= LIFETIME


def handed_on(collected: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the options `collected` of a call that a later step has to know, which will ask for `wanted`.

    None where that call was about other proxies.
    """
    if any(_entries(collected, name) != _entries(wanted, name) for name in EQUAL):
        return {}
    return {
        **{name: collected[name] for name in (*SAME, *AMONG) if name in collected},
        **dict.fromkeys(EQUAL, AS_ASKED),
    }


def evidence_for(wanted: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a call with the options `wanted` would have returned, out of the evidence of one that collected more."""
    return {name: value for name, value in host.items() if name in {"privileged", *_entries(wanted, "sections")}}


def _entries(options: Mapping[str, Any], name: str) -> set[str]:
    return {str(entry) for entry in options.get(name) or ()}
