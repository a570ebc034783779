# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each file of the catalogue against its JSON Schema, and the schemas against the checks of the loader."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import RowError

FILES = sorted(path.stem for path in catalog.FOLDER.glob("*.yml"))
CHECKS = sorted((catalog.FOLDER / "checks").glob("*.yml"))
SOURCE = {"document": "A page", "section": "A section", "row": "A row"}


def schema_of(name):
    """Return the schema of a file, or of the file of a kind of rows."""
    path = catalog.FOLDER / "schemas" / f"{rows.FILES.get(name, name)}.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


def content_of(name):
    return yaml.safe_load((catalog.FOLDER / f"{rows.FILES.get(name, name)}.yml").read_text(encoding="utf-8"))


def errors_in(name, content):
    return list(jsonschema.Draft202012Validator(schema_of(name)).iter_errors(content))


def test_there_is_one_schema_for_each_file():
    schemas = sorted(path.name for path in (catalog.FOLDER / "schemas").iterdir())
    assert schemas == [f"{name}.schema.json" for name in sorted([*FILES, "checks"])]


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_the_checks_of_an_area_follow_the_schema(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert errors_in("checks", content) == []
    assert {check["id"].split(".")[0] for check in content["checks"]} == {path.stem}


@pytest.mark.parametrize("name", [*FILES, "checks"])
def test_the_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize("name", FILES)
def test_the_file_follows_its_schema(name):
    assert errors_in(name, content_of(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_an_editor_finds_the_schema(name):
    text = (catalog.FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    assert f"# yaml-language-server: $schema=schemas/{name}.schema.json\n" in text


def row_field(kind, name):
    """Return the schema of one field of a row."""
    definitions = schema_of(kind)["$defs"]
    return {**definitions["fields"]["properties"], **definitions["row"]["properties"]}[name]


@pytest.mark.parametrize(
    "kind, name, values",
    [
        ("ports", "severity", rows.SEVERITIES),
        ("ports", "transport", rows.TRANSPORTS),
        ("ports", "from", rows.SIDES),
        ("ports", "to", rows.SIDES),
        ("ports", "phase", rows.PHASES),
        ("endpoints", "protocol", rows.PROTOCOLS),
        ("endpoints", "carrier", rows.CARRIERS),
        ("endpoints", "from", rows.NODE_SIDES),
    ],
)
def test_schema_and_loader_allow_the_same_values(kind, name, values):
    assert row_field(kind, name) == {"enum": list(values)}


def remove(name):
    def spoil(row):
        del row[name]

    return spoil


def replace(name, value):
    def spoil(row):
        row[name] = value

    return spoil


BAD = [
    *[(kind, remove(name)) for kind in rows.KINDS for name in ("id", "source", "since", "severity", "purpose")],
    *[(kind, replace("source", {"document": "A page", "section": "A section"})) for kind in rows.KINDS],
    *[(kind, replace("surprise", 1)) for kind in rows.KINDS],
    *[(kind, replace("purpose", "two\nlines")) for kind in rows.KINDS],
    *[(kind, replace("changes", [{"since": "1.5"}])) for kind in rows.KINDS],
    *[(kind, replace("changes", [{"since": "1.5", "source": SOURCE, "id": "other"}])) for kind in rows.KINDS],
    *[(kind, replace("retired", {"reason": "Gone."})) for kind in rows.KINDS],
    *[("ports", replace("ports", value)) for value in ([], ["0"], ["65536"], [443], ["1", "1"], ["1-"], "443")],
    *[("ports", replace("from", value)) for value in ("everyone", "api_consumers", None)],
    *[
        ("endpoints", replace("host", value))
        for value in ("192.0.2.1", "x", "a..b", "A.example.com", "x.com:1", "*.x.com")
    ],
    *[("endpoints", replace("port", value)) for value in (0, 65536, "443")],
    *[("endpoints", replace("url_path", value)) for value in ("v1", "/a b", "")],
    ("endpoints", remove("mutual_tls")),
    ("endpoints", replace("control_planes", [])),
    ("settings", remove("expected")),
    ("settings", replace("expected", {})),
]


@pytest.mark.parametrize("kind, spoil", BAD)
def test_schema_and_loader_refuse_the_same_rows(kind, spoil):
    content = content_of(kind)
    row = copy.deepcopy(content[kind][0])
    spoil(row)
    assert errors_in(kind, {kind: [row]})
    with pytest.raises(RowError):
        rows.validate_row(kind, row)


def test_an_empty_file_is_refused():
    kinds = {file: kind for kind, file in rows.FILES.items()}
    for name in FILES:
        assert errors_in(name, None)
        assert errors_in(name, {kinds.get(name, name): []})
