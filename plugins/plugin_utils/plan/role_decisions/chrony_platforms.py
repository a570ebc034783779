# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the chrony of each operating system reads its configuration, and what its package ships."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import Refusal


class Platform(NamedTuple):
    """The chrony of an operating system.

    version: the oldest that a supported release of it ships. pool: the time source of the package's own configuration, ""
    where it is not known.
    """

    service: str
    configuration: str
    keys_file: str
    sources_directory: str
    include_directory: str
    version: str
    pool: str = ""


DEBIAN = Platform(
    service="chrony",
    configuration="/etc/chrony/chrony.conf",
    keys_file="/etc/chrony/chrony.keys",
    sources_directory="/etc/chrony/sources.d",
    include_directory="/etc/chrony/conf.d",
    version="4.0",
)
# Red Hat Enterprise Linux 8 and later, and what is built from it.
RED_HAT = Platform(
    service="chronyd",
    configuration="/etc/chrony.conf",
    keys_file="/etc/chrony.keys",
    sources_directory="/etc/chrony.d",
    include_directory="/etc/chrony.d",
    version="4.1",
)
# By the ID of os-release.
_POOLS = {
    "debian": "2.debian.pool.ntp.org",
    "ubuntu": "ntp.ubuntu.com",
    "rhel": "2.rhel.pool.ntp.org",
    "almalinux": "2.almalinux.pool.ntp.org",
    "amzn": "169.254.169.123",
    "centos": "2.centos.pool.ntp.org",
    "ol": "2.pool.ntp.org",
    "rocky": "2.rocky.pool.ntp.org",
}
# Releases whose chrony is older than that of their family; by the ID of os-release, or for a whole family by its service.
_OLDER_VERSIONS = {("ubuntu", "18"): "3.2", ("ubuntu", "20"): "3.5", ("amzn", "2"): "4.0", ("chronyd", "7"): "3.4"}
_FAMILIES = {"debian": DEBIAN, "rhel": RED_HAT, "fedora": RED_HAT, "centos": RED_HAT, "amzn": RED_HAT}


def platform_of(clock: Mapping[str, Any]) -> Platform:
    """Return the Platform of a host; clock: the section `time` of host_info. Raises Refusal for another family."""
    found = clock.get("platform") or {}
    identifier, major = found.get("id") or "", (found.get("version") or "").partition(".")[0]
    family = next((_FAMILIES[name] for name in (identifier, *found.get("like", ())) if name in _FAMILIES), None)
    if family is None:
        raise Refusal(
            "rtf_time_sync supports only the Debian and Red Hat families; os-release of this host names"
            f" {identifier or 'no operating system'}."
        )
    older = _OLDER_VERSIONS.get((identifier, major)) or _OLDER_VERSIONS.get((family.service, major))
    return family._replace(version=older or family.version, pool=_POOLS.get(identifier, ""))
