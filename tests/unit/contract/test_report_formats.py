# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A format of the report is declared once: its file, its line in the registry, its test; `make docs` does the rest."""

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import report_format_docs

TEXT = checkout.read("catalog/inputs.yml")


def test_the_input_follows_the_registry():
    assert report_format_docs.with_formats(TEXT, formats.FORMATS) == TEXT, "run `make docs`"


def test_a_new_format_reaches_the_input_by_itself():
    more = {**formats.FORMATS, "sarif": formats.Format("report.sarif", lambda report: "", "for code scanning")}
    inputs = yaml.safe_load(report_format_docs.with_formats(TEXT, more))["inputs"]
    [found] = [entry for entry in inputs if entry["name"] == "rtf_report_formats"]
    assert found["choices"][-1] == "sarif"
    assert found["roles"]["rtf_preflight"]["details"][-1] == "V(sarif) is C(report.sarif), for code scanning."
