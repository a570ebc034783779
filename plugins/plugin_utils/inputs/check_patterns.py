# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and globs of checks in inputs: which exist, and what they match. Pure functions."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted, repeatable
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import type_conversion

ALL = ("*",)


Check = Mapping[str, Any]  # a row of catalog/checks/


def possible_ids(checks: Iterable[Check], catalogue: Catalog) -> list[str]:
    """Return the ids that results can have."""
    ids: list[str] = []
    for check in checks:
        if "each" in check:
            ids += [f"{check['id']}.{row['id']}" for row in getattr(catalogue, check["each"])]
        else:
            ids.append(check["id"])
    return ids


def globs(checks: Sequence[Check], catalogue: Catalog) -> Callable[[Any], list[str]]:
    """Return the validator of a list of names and globs of checks."""
    ids = possible_ids(checks, catalogue)
    # A site's own rows have results of their own, which only the run knows.
    families = tuple(check["id"] + "." for check in checks if "each" in check)

    def check(value: Any) -> list[str]:
        try:
            patterns = type_conversion.list_of(value)
        except ValueError:
            raise ValueError("must be a list of names or globs of checks, such as [host.*]") from None
        for pattern in patterns:
            if not isinstance(pattern, str) or not repeatable(pattern):
                raise ValueError(f"{quoted(pattern)} is not a name of a check")
            if not pattern.startswith(families) and not any(fnmatchcase(name, pattern) for name in ids):
                close = difflib.get_close_matches(pattern, ids, n=1, cutoff=0.6)
                hint = f"; did you mean {close[0]}?" if close else "; catalog/checks/ lists them"
                raise ValueError(f"{quoted(pattern)} matches no check{hint}")
        return patterns

    return check


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a check's id is one of the names or globs."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
