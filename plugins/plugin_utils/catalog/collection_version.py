# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of this collection, as the package that is installed, or the checkout, states it."""

from __future__ import annotations

import functools
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files


@functools.cache
def installed(root: Path = files.FOLDER.parent) -> str:
    """Return the version. Raise CatalogError where neither file can be read."""
    package = root / "MANIFEST.json"
    if package.exists():
        return str(files.read_key(package, "collection_info")["version"])
    return str(files.read_key(root / "galaxy.yml", "version"))
