# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel parameters that a running cluster need not have as a release requires them for the installation."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import wanted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject

# Gravity sets and looks at the one for IPv4 only, and an EL 7 sets this one to 0.
LEFT_BY_THE_PLATFORM = ("net.bridge.bridge-nf-call-ip6tables",)


def wanted_here(subject: Subject, setting_ids: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """As wanted(), without what a running platform neither sets nor needs."""
    sysctls, modules = wanted(subject.settings, setting_ids)
    if subject.phase == "operate":
        sysctls = {name: value for name, value in sysctls.items() if name not in LEFT_BY_THE_PLATFORM}
    return sysctls, modules
