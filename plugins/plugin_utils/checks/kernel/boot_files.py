# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of sysctl.d and modules-load.d will set at the next boot."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import PREPARE
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import FORWARDING
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

# Who reads the files of each kind at boot.
READERS = {"sysctls": "systemd-sysctl.service", "modules": "systemd-modules-load.service"}
# A file whose name sorts before this sorts before that of rtf_kernel.
LAST = "zz"
READ = "Make each of these a regular file that root can read, then run the audit again."


def passed_at_boot(evidence: Evidence, what: str, expected: str, observed: str, by_files: bool = True) -> Finding:
    """Pass what the files of `sysctls` or `modules` say, but for one that was not read, and where no service reads them.

    by_files: whether it is files that make it right, and not the kernel by itself.
    """
    kernel = part(evidence, "host", "kernel")
    if by_files and READERS[what] in kernel["masked"]:
        return Finding(
            FAIL,
            expected,
            f"{observed}, but {READERS[what]}, which reads them at boot, is masked",
            f"`systemctl unmask {READERS[what]}`",
            kernel["masked"],
        )
    unread = kernel["unreadable"][what]
    if unread:
        return Finding(
            UNKNOWN, expected, f"{observed}, but these files could not be read: {joined_first(unread)}", READ, unread
        )
    return Finding(PASS, expected, "; ".join([observed, *kernel["dangling"][what]]))


def replayed(evidence: Evidence, kind: str) -> list[dict[str, Any]]:
    """`otherwise`, `refused` or `scripts` of the replay of a boot; see host_info. Nothing where there was no replay."""
    found: list[dict[str, Any]] = (part(evidence, "host", "kernel").get("boot") or {}).get(kind, [])
    return found


def at_boot_text(evidence: Evidence, entries: dict[str, Any]) -> str:
    """What will be after a boot, for evidence of sysctls that will not have their values."""
    refused = _refused(evidence, entries)
    unset = [name for name, entry in entries.items() if entry["at_boot"] is None and name not in refused]
    said = [
        f"{name} becomes {entry['at_boot']}, set by {entry['at_boot_source']}"
        for name, entry in entries.items()
        if entry["at_boot"] is not None
    ]
    said += [refusal(one) for one in refused.values()]
    return "; ".join(said or [f"no file sets {', '.join(unset)}"])


def fault_at_boot(node: str, entries: dict[str, Any]) -> str:
    """What will be wrong after a boot where that is one parameter, as a title; "" for several of them."""
    if len(entries) != 1:
        return ""
    [(name, entry)] = entries.items()
    if entry["at_boot"] is None:
        return f"{name} will not be set after the next boot of {node}"
    return f"{name} will be {entry['at_boot']} after the next boot of {node}"


def refusal(setting: dict[str, Any]) -> str:
    """Why a line sets nothing; it has taken the place of those before it."""
    if setting["value"] is None:
        return f"{setting['source']} excludes {setting['name']}"
    return f"the kernel refuses {setting['name']} = {setting['value']} of {setting['source']}"


def remedy_at_boot(evidence: Evidence, entries: dict[str, Any], wanted: Mapping[str, str]) -> str:
    """What to do about evidence of parameters that will not have their values. wanted: `{parameter: value}`."""
    refused = _refused(evidence, entries)
    sources = [one["source"] for one in refused.values()]
    for entry in entries.values():
        if entry["at_boot"] is not None:
            sources += [entry["at_boot_source"], *_alike(entry)]
    if not sources:
        return f"Write the values to a file in /etc/sysctl.d that sorts last, or {PREPARE}."
    if not refused and all(name in wanted and _overridden(entry, wanted[name]) for name, entry in entries.items()):
        return f"Write the values to a file in /etc/sysctl.d that sorts after {files_of(sources)}, or {PREPARE}."
    # A file that sorts behind it does not help against another name of the parameter, nor against another program.
    others = FORWARDING in entries or any("/sysctl.d/" not in source for source in sources)
    return f"Remove the setting from {files_of(sources)}" + (
        "." if others else ", or set the value in a file that sorts after it."
    )


def _overridden(entry: dict[str, Any], value: str) -> bool:
    """Whether a value in the file of rtf_kernel would decide.

    A line that has the value already would keep its place, for lines with the same value count as one.
    """
    return all(
        one["value"] != value and "/sysctl.d/" in one["source"] and file_of(one["source"]).rpartition("/")[2] < LAST
        for one in entry["set_by"]
    )


def _alike(entry: dict[str, Any]) -> Iterable[str]:
    """The last lines with the value that decides: for systemd-sysctl these count as one."""
    return (
        one["source"]
        for one in itertools.takewhile(lambda one: one["value"] == entry["at_boot"], reversed(entry.get("set_by", [])))
    )


def _refused(evidence: Evidence, entries: dict[str, Any]) -> dict[str, Any]:
    """The last text that the kernel refuses, of each parameter that therefore has nothing."""
    return {
        one["name"]: one
        for one in replayed(evidence, "refused")
        if one["name"] in entries and entries[one["name"]]["at_boot"] is None
    }


def file_of(source: str) -> str:
    return (source or "").rpartition(":")[0]


def files_of(sources: Iterable[str]) -> str:
    return ", ".join(sorted({file_of(source) for source in sources}))
