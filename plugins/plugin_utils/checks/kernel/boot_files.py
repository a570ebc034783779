# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of sysctl.d and modules-load.d will set at the next boot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.wanted import PREPARE, short_name
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

# Who reads the files of each kind at boot.
READERS = {"sysctls": "systemd-sysctl.service", "modules": "systemd-modules-load.service"}
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


def at_boot_text(entries: dict[str, Any]) -> str:
    """What will be after a boot, for evidence of sysctls that will not have their values."""
    contrary = {name: entry for name, entry in entries.items() if entry["at_boot"] is not None}
    if not contrary:
        return f"no file sets {', '.join(entries)}"
    return "; ".join(
        f"{short_name(name)} becomes {entry['at_boot']}, set by {entry['at_boot_source']}"
        for name, entry in contrary.items()
    )


def remedy_at_boot(entries: dict[str, Any]) -> str:
    files = files_of(entry["at_boot_source"] for entry in entries.values() if entry["at_boot"] is not None)
    if files:
        return f"Remove the setting from {files}, or set the value in a file that sorts after it."
    return f"Write the values to a file in /etc/sysctl.d that sorts last, or {PREPARE}."


def file_of(source: str) -> str:
    return (source or "").rpartition(":")[0]


def files_of(sources: Iterator) -> str:
    return ", ".join(sorted({file_of(source) for source in sources}))
