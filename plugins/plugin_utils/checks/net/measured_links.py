# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which links were measured, and why others were not."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part

PORTS_FIRST = "Open the ports that the port matrix shows as closed, then run the audit again."
AGAIN = "Run the audit again while the nodes and the network between them are idle."


def answered_links(evidence: Evidence) -> tuple[list[Row], list[str]]:
    """Return (links with an answer, why for each of the others)."""
    links, missing = part(evidence, "links"), unmeasured(evidence, "unmeasured_links")
    silent = [f"{link['name']}: no answer on UDP {link['port']}" for link in links if link["rtt_ms"] is None]
    return [link for link in links if link["rtt_ms"] is not None], [*silent, *missing]


def retry_remedy(evidence: Evidence) -> str:
    return PORTS_FIRST if unmeasured(evidence, "unmeasured_links") else AGAIN


def unmeasured(evidence: Evidence, name: str) -> list[str]:
    return [f"{other}: {why}" for other, why in (evidence.get(name) or {}).items()]
