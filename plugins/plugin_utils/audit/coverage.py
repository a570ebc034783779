# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requirements were verified: those that some check came to pass or fail for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


class MissingRequirement(TypedDict):
    """A row of the requirements without an answer."""

    id: Annotated[str, Field("The row, as docs/requirements.md lists it.")]
    title: Annotated[str, Field("What it asks for.")]


def not_verified(
    checks: Iterable[Mapping[str, Any]], results: Iterable[Result], requirements: Mapping[str, str]
) -> list[MissingRequirement]:
    """Return the requirements that no check has passed or failed.

    checks: rows of catalog/checks/. requirements: `{id of a catalogue row: its title}`.
    """
    answered = [result for result in results if result["status"] in (PASS, FAIL)]
    ids = {result["id"] for result in answered}
    verified = {row_id for result in answered for row_id in result["requirement"]}
    for check in checks:
        if check["id"] in ids or ("each" in check and any(name.startswith(f"{check['id']}.") for name in ids)):
            verified.update(check["requirements"])
    return [{"id": row_id, "title": title} for row_id, title in requirements.items() if row_id not in verified]
