# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""evidence.json: what the nodes were judged by, to judge a run again without the hosts."""

from __future__ import annotations

import json

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.saved_run import SavedRun


def text(run: SavedRun) -> str:
    """Return the content of the file."""
    return json.dumps(run, indent=2, ensure_ascii=False) + "\n"
