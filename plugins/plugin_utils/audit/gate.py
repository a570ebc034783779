# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rtf_gate: a site's own rule for what fails a run, a JMESPath expression over the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MISSING = (
    "rtf_gate needs the Python package jmespath on the control node: install it beside ansible-core, or unset rtf_gate"
)


def holds(expression: str, document: Mapping[str, Any]) -> bool:
    """Whether the expression has a result that is neither empty nor false, so that the run fails.

    Raises ValueError where jmespath is not installed or the expression is not valid.
    """
    try:
        import jmespath  # needed only where the input is set
    except ImportError:
        raise ValueError(_MISSING) from None
    try:
        return bool(jmespath.search(expression, document))
    except jmespath.exceptions.JMESPathError as problem:
        raise ValueError(f"rtf_gate: {expression!r} is not valid: {problem}".replace("\n", " ")) from problem
