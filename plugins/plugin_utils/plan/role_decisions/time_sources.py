# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of a node's time sources takes away, and whether a source that works is left after it.

Pure functions of the section `time` of host_info, of the inputs, and of the answers of the servers to egress_info.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import (
    BLOCK,
    Wanted,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_platforms import (
    platform_of,
)

CHRONY_UNITS = ("chrony.service", "chronyd.service")
# States of a source (chronyc_output.STATES) that chrony follows, or would follow next.
WORKING = ("selected", "combined", "not_combined")

Clock = Mapping[str, Any]  # the section `time` of host_info


class Loss(NamedTuple):
    """What a change takes away: hosts of our block of sources, ids of our block of keys, units of other time services."""

    sources: Sequence[str] = ()
    keys: Sequence[int] = ()
    units: Sequence[str] = ()


def losses(clock: Clock, wanted: Wanted) -> Loss:
    """Return the Loss of a change."""
    configuration = clock.get("configuration") or {}
    hosts = ntp_servers.hosts(wanted.servers or [])
    ids = [entry["id"] for entry in wanted.keys or ()]
    sources = [entry["host"] for entry in configuration.get("sources", ()) if entry["block"] == BLOCK]
    keys = [entry["id"] for entry in configuration.get("keys", ()) if entry["block"] == BLOCK]
    return Loss(
        [] if wanted.servers is None else _unique(host for host in sources if host not in hosts),
        [] if wanted.keys is None else _unique(number for number in keys if number not in ids),
        list(competitors(clock)),
    )


def competitors(clock: Clock) -> dict[str, dict[str, bool]]:
    """Return the units of other time services that run or start at boot."""
    units = clock.get("units", {})
    return {
        name: unit for name, unit in units.items() if name not in CHRONY_UNITS and (unit["active"] or unit["enabled"])
    }


def sentences(loss: Loss) -> list[str]:
    """Name each thing that the change takes away."""
    found = []
    if loss.sources:
        found.append(f"chrony no longer uses {', '.join(loss.sources)}")
    if loss.keys:
        found.append(f"chrony no longer has the key {', '.join(map(str, loss.keys))}")
    return found + [f"{name} is stopped, and no longer starts at boot" for name in loss.units]


def replacements(clock: Clock, wanted: Wanted) -> list[str]:
    """Return the hosts that chrony has after the change, where the change takes away the source that works now.

    At least one of them must answer before the change may be made.
    """
    loss = losses(clock, wanted)
    return _candidates(clock, wanted, loss) if _at_stake(clock, loss)[1] else []


def refusal(clock: Clock, wanted: Wanted, answers: Iterable[Mapping[str, Any]]) -> str:
    """Return why the change must not be made, an empty text where it may be.

    answers: results of egress_info for the hosts of `replacements`.
    """
    loss = losses(clock, wanted)
    working, lost = _at_stake(clock, loss)
    rows = list(answers)
    if not lost or any(row["verdict"] == "reachable" and not row["detail"] for row in rows):
        return ""
    return _sentence(working, loss, _candidates(clock, wanted, loss), rows)


def _at_stake(clock: Clock, loss: Loss) -> tuple[list[str], bool]:
    """Return (names of what keeps the clock now, whether the change takes all of it away)."""
    chrony = clock.get("chrony") or {}
    sources = [source for source in chrony.get("sources", ()) if source["state"] in WORKING]
    if chrony.get("tracking", {}).get("leap") == "Normal" and any(source["state"] == "selected" for source in sources):
        return [_name(source) for source in sources], not any(_stays(source, loss) for source in sources)
    running = [name for name in loss.units if clock["units"][name]["active"]]
    if running and clock.get("synchronised") is not False:
        return running, True
    return [], False


def _stays(source: Mapping[str, Any], loss: Loss) -> bool:
    """Whether chrony has a source after the change, too. A chrony that prints no names leaves that open: counted as no."""
    if loss.sources and (
        source.get("name") is None or source["name"] in loss.sources or source["address"] in loss.sources
    ):
        return False
    return (source.get("authentication") or {}).get("key") not in loss.keys


def _candidates(clock: Clock, wanted: Wanted, loss: Loss) -> list[str]:
    """Return the hosts that chrony has after the change, those of the site first.

    Before its installation, the source that its package ships counts.
    """
    configuration = clock.get("configuration")
    if configuration:
        there = [entry["host"] for entry in configuration.get("sources", ())]
    else:
        pool = platform_of(clock).pool
        there = [pool] if pool else []
    return _unique([*ntp_servers.hosts(wanted.servers or []), *(host for host in there if host not in loss.sources)])


def _sentence(working: list[str], loss: Loss, candidates: list[str], answers: list[Mapping[str, Any]]) -> str:
    """Say what would be lost, why nothing takes its place, and what to do."""
    observed = {row["host"]: row["detail"] or row["verdict"] for row in answers}
    verdicts = "; ".join(
        f"{host}: {observed.get(host, 'not queried').removeprefix(host + ': ')}" for host in candidates
    )
    left = (
        f"none of the servers that chrony would have answers ({verdicts})"
        if candidates
        else "chrony would have no server that is known before its installation"
    )
    return (
        f"Nothing was changed. The clock follows {', '.join(working)} now. With this change {', and '.join(sentences(loss))};"
        f" {left}. Open UDP 123 from this node to the servers, correct rtf_ntp_servers, or leave it unset, which keeps the"
        " sources that chrony has. Set rtf_time_sync_force to make the change anyway."
    )


def _name(source: Mapping[str, Any]) -> str:
    return source.get("name") or source["address"]


def _unique(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))
