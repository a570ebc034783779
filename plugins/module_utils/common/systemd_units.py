# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which systemd units are installed, active and enabled, and which systemd runs them."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import (
    printed_number,
    run_text,
)

_PROPERTIES = "--property=Id,LoadState,ActiveState,UnitFileState"


def parse_units(text):
    """Return `{unit: {"active": bool, "enabled": bool}}` from `systemctl show --property=Id,ActiveState,...`.

    Units that are not installed are left out; an alias comes back under the unit's own name.
    """
    units = {}
    for block in text.strip().split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        if values.get("LoadState") == "loaded" and values.get("Id"):
            units[values["Id"]] = {
                "active": values.get("ActiveState") in ("active", "reloading"),
                "enabled": values.get("UnitFileState", "").startswith("enabled")
                or values.get("UnitFileState") == "alias",
            }
    return units


def read_units(names):
    """The same of the units of some names, asked for in one call. Raises Unreadable where systemd does not answer."""
    return parse_units(run_text(["systemctl", "show", _PROPERTIES] + list(names)))


def systemd_version(run=run_text):
    """Return the version of systemd as a number, None where it does not say."""
    return printed_number(["systemctl", "--version"], r"\Asystemd (\d+)", run)
