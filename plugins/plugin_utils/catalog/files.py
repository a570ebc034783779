# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the YAML files of the folder catalog/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[3] / "catalog"
# libyaml's parser is seven times as fast, and every worker of a run reads the catalogue; PyYAML is also built without it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogError(ValueError):
    """A broken catalogue, or a question that it cannot answer; the text says what would be valid."""


def read(path: Path) -> Any:
    """Return the content of a YAML file. Raise CatalogError where that is not possible."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise CatalogError(f"{path} cannot be read: {problem}") from problem


def read_key(path: Path, key: str) -> Any:
    """Return what a YAML file has under a key of its top level. Raise CatalogError where it has no such key."""
    content = read(path)
    if not isinstance(content, dict) or not content.get(key):
        raise CatalogError(f"{path} cannot be read: it has no {key}")
    return content[key]


def read_values(path: Path) -> dict[str, Any]:
    """Return `{name: value}` of a YAML file of entries that each hold one list or value, and its source."""
    return {name: next(value for key, value in entry.items() if key != "source") for name, entry in read(path).items()}
