# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/kernel_packages.yml: which package has the modules that a kernel lacks."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files


@functools.cache
def load(folder: Path = files.FOLDER) -> list[dict[str, Any]]:
    """Return the list of `{ids, since, package, install, source}`."""
    return files.read_key(folder / "kernel_packages.yml", "kernel_packages")


def of_platform(platform: dict[str, str | None], release: str) -> dict[str, str] | None:
    """Return `{"package", "install"}` for a kernel release on a platform `{"id", "version"}`, or None if it is not known."""
    major = (platform.get("version") or "").partition(".")[0]
    for entry in load():
        if platform.get("id") in entry["ids"] and major.isdigit() and int(major) >= entry["since"]:
            return {name: entry[name].format(release=release) for name in ("package", "install")}
    return None
