# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the function of a check: `@check("net.latency")` on a function in net.py or net/*.py registers it.

A check is its row in catalog/checks/AREA.yml and one such function in the same area; nothing else lists it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding

# Takes (Subject, evidence); a check with `each` in its row takes the row of the requirement as well.
Check = Callable[..., Finding]
_Function = TypeVar("_Function", bound=Callable[..., Any])

_FOLDER = Path(__file__).resolve().parent
_PACKAGE = __name__.rpartition(".")[0]
_functions: dict[str, Check] = {}


def check(check_id: str) -> Callable[[_Function], _Function]:
    """Register the decorated function as the one that judges a check."""

    def register(function: _Function) -> _Function:
        other = _functions.setdefault(check_id, function)
        if (other.__module__, other.__qualname__) != (function.__module__, function.__qualname__):
            raise ValueError(f"{check_id} has two functions: {other.__module__} and {function.__module__}")
        return function

    return register


def function_of(check_id: str) -> Check:
    """Return the function of a check. Raise LookupError where its area has none."""
    if check_id not in _functions:
        _import_area(check_id.partition(".")[0])
    return _functions[check_id]


def all_functions() -> dict[str, Check]:
    """Return `{check id: function}` of every area."""
    for path in _FOLDER.iterdir():
        _import_area(path.stem)
    return dict(_functions)


def _import_area(area: str) -> None:
    for path in sorted([_FOLDER / f"{area}.py", *(_FOLDER / area).glob("*.py")]):
        if path.exists():
            importlib.import_module(".".join([_PACKAGE, *path.relative_to(_FOLDER).with_suffix("").parts]))
