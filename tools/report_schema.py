# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/report.schema.json from the types of the report: `make docs`."""

from __future__ import annotations

import json
import pathlib
import types
import typing

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import FORMAT, Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "report.schema.json"
SIMPLE = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def schema():
    """Return the JSON Schema of report.json."""
    shapes = {}
    top = _of(Document, shapes)
    own = shapes.pop(top["$ref"].rpartition("/")[2])
    own["properties"]["format"]["const"] = FORMAT
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json of the collection hostprep.runtime_fabric",
        **own,
        "$defs": dict(sorted(shapes.items())),
    }


def render():
    """Return the content of the file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _of(kind, shapes):
    """Return the schema of a type, and add those of the dictionaries in it to `shapes`."""
    if kind is typing.Any:
        return {}
    if kind in SIMPLE:
        return {"type": SIMPLE[kind]}
    if typing.is_typeddict(kind):
        name = kind.__name__
        if name not in shapes:
            shapes[name] = None  # while it is being written
            shapes[name] = _of_dictionary(kind, shapes)
        return {"$ref": f"#/$defs/{name}"}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _documented(_of(arguments[0], shapes), arguments[1])
    if origin is list:
        return {"type": "array", "items": _of(arguments[0], shapes)}
    if origin is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": _of(arguments[1], shapes)}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of(argument, shapes) for argument in arguments]}
    raise TypeError(f"no schema for {kind!r}")


def _of_dictionary(kind, shapes):
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        "description": " ".join(kind.__doc__.split()),
        "type": "object",
        "properties": {name: _of(hint, shapes) for name, hint in hints.items()},
        "required": [name for name in hints if name in kind.__required_keys__],
        "additionalProperties": False,
    }


def _documented(found, field: Field):
    """Return the schema of a field with its meaning."""
    texts = [found, *found.get("anyOf", ()), *([found["items"]] if "items" in found else [])]
    for text in texts:
        if text.get("type") == "string":
            text.update({"enum": list(field.choices)} if field.choices else {})
            text.update({"format": field.format} if field.format else {})
    return {"description": field.meaning, **found}


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
