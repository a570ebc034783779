# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about kernel modules that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import kernel_packages
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import PREPARE
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import reboot
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject


def remedies(subject: Subject, kernel: dict[str, Any], absent: dict[str, Any]) -> Iterator[str]:
    """What to do about modules that are not there, each reason in a sentence of its own."""
    forbidden = {
        name: entry["obstacle"]
        for name, entry in absent.items()
        if entry["obstacle"] and entry["obstacle"]["how"] == "install"
    }
    for name, obstacle in forbidden.items():
        yield f"Remove `{obstacle['line']}` from {obstacle['source']}: it prevents {name} from being loaded."
    loadable = [name for name, entry in absent.items() if name not in forbidden and entry["file"]]
    if loadable:
        yield f"Load it with `modprobe --all {' '.join(loadable)}`, or {PREPARE}."
    missing = [name for name, entry in absent.items() if name not in forbidden and not entry["file"]]
    if not missing:
        return
    release, names = kernel["release"], ", ".join(missing)
    if not kernel["modular"]:
        yield f"Boot a kernel of the distribution: {release} cannot load modules and was built without {names}."
        return
    if not kernel["modules_present"]:
        yield (
            f"{reboot(subject)}: the modules of the running kernel {release} are missing, so {names} cannot be "
            "loaded before that."
        )
        return
    package = kernel_packages.of_platform(kernel["platform"], release)
    if package:
        yield f"Install {package['package']} with `{package['install']}` for {names}, then load it with `modprobe`."
    else:
        yield f"Install the package with the extra modules of the kernel {release} for {names}, then load it with `modprobe`."
    if kernel["newest"] not in (None, release):
        yield f"Or: {reboot(subject)} to start the installed kernel {kernel['newest']}."
