# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.json: every result, for programs and for comparing two runs."""

from __future__ import annotations

import json

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report


def text(report: Report) -> str:
    """Return the content of the file."""
    return json.dumps(report.document, indent=2, ensure_ascii=False) + "\n"
