# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that no input declares and that look like a misspelt one. Pure functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.declaration import Declaration

# How similar two names are that mean the same, and two names behind the prefix of one role.
_SIMILAR, _SIMILAR_IN_ROLE = 0.85, 0.7


def hints(names: Iterable[str], declaration: Declaration, prefix: str = "rtf_") -> list[str]:
    """Return a sentence for each of the names with a prefix that is no variable, and the most similar variable."""
    found = []
    for name in sorted(name for name in names if name.startswith(prefix) and name not in declaration.variables):
        meant = _most_similar(name, declaration)
        if meant:
            found.append(f"{name} is not an input of this collection; did you mean {meant}?")
    return found


def _most_similar(name: str, declaration: Declaration) -> str | None:
    close = difflib.get_close_matches(name, declaration.variables, n=1, cutoff=_SIMILAR)
    if close:
        return close[0]
    for role in declaration.roles:
        if name.startswith(f"{role}_"):
            short = {variable.short: own for own, variable in declaration.variables.items() if variable.role == role}
            close = difflib.get_close_matches(name.removeprefix(f"{role}_"), short, n=1, cutoff=_SIMILAR_IN_ROLE)
            return short[close[0]] if close else None
    return None
