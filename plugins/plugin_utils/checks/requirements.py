# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up what the release requires of a node."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    NoEvidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject


def required(subject: Subject, row_id: str) -> dict[str, Any]:
    """What a row of the release expects; without the row there is nothing to compare with."""
    if row_id not in subject.settings:
        raise NoEvidence(f"the release has no row {row_id}")
    return subject.settings[row_id]["expected"]
