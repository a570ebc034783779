# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small report of two nodes with faults, and the files of the folder golden, which hold it in every format.

After a change that is meant, write them again, and read the difference: python tests/unit/plugins/plugin_utils/report/golden_files.py
"""

import copy
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import closing_block, report_lines
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

FOLDER = Path(__file__).resolve().parent / "golden"
SHOWN = (
    "kernel.ip_forward",
    "kernel.bridge_netfilter",
    "kernel.may_detach_mounts",
    "egress.anypoint",
    "egress.ecr-us",
    "ports.serf-tcp",
)
TERMINAL = "terminal.txt"


def report():
    """A controller drops a port of its worker, whose kernel parameters are wrong; one of them is accepted."""
    evidence = copy.deepcopy(test_audit.collected(clusters.nodes(1, 1)))
    for parameter in evidence["w1"]["host"]["kernel"]["sysctls"].values():
        parameter["live"] = "0"
    for own in evidence.values():
        for probe in own["egress"]:
            if probe["id"] == "ecr-us":
                probe.update(verdict="dropped", detail=None)
    clusters.spoil({name: own["ports"] for name, own in evidence.items()}, "w1", "c1", "tcp", "dropped", "7496")
    waivers = [{"checks": ["kernel.may_*"], "reason": "RHEL 7.4 is gone, ticket <4711>", "expires": "2999-12-31"}]
    inputs = samples.audit_inputs(checks=list(SHOWN), waivers=waivers, links=False)
    found = test_audit.audit_of(inputs, evidence)
    # What a new check, row or release changes everywhere is left out.
    document = {
        **found.document,
        "collection": "0.0.0",
        "causes": [cause for cause in found.document["causes"] if not cause["id"].startswith("left_out:")],
        "cluster": [],
        "not_verified": [],
        "results": [result for result in found.document["results"] if result["id"] in SHOWN],
        "selection": {**found.document["selection"], "left_out": [], "left_out_by": {}},
    }
    return Report(document, found.blocking, found.evidence)


def texts():
    """`{name of a file: its content}`, and the terminal's lines with those of the end of a run."""
    found = report()
    lines = [text for text, _colour in report_lines.lines(found.document)]
    shown = "\n".join([*lines, "", *closing_block.summary(found.document, "/site/rtf-report/report.json")])
    return {**formats.render(found, formats.FORMATS), TERMINAL: f"{shown}\n"}


if __name__ == "__main__":
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)
