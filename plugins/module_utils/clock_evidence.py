# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How this host keeps its clock: the time services, and what chrony says of its sources."""

import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.bounded_reading import Unreadable, run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.chrony_text import parse_sources, parse_tracking

CHRONY_UNITS = ("chrony.service", "chronyd.service")
OTHER_TIME_UNITS = ("systemd-timesyncd.service", "ntp.service", "ntpd.service", "ntpsec.service", "openntpd.service")
POLL_INTERVAL = 1.0  # seconds between two looks while waiting


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
                "enabled": values.get("UnitFileState", "").startswith("enabled") or values.get("UnitFileState") == "alias",
            }
    return units


def read_units():
    """Ask systemd about every time service in one call."""
    properties = "--property=Id,LoadState,ActiveState,UnitFileState"
    return parse_units(run_text(["systemctl", "show", properties] + list(CHRONY_UNITS + OTHER_TIME_UNITS)))


def read_chrony():
    """Return `{"tracking", "sources"}`, or `{"error": why}` where chronyc gives no answer."""
    try:
        return {
            "tracking": parse_tracking(run_text(["chronyc", "-n", "-c", "tracking"])),
            "sources": parse_sources(run_text(["chronyc", "-n", "-c", "sources"])),
        }
    except (Unreadable, ValueError) as problem:
        return {"error": str(problem)}


def is_synchronised(chrony):
    """True when chrony follows a source: the state that `Leap status : Normal` stands for."""
    return chrony.get("tracking", {}).get("leap") == "Normal" and any(
        source["state"] == "selected" for source in chrony.get("sources", [])
    )


def wait_for_chrony(seconds):
    """Look until chrony is synchronised or `seconds` have passed; return `(chrony, seconds waited)`."""
    began = time.monotonic()
    while True:
        chrony = read_chrony()
        waited = time.monotonic() - began
        if is_synchronised(chrony) or waited >= seconds:
            return chrony, waited
        time.sleep(min(POLL_INTERVAL, max(0.0, seconds - waited)))


def clock_evidence(wait):
    """Return the time section of host_info, after at most `wait` seconds for chrony to synchronise."""
    chrony, waited = wait_for_chrony(wait)
    return {"units": read_units(), "chrony": chrony, "waited": round(waited, 1), "clock": time.time()}
