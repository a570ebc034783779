# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/report.schema.json is what the types of the report say, and documents every field."""

import json

import jsonschema
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.checks import OWNERS
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import report_schema


def test_the_schema_is_up_to_date():
    text = report_schema.PAGE.read_text(encoding="utf-8")
    assert text == report_schema.render(), "the types of the report have changed; run `make docs`"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def objects():
    found = report_schema.schema()
    return {"report": found, **found["$defs"]}


@pytest.mark.parametrize("name", objects())
def test_every_field_is_documented_and_no_other_is_allowed(name):
    shape = objects()[name]
    assert shape["description"] and shape["additionalProperties"] is False
    assert [field for field, own in shape["properties"].items() if not own.get("description", "").endswith(".")] == []


def test_the_owners_of_causes_are_those_of_checks():
    schema = json.loads(checkout.read("catalog/schemas/checks.schema.json"))
    assert list(OWNERS) == schema["$defs"]["check"]["properties"]["owner"]["enum"]
