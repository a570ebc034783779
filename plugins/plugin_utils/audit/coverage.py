# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requirements were verified: those that some check came to pass or fail for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import Scope
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

    checks: rows of catalog/checks/. requirements: as titles returns them.
    """
    answered = [result for result in results if result["status"] in (PASS, FAIL)]
    ids = {result["id"] for result in answered}
    measured = {result["id"] for result in answered if result["evidence"]}
    verified = {row_id for result in answered for row_id in result["requirement"]}
    for check in checks:
        if check["id"] in ids or ("each" in check and any(name.startswith(f"{check['id']}.") for name in ids)):
            verified.update(check["requirements"])
        if check["id"] in measured:
            verified.update(check.get("verifies", ()))
    return [{"id": row_id, "title": title} for row_id, title in requirements.items() if row_id not in verified]


def titles(catalogue: Catalog, scope: Scope) -> dict[str, str]:
    """Return `{id of a row: its title}` for everything the catalogue asks for in this Scope."""
    names = {
        row["id"]: f"{row['host']}:{row['port']}"
        for row in catalog.select_endpoints(catalogue, scope.release, scope.control_plane, phase=scope.phase)
    }
    for row in catalog.select_ports(catalogue, scope.release, scope.phase):
        names[row["id"]] = f"{', '.join(row['ports'])}/{row['transport']} {row['from']} -> {row['to']}"
    for row in catalog.select_settings(catalogue, scope.release):
        names[row["id"]] = row["title"]
    return names
