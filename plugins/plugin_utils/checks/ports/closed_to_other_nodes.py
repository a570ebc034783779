# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.closed: ports that only the node itself or the installation needs are closed to other nodes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("ports.closed")
def closed(subject: Subject, evidence: Evidence) -> Finding:
    """Ports of the node itself, or of the installation, are closed to other nodes."""
    expected = "ports for localhost, or for the installation only, are not reachable from other nodes"
    found = part(evidence, "port_exposures")
    if not found:
        return Finding(PASS, expected, "none answered")
    texts = [f"{entry['transport'].upper()} {', '.join(entry['ports'])} from {entry['source']}" for entry in found]
    reached: dict[str, set[int]] = {}
    for entry in found:
        reached.setdefault(entry["transport"].upper(), set()).update(port_ranges.numbers(entry["ports"]))
    ports = " and ".join(
        f"{transport} {', '.join(port_ranges.texts(numbers))}" for transport, numbers in reached.items()
    )
    return Finding(
        FAIL,
        expected,
        joined_first(texts),
        f"Bind the service on {subject.node} to 127.0.0.1 only, or close {ports}.",
        found,
    )
