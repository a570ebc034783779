# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Active swap of this host, and swap after the next boot: fstab, units of systemd, services that set up zram."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    noted,
    read_noting,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

ACTIVE, FSTAB = "/proc/swaps", "/etc/fstab"
ZRAM_SERVICES = ("zramswap.service", "zram-config.service")
PROPERTIES = "--property=Id,LoadState,ActiveState,UnitFileState,SourcePath"
ESCAPE = re.compile(r"\\([0-7]{3})")


def parse_active(text):
    """Return `[{"name", "kilobytes"}]` from /proc/swaps."""
    rows = (line.split() for line in text.splitlines()[1:])
    return [{"name": _unescaped(row[0]), "kilobytes": int(row[2])} for row in rows if len(row) >= 3]


def parse_fstab(text):
    """Return `[{"line", "device"}]` of the entries for swap; comments are left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if len(words) >= 3 and not words[0].startswith("#") and words[2] == "swap":
            found.append({"line": number, "device": _unescaped(words[0])})
    return found


def parse_swap_units(text):
    """Return `[{"unit", "active", "state", "source"}]` from `systemctl show` of units that would start at boot or run.

    state is systemd's UnitFileState, `generated` or `enabled` for example; source is the file from which a generator made
    the unit, or None.
    """
    found = []
    for block in text.strip().split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        state, active = values.get("UnitFileState", ""), values.get("ActiveState") == "active"
        at_boot = state.startswith("enabled") or state == "generated"
        if values.get("LoadState") == "loaded" and (active or at_boot):
            found.append(
                {
                    "unit": values["Id"],
                    "active": active,
                    "state": state or "transient",
                    "source": values.get("SourcePath") or None,
                }
            )
    return found


def swap_evidence():
    """Return the swap section of host_info; `units` is `{"error": why}` where systemd did not answer."""
    try:
        units = parse_swap_units(run_text(["systemctl", "show", PROPERTIES, "*.swap"] + list(ZRAM_SERVICES)))
    except Unreadable as problem:
        units = {"error": str(problem)}
    problems = []
    return dict(
        active=parse_active(read_text_or_none(ACTIVE) or ""),
        fstab=parse_fstab(read_noting(FSTAB, problems) or ""),
        units=units,
        **noted(problems),
    )


def _unescaped(text):
    """The kernel and fstab write a space as \\040."""
    return ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), text)
