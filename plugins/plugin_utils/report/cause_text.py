# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every format shows of a cause: its mark, and the node on which to confirm it."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause


def mark(cause: Mapping[str, object]) -> tuple[str, str]:
    """Return the mark of a cause and its colour."""
    if cause["status"] == "unknown":
        return "????", "yellow"
    return ("FAIL", "red") if cause["severity"] == "required" else ("warn", "yellow")


def where_to_confirm(cause: Cause) -> str:
    """Return the node on which to run the command that confirms a cause, "" where it runs on the control node."""
    if not cause["confirm"] or not cause["nodes"] or cause["confirm"].startswith(("ansible ", "ssh ")):
        return ""
    return cause["nodes"][0]
