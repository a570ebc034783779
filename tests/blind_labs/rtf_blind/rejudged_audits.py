# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the saved audit of a broken lab again, without the lab."""

import datetime
import json

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudging, saved_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import report_lines
from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind.audits import Audit


def audit_of(directory):
    """Return the Audit of the last run in a directory of reports; its output is the report alone."""
    runs = sorted(directory.glob("runs/*/evidence.json"))
    if not runs:
        return Audit(1, "", None)
    saved = saved_run.read(json.loads(runs[-1].read_text(encoding="utf-8")), str(runs[-1]))
    now = datetime.datetime.now(datetime.timezone.utc)
    document = rejudging.rejudge(catalog.load(), saved, {}, now, str(runs[-1])).document
    output = "\n".join(text for text, dummy_colour in report_lines.lines(document)) + "\n"
    return Audit(int(document["readiness"] != "ready"), output, document)
