# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/checks/: what the audit checks, in the order of the report."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files

# Who can have to act on what was found.
OWNERS = (
    "node administrator",
    "network",
    "proxy",
    "DNS",
    "time",
    "load balancer",
    "storage",
    "platform team",
    "vendor",
    "nobody",
)
# The order of the report. An area has a file of its own; one that is not named here comes last.
AREAS = ("access", "host", "storage", "kernel", "time", "net", "proxy", "fw", "egress", "ports")


@functools.cache
def load(folder: Path = files.FOLDER) -> list[dict[str, Any]]:
    """Return the rows of all areas; catalog/README.md describes their fields."""
    paths = sorted((folder / "checks").glob("*.yml"), key=_place)
    if not paths:
        raise files.CatalogError(f"{folder / 'checks'} has no file")
    return [row for path in paths for row in files.read_key(path, "checks")]


def is_for(check: Mapping[str, Any], line: str, phase: str, role: str) -> bool:
    """Whether a check holds for nodes of a role, on a release line, in a phase."""
    return line in check["lines"] and check.get("phase", phase) == phase and check.get("role", role) == role


def is_not_required(check: Mapping[str, Any], not_asked: Set[str]) -> bool:
    """Whether a check proves requirements of other releases only. not_asked: see catalog.not_asked."""
    return "each" not in check and bool(check["requirements"]) and not_asked >= set(check["requirements"])


def _place(path: Path) -> tuple[int, str]:
    return (AREAS.index(path.stem) if path.stem in AREAS else len(AREAS), path.stem)
