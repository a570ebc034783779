# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The published schema of report.json, and what in a report is against it."""

import datetime
import json

import jsonschema

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract.checkout import CHECKOUT

SCHEMA = json.loads((CHECKOUT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
FORMATS = jsonschema.FormatChecker(["date"])
FORMATS.checks("date-time", ValueError)(lambda text: text is None or datetime.datetime.fromisoformat(text))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=FORMATS)


def problems(document):
    """Return what is against the schema in a report as it is read from its file."""
    found = json.loads(json.dumps(document))
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(found)]
