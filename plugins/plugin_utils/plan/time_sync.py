# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of a node's time sources takes away, and whether a source that works is left after it.

Pure functions of the section `time` of host_info, of the inputs, and of the answers of the servers to egress_info.
"""

from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers

BLOCK = "runtime-fabric"
CHRONY_UNITS = ("chrony.service", "chronyd.service")
# States of a source (chrony_text.STATES) that chrony follows, or would follow next.
WORKING = ("selected", "combined", "not_combined")


class Loss(NamedTuple):
    """What a change takes away: hosts of our block of sources, ids of our block of keys, units of other time services."""

    sources: Any = ()
    keys: Any = ()
    units: Any = ()


def time_sync_plan(clock, servers=None, keys=None, package_sources=(), asked=None):
    """Return what is to be said and asked before the time sources of a node are changed.

    clock: the section `time` of host_info. servers, keys: as rtf_ntp_servers and rtf_ntp_keys have them, None where what is
    there is left alone. package_sources: hosts that chrony's package comes with, where chrony is still to be installed.
    asked: results of egress_info for `ask`, None before.

    `taken_away`: a sentence for each thing that goes. `ask`: hosts to ask before, because the source that keeps the clock now
    goes. `refusal`: why the change must not be made, "" where it may be.
    """
    loss = losses(clock, servers, keys)
    working, lost = _at_stake(clock, loss)
    candidates = _candidates(clock, servers, loss, package_sources) if lost else []
    answering = [row["host"] for row in asked or () if row["verdict"] == "reachable" and not row["detail"]]
    undecided = bool(candidates) and asked is None
    refused = lost and not answering and not undecided
    return {
        "taken_away": sentences(loss),
        "ask": candidates,
        "refusal": _refusal(working, loss, candidates, asked or ()) if refused else "",
    }


def losses(clock, servers, keys):
    """Return the Loss of a change. None for servers or keys: they stay."""
    configuration = clock.get("configuration") or {}
    wanted = ntp_servers.hosts(servers or [])
    ids = [entry["id"] for entry in keys or []]
    return Loss(
        []
        if servers is None
        else _unique(
            entry["host"]
            for entry in configuration.get("sources", ())
            if entry["block"] == BLOCK and entry["host"] not in wanted
        ),
        []
        if keys is None
        else _unique(
            entry["id"] for entry in configuration.get("keys", ()) if entry["block"] == BLOCK and entry["id"] not in ids
        ),
        [
            name
            for name, unit in clock["units"].items()
            if name not in CHRONY_UNITS and (unit["active"] or unit["enabled"])
        ],
    )


def sentences(loss):
    """Say each thing that goes, by its name."""
    said = []
    if loss.sources:
        said.append(f"chrony no longer uses {', '.join(loss.sources)}")
    if loss.keys:
        said.append(f"chrony no longer has the key {', '.join(map(str, loss.keys))}")
    return said + [f"{name} is stopped, and no longer starts at boot" for name in loss.units]


def _at_stake(clock, loss):
    """Return (names of what keeps the clock now, whether the change takes all of it away)."""
    chrony = clock.get("chrony") or {}
    sources = [source for source in chrony.get("sources", ()) if source["state"] in WORKING]
    if chrony.get("tracking", {}).get("leap") == "Normal" and any(source["state"] == "selected" for source in sources):
        return [_name(source) for source in sources], not any(_stays(source, loss) for source in sources)
    running = [name for name in loss.units if clock["units"][name]["active"]]
    if running and clock.get("synchronised") is not False:
        return running, True
    return [], False


def _stays(source, loss):
    """Whether chrony has a source after the change, too; a chrony that tells no names leaves that open, which counts as no."""
    if loss.sources and (
        source.get("name") is None or source["name"] in loss.sources or source["address"] in loss.sources
    ):
        return False
    return (source.get("authentication") or {}).get("key") not in loss.keys


def _candidates(clock, servers, loss, package_sources):
    """The hosts that chrony has after the change, those of the site first."""
    configuration = clock.get("configuration")
    there = [entry["host"] for entry in configuration["sources"]] if configuration else list(package_sources)
    return _unique([*ntp_servers.hosts(servers or []), *(host for host in there if host not in loss.sources)])


def _refusal(working, loss, candidates, asked):
    """Say what would be lost, why nothing takes its place, and what to do."""
    said = {row["host"]: row["detail"] or row["verdict"] for row in asked}
    answers = "; ".join(f"{host}: {said.get(host, 'not asked').removeprefix(host + ': ')}" for host in candidates)
    left = (
        f"none of the servers that chrony would have answers ({answers})"
        if candidates
        else ("chrony would have no server that is known before its installation")
    )
    return (
        f"Nothing was changed. The clock follows {', '.join(working)} now. With this change {', and '.join(sentences(loss))};"
        f" {left}. Open UDP 123 from this node to the servers, correct rtf_ntp_servers, or leave it unset, which keeps the"
        " sources that chrony has. rtf_time_sync_force makes the change all the same."
    )


def _name(source):
    return source.get("name") or source["address"]


def _unique(values):
    return list(dict.fromkeys(values))
