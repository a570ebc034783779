# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The installer of Runtime Fabric on this host: its version, its unit, and the platform that it detects."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable, read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import read_values

SCRIPTS = ("/opt/anypoint/runtimefabric/init.sh", "/opt/anypoint/runtimefabric/scripts/init.sh")
UNIT = "/etc/systemd/system/iptables.service"
_VERSION = re.compile(r"^\s*(?:readonly\s+)?SCRIPT_VERSION=[\"']?([0-9A-Za-z.-]+)", re.MULTILINE)


def installer_evidence():
    """Return `{"version", "unit", "platform"}`.

    version: SCRIPT_VERSION of an init.sh on the host, or None. unit: whether the installer's unit that replaces the filter
    table at boot is there. platform: the system that the installer detects, `el7`, `el8`, `debian` or None.
    """
    return {"version": version(), "unit": has_unit(), "platform": platform()}


def platform():
    """Return the system that the installer detects from os-release: `el7`, `el8`, `debian`, or None."""
    try:
        fields = read_values()
    except Unreadable:
        return None
    like = " ".join(fields.get(name, "") for name in ("ID", "ID_LIKE"))
    if "debian" in like:
        return "debian"
    if "fedora" in like or "rhel" in like:
        return "el7" if fields.get("VERSION_ID", "").startswith("7") else "el8"
    return None


def version():
    """Return the SCRIPT_VERSION of the installation script on the host, None without one."""
    for path in SCRIPTS:
        text = read_noting(path, [])
        match = _VERSION.search(text) if text else None
        if match:
            return match.group(1)
    return None


def has_unit():
    """Whether the unit of iptables is the one that the installer writes; a masked one is a link to /dev/null and does not count."""
    return "rtf-iptables" in (read_noting(UNIT, []) or "")
