# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel parameters and modules that the settings of a release require."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence

PREPARE = "run the role hostprep.runtime_fabric.rtf_kernel"
PAGE = ("kernel-ip-forward", "kernel-bridge-netfilter")


def wanted(settings: Mapping[str, Row], setting_ids: Sequence[str] | None = None) -> tuple[dict[str, str], list[str]]:
    """Return `({sysctl: value}, [module, ...])` of the catalogue's settings (all, or those named)."""
    sysctls: dict[str, str] = {}
    modules: list[str] = []
    for setting_id, row in settings.items():
        if setting_ids is None or setting_id in setting_ids:
            sysctls.update(row["expected"].get("sysctls", {}))
            modules.extend(row["expected"].get("modules", []))
    return sysctls, modules


def at_least(settings: Mapping[str, Row], setting_ids: list[str]) -> dict[str, int]:
    """Return `{sysctl: smallest value}` of the catalogue's settings that are named."""
    return {
        name: value
        for setting_id in setting_ids
        if setting_id in settings
        for name, value in settings[setting_id]["expected"]["sysctls_at_least"].items()
    }


def looked_up(found: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in found:
        raise NoEvidence(f"{name} was not collected")
    return found[name]


def short_name(name: str) -> str:
    """The last part of a name; that of an interface is needed as a whole."""
    return name if name.startswith("net.ipv4.conf.") else name.rpartition(".")[2]
