# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that no input declares and that look like a misspelt one. Pure functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import Declaration

_SIMILAR = 0.85  # of 1, which is the same


def hints(names: Iterable[str], declaration: Declaration, prefix: str = "rtf_") -> list[str]:
    """Return a sentence for each of the names with a prefix that is not a variable but similar to one."""
    found = []
    for name in sorted(name for name in names if name.startswith(prefix) and name not in declaration.variables):
        close = difflib.get_close_matches(name, declaration.variables, n=1, cutoff=_SIMILAR)
        if close:
            found.append(f"{name} is not an input of this collection; did you mean {close[0]}?")
    return found
