# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/programs.yml: the programs that conflict with the platform, its own, security agents, configuration management."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files


@functools.cache
def load(folder: Path = files.FOLDER) -> dict[str, Any]:
    """Return `{name: value}`: the lists of the file, without their sources."""
    return files.read_values(folder / "programs.yml")
