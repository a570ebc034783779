# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.cluster_size: the numbers of controllers and workers."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("host.cluster_size")
def cluster_size(subject: Subject, evidence: Evidence) -> Finding:
    """An odd number of controllers keeps a majority when one fails; the vendor limits both numbers."""
    sizes, found = required(subject, "cluster-size"), part(evidence, "cluster_size")
    controllers, workers = found["controllers"], found["workers"]
    least, most = sizes["workers"]
    allowed = [str(number) for number in sizes["controllers"]]
    expected = f"{', '.join(allowed[:-1])} or {allowed[-1]} controllers, and {least} to {most} workers"
    observed = f"{_number(controllers, 'controller')} and {_number(workers, 'worker')}"
    remedies = []
    if controllers not in sizes["controllers"]:
        nearest = [number for number in sizes["controllers"] if number < controllers] or sizes["controllers"][:1]
        larger = [number for number in sizes["controllers"] if number > controllers]
        remedies.append(
            f"Put {' or '.join(str(number) for number in (*nearest[-1:], *larger[:1]))} nodes in rtf_controllers: "
            "the failure of one must leave a majority."
        )
    if not least <= workers <= most:
        remedies.append(f"Put {least} to {most} nodes in rtf_workers.")
    if remedies:
        return Finding(FAIL, expected, observed, " ".join(remedies), found)
    if controllers < sizes["production_controllers"] or workers < sizes["production_workers"]:
        observed += (
            f", enough for development; production requires {sizes['production_controllers']} controllers "
            f"and {sizes['production_workers']} workers"
        )
    return Finding(PASS, expected, observed, evidence=found)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
