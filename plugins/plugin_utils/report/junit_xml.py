# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""junit.xml: one case for each check on each node, as CI systems read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import (
    Report,
    results_by_node,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result

# What XML 1.0 cannot hold, whatever a host or a peer sent.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(report: Report) -> str:
    """Return the content of the file. A suite is a node, the class of a case the area of its check.

    A required check that failed is a failure, one without an answer an error. What is only recommended, was waived or was
    not checked is skipped, with the reason.
    """
    document = report.document
    top = ElementTree.Element("testsuites", {"name": "Runtime Fabric readiness"})
    for node, results in results_by_node(document).items():
        top.append(_suite(node, document["generated"], results))
    # Readers that validate, such as Jenkins' plugin xunit, know no number of skipped cases here.
    for name in ("tests", "failures", "errors"):
        top.set(name, str(sum(int(suite.get(name, "0")) for suite in top)))
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _suite(node: str, generated: str, results: Sequence[Result]) -> ElementTree.Element:
    cases = [_case(result) for result in results]
    outcomes = [case[0].tag for case in cases if len(case)]
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": _clean(node),
            "timestamp": generated.partition("+")[0],
            "tests": str(len(cases)),
            "failures": str(outcomes.count("failure")),
            "errors": str(outcomes.count("error")),
            "skipped": str(outcomes.count("skipped")),
            "time": "0",
        },
    )
    suite.extend(cases)
    return suite


def _case(result: Result) -> ElementTree.Element:
    area = result["id"].partition(".")[0]
    case = ElementTree.Element(
        "testcase",
        {
            "classname": f"{_clean(result['node'])}.{area}",
            "name": f"{result['id']}: {_clean(result['title'])}",
            "time": "0",
        },
    )
    outcome = _outcome(result)
    if outcome:
        tag, message = outcome
        element = ElementTree.SubElement(case, tag, {"message": _clean(message)})
        if tag != "skipped":
            element.set("type", result["severity"])
            parts = (("found", result["observed"]), ("wanted", result["expected"]), ("do", result["remedy"]))
            element.text = "\n".join(f"{label}: {_clean(part)}" for label, part in parts if part)
    return case


def _outcome(result: Result) -> tuple[str, str] | None:
    """The element of a case and its message; None where the check passed."""
    if result["waiver"]:
        return "skipped", f"waived: {result['waiver']['reason']}"
    if result["status"] == "pass":
        return None
    if result["status"] == "skipped":
        return "skipped", result["observed"]
    if result["severity"] != "required":
        return "skipped", f"{result['severity']}: {result['observed']}"
    return ("failure" if result["status"] == "fail" else "error"), result["observed"]


def _clean(value: str) -> str:
    return _NOT_XML.sub("?", value)
