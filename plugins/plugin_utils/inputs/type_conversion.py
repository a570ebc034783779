# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a value as a site wrote it, which `-e name=value` and an INI inventory make text, to one of its input's type.

Each function takes a value and returns it with its type, or raises ValueError with a sentence that completes "rtf_x: ...".
Pure functions. Text that has to be a list or a dictionary may hold a secret, and is never repeated.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.type_names import kind

_TRUE = frozenset(["true", "yes", "on", "y", "t", "1"])
_FALSE = frozenset(["false", "no", "off", "n", "f", "0"])
_WHOLE = re.compile(r"[+-]?[0-9]+\Z")


def boolean(value: Any) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"must be true or false, not {quoted(value)}")


def integer(value: Any) -> int:
    """Return a whole number."""
    if isinstance(value, str) and _WHOLE.match(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {quoted(value)}")
    return value


def number(value: Any) -> int | float:
    """Return a number: a whole one without a decimal point, so that equal numbers are written alike."""
    found = value
    if isinstance(value, str):
        try:
            found = int(value) if _WHOLE.match(value.strip()) else float(value)
        except ValueError:
            found = None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise ValueError(f"must be a number, not {quoted(value)}")
    return int(found) if found == int(found) else found


def list_of(value: Any) -> list[Any]:
    """Return a list: of JSON text that begins with a bracket, or of the parts between the commas of any other text."""
    if isinstance(value, str):
        text = value.strip()
        return (
            _parsed(text, list) if text.startswith("[") else [part.strip() for part in text.split(",") if part.strip()]
        )
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list, not a {kind(value)}")
    return list(value)


def rows(value: Any) -> list[Any]:
    """Return a list of dictionaries; text is JSON, also of a single one."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("{"):
            return [_parsed(text, dict)]
        if text and not text.startswith("["):
            raise ValueError("must be a list of dictionaries; as a string, write it in JSON, [{...}, ...]")
    return list_of(value)


def dictionary(value: Any) -> dict[str, Any]:
    """Return a dictionary; text is JSON."""
    if isinstance(value, str):
        return _parsed(value.strip() or "{}", dict)
    if not isinstance(value, dict):
        raise ValueError(f"must be a dictionary, not a {kind(value)}")
    return value


def _parsed(text: str, wanted: type) -> Any:
    name, shape = ("list", "[...]") if wanted is list else ("dictionary", "{...}")
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, wanted):
        raise ValueError(f"must be a {name}; as a string, write it in JSON, {shape}, with double quotes")
    return value


def fields(entry: dict[str, Any], types: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return a copy of a dictionary with the fields that `types`, {name: function}, names converted; others stay."""
    found = dict(entry)
    for name, convert in types.items():
        if name in found:
            try:
                found[name] = convert(found[name])
            except ValueError as problem:
                raise ValueError(f"{name} {problem}") from None
    return found


def mixed(value: Any) -> list[Any]:
    """Return a list of texts and dictionaries; text is as for rows where it begins with a brace."""
    return rows(value) if isinstance(value, str) and value.strip().startswith("{") else list_of(value)


# What is a text is left as it is: a number that stands where text belongs (rtf_release: 1.10) has lost a digit already.
_CONVERT: dict[str, Callable[[Any], Any]] = {"bool": boolean, "int": integer, "float": number, "dict": dictionary}
_CONVERT_LIST: dict[str, Callable[[Any], Any]] = {"str": list_of, "dict": rows, "any": mixed}


def typed(name: str, elements: str, value: Any) -> Any:
    """Return a value as one of a type of `catalog/inputs.yml`; elements: the type of a list's entries, "" for other types."""
    convert = _CONVERT_LIST[elements] if name == "list" else _CONVERT.get(name)
    return convert(value) if convert else value
