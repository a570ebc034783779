# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel parameters and modules that the settings of a release require."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence

PREPARE = "run the role hostprep.runtime_fabric.rtf_kernel"
# Gravity sets and looks at the one for IPv4 only, and an EL 7 sets this one to 0.
LEFT_BY_THE_PLATFORM = ("net.bridge.bridge-nf-call-ip6tables",)
PAGE = ("kernel-ip-forward", "kernel-bridge-netfilter")


def wanted_here(subject: Subject, setting_ids: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """As wanted(), without what a running platform neither sets nor needs."""
    sysctls, modules = wanted(subject.settings, setting_ids)
    if subject.phase == "operate":
        sysctls = {name: value for name, value in sysctls.items() if name not in LEFT_BY_THE_PLATFORM}
    return sysctls, modules


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
