# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/features.yml: optional features, each with a set of endpoints."""

from __future__ import annotations

import functools
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files


@functools.cache
def load(folder: Path = files.FOLDER) -> dict[str, str]:
    """Return `{id of a feature: its title}`, in the order of the file."""
    return {entry["id"]: entry["title"] for entry in files.read_key(folder / "features.yml", "features")}
