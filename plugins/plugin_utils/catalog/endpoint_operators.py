# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/endpoint_operators.yml: who operates an endpoint, who may sign for it, and which headers identify it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files

Operator = dict[str, Any]


@functools.cache
def load(folder: Path = files.FOLDER) -> dict[str, Any]:
    """Return `{"operators": [...], "public_authorities": [...]}` as the file has it."""
    path = folder / "endpoint_operators.yml"
    return {name: files.read_key(path, name) for name in ("operators", "public_authorities")}


def of_host(host: str) -> Operator | None:
    """Return the operator of a host, or None where it is not known."""
    return next((operator for operator in load()["operators"] if _matches(host, operator["hosts"])), None)


def issuers(host: str) -> list[str]:
    """Return the organisations that may sign for a host; none where its operator is not known."""
    operator = of_host(host)
    return sorted({*operator["issuers"], *load()["public_authorities"]}) if operator else []


def signs(host: str) -> list[str]:
    """Return the headers that identify a response of a host; none where they are not known."""
    operator = of_host(host) or {}
    return next((origin["signs"] for origin in operator.get("origins", ()) if _matches(host, origin["hosts"])), [])


def _matches(host: str, patterns: Iterable[str]) -> bool:
    name = host.rstrip(".").lower()
    return any(fnmatchcase(name, pattern) for pattern in patterns)
