# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a saved run, judged again with other inputs, did not collect for them: only another audit answers that."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cluster, Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import (
    NOT_COLLECTED,
    WITH_THESE_INPUTS,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first

ID = "not_collected"


def not_collected(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Return one cause for every check without evidence, whoever would have to act where that check fails."""
    own = [result for result in results if result["remedy"] == WITH_THESE_INPUTS]
    if not own:
        return []
    ids = list(dict.fromkeys(result["id"] for result in own))
    missing = dict.fromkeys(result["observed"].removeprefix(NOT_COLLECTED) for result in own)
    checks = f"{len(ids)} check{'' if len(ids) == 1 else 's'}"
    return [
        Draft(
            ID,
            f"The saved run did not collect the evidence for {checks}",
            owners.NOT_COLLECTED,
            f"{NOT_COLLECTED}{joined_first(missing)}, for {joined_first(ids, ', ')}",
            own,
            WITH_THESE_INPUTS,
        )
    ]
