# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.static_address: the node's address is there after the next boot, because the manager of its interface sets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.addresses import (
    node_address,
    private_address,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

EXPECTED = "an address that a configuration file sets at every boot"
# States of the service that reads a file, as host_info has them.
RUNS, UNKNOWN_STATE = "runs", "unknown"


@check("net.static_address")
def static_address(subject: Subject, evidence: Evidence) -> Finding:
    """The manager that configures the interface at boot sets the address by a file; no lease decides."""
    entry = node_address(subject, evidence)
    if entry is None:
        return private_address(subject, evidence)._replace(expected=EXPECTED)
    address, interface = entry["address"], entry["interface"]
    found = part(evidence, "host", "network", "persistence")
    remedy = (
        f"Configure {address} on {interface} as a static address; if the DHCP server reserves it for this node, "
        "waive this with that reason."
    )
    lease = next((lease["path"] for lease in found["leases"] if lease["address"] == address), None)
    if entry["dynamic"]:
        leased = f"{address} is a DHCP lease{f' in {lease}' if lease else ''}"
        return Finding(FAIL, EXPECTED, leased, remedy, found)
    about = [row for row in found["configurations"] if _is_about(row, interface)]
    mine = [row for row in about if row["method"] != "none" or _passed_over(row, address)]
    deciding = _deciding([row for row in mine if row["state"] == RUNS])
    doubts = [row["uncertain"] for row in deciding if row.get("uncertain")]
    if doubts:
        return Finding(UNKNOWN, EXPECTED, doubts[0], _settle(deciding, interface), found)
    if deciding:
        return _judged(deciding, address, interface, remedy)
    named = [row for row in mine if _sets(row, address)]
    read = [row for row in mine if row["state"] == UNKNOWN_STATE and row not in named]
    if named and not read:
        return _not_read(named, address, remedy, found)
    if read:
        observed = _in_words(read[0], interface)
    elif lease:
        observed = f"{address} is a DHCP lease in {lease}"
    elif found["unreadable"]:
        return Finding(
            UNKNOWN,
            EXPECTED,
            f"could not be read: {'; '.join(found['unreadable'][:3])}",
            "Run the audit with become: true.",
            found,
        )
    else:
        observed = f"{address} is set now, but by no known configuration file of {interface}" + "".join(
            f"; {row['path']} belongs to {row['service']}, which {row['state']}" for row in mine[:1]
        )
        observed = "; ".join([observed, *found["dangling"][:3]])
    return Finding(FAIL, EXPECTED, observed, remedy, found)


def _is_about(row: Row, interface: str) -> bool:
    return row["interface"] is None or fnmatchcase(interface, row["interface"])


def _passed_over(row: Row, address: str) -> list[str]:
    """The files that set the address and do not count, because another one is for the same interface."""
    return [passed["path"] for passed in row.get("passed_over", ()) if address in passed["addresses"]]


def _in_words(row: Row, interface: str) -> str:
    if row.get("ignored"):
        return f"{row['manager']} ignores {row['path']}: {row['ignored']}"
    if row["method"] == "none":
        return f"{interface} gets no address from {row['path']} ({row['manager']})"
    return f"{interface} is {row['method']} in {row['path']} ({row['manager']})"


def _sets(row: Row, address: str) -> bool:
    return address in row["addresses"] and row["method"] == "static"


def _deciding(running: Sequence[Row]) -> Sequence[Row]:
    """The rows that decide: of several managers that run, the one that alone says that it manages the interface."""
    managing = [row for row in running if row.get("managed")]
    return managing if len(managing) == 1 else running


def _judged(deciding: Sequence[Row], address: str, interface: str, remedy: str) -> Finding:
    setting = [row for row in deciding if _sets(row, address)]
    others = [row for row in deciding if row not in setting]
    files = ", ".join(dict.fromkeys(f"{row['manager']}, {row['path']}" for row in setting))
    if setting and not others:
        beside = "; DHCP may add another one" if any(row.get("leased") for row in setting) else ""
        return Finding(PASS, EXPECTED, f"{address} is set by {files}{beside}", evidence=setting)
    other = others[0]
    observed = _in_words(other, interface)
    if setting:
        observed = f"{address} is not certain to stay: {files} sets it, but {observed}, and both run"
    observed += "".join(
        f", which takes precedence over {path}, where {address} is set" for path in _passed_over(other, address)
    )
    return Finding(FAIL, EXPECTED, observed, remedy, list(deciding))


def _not_read(named: Sequence[Row], address: str, remedy: str, found: Mapping[str, Any]) -> Finding:
    """Of files that set the address, and whose service does not run or may not run."""
    if all(row["state"] == UNKNOWN_STATE for row in named):
        return Finding(
            UNKNOWN,
            EXPECTED,
            (
                f"{named[0]['path']} sets {address}, but systemd does not report whether {named[0]['service']}, which "
                "reads it, runs"
            ),
            "Make `systemctl status` work on the node.",
            found,
        )
    observed = "; ".join(
        dict.fromkeys(
            f"{row['path']} sets {address}, but {row['service']}, which reads it, {row['state']}" for row in named
        )
    )
    return Finding(FAIL, EXPECTED, observed, remedy, found)


def _settle(deciding: Sequence[Row], interface: str) -> str:
    """How to find out what the file of a manager does."""
    command = {
        "NetworkManager": f"nmcli device show {interface}",
        "systemd-networkd": f"networkctl status {interface}",
        "netplan": "netplan generate",
        "ifupdown": "ifquery --list",
    }.get(deciding[0]["manager"], f"systemctl status {deciding[0]['service']}")
    return f"Configure {interface} in one file only (`{command}`), then run the audit again."
