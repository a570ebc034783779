# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of versions in a support bundle: of the programs that run on the controller."""

from __future__ import annotations

import platform

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import collection_version


def of_controller(ansible_core: str) -> dict[str, str]:
    """Return `{name: version}`. ansible_core: the version of it that runs."""
    return {
        "ansible-core": ansible_core,
        "collection": collection_version.installed(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }
