# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of rtf_time_sync: when chrony is installed, configured and started, and which time services it replaces.

Pure functions of the inputs of the role rtf_time_sync, and of the sections `time` and `blocks` of host_info. `keys` among the
inputs have no secrets but in the arguments of `inspection`, which makes digests of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED, given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    block_changes,
    chrony_files,
    time_sources,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.block_changes import (
    ManagedFile,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import (
    BLOCK,
    Wanted,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_platforms import (
    DEBIAN,
    RED_HAT,
    platform_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Change,
    Cluster,
    Host,
    Inputs,
    Plan,
    Refusal,
    Remembered,
    Role,
    Service,
    Settings,
    section,
)

AS_WANTED = {"active": True, "enabled": True}
NOT_THERE = {"active": False, "enabled": False}
CONFIGURE = "Configure the servers and keys of chrony"


def inspection(inputs: Inputs, remembered: Remembered | None = None) -> dict[str, Any]:
    """Return the arguments of host_info. The `secret` of a key only goes into a digest."""
    wanted = Wanted([], []) if remembered is not None else wanted_of(inputs)
    secrets = {chrony_files.secret_name(key): key["secret"] for key in wanted.keys or () if "secret" in key}
    files = [file for platform in (DEBIAN, RED_HAT) for file in chrony_files.possible_files(platform, wanted)]
    return {"sections": ["time"], "checks": ["time.*"], **block_changes.probes(BLOCK, files, secrets)}


def plan(inputs: Inputs, host: Host, _cluster: Cluster) -> Plan:
    """Return what to change. host: with `time_answers`, what the hosts of time_sources.replacements answered."""
    clock, wanted = section(host, "time"), wanted_of(inputs)
    if clock.get("configuration"):
        section(clock, "configuration")
    platform, present = platform_of(clock), is_present(clock)
    _refuse(clock, wanted, inputs, host)
    files = block_changes.differing(chrony_files.files(clock, wanted), host.get("blocks", ()))
    replaced = time_sources.competitors(clock)
    # The state before the installation, too: a run that is killed within it leaves an idle chrony, which is none of the site's.
    units = {**replaced, **(_idle(clock) if present else {f"{platform.service}.service": NOT_THERE})}
    record = {"units": units} if units else {}
    changes: list[Change] = []
    early = [] if present else chrony_files.before_installation(clock, wanted, files)
    files = [entry for entry in files if entry not in early]
    if early:
        changes.append(_blocks("Configure the servers of chrony before its installation", early))
    if not present:
        changes.append(
            {
                "step": "Install chrony",
                "kind": "packages",
                "packages": ["chrony"],
                "apt": platform.service == DEBIAN.service,
                "record": record,
                "announcement": "The package chrony would be installed and started.",
            }
        )
    if files or early:  # the plan after the installation may find more
        changes.append(_blocks(CONFIGURE, files))
    if replaced:
        stopped = [Service(name=name, enabled=False, state="stopped") for name in replaced]
        changes.append({"step": "Stop other time services, now and at boot", "kind": "services", "services": stopped})
    state = _chrony_state(clock, files)
    if state or not present:
        service: Change = {"step": "Start chrony, now and at boot", "kind": "services"}
        service["services"] = [Service(name=platform.service, enabled=True, state=state or "started")]
        if not present:  # check mode has installed no service
            service["announcement"] = "chrony would be started, now and at boot."
        changes.append(service)
    return Plan(changes, record if present else {}, time_sources.sentences(time_sources.losses(clock, wanted)))


def revert(_inputs: Inputs, host: Host, remembered: Remembered) -> Plan:
    """Return how to remove the configuration, and to restore the time services that ran before.

    Services wait until packages that were replaced are installed again; remembered then has no packages any more.
    """
    clock = section(host, "time")
    changes: list[Change] = []
    # Without chrony, an interrupted installation may have left its servers.
    known = chrony_files.files(clock, Wanted([], [])) if is_present(clock) else []
    files = block_changes.differing(known + _elsewhere(known, host), host.get("blocks", ()))
    if files:
        changes.append(_blocks(CONFIGURE, files))
    if is_present(clock) and "packages_added" not in remembered and (files or _newer(clock)):
        restarted = Service(name=platform_of(clock).service, state="restarted")
        changes.append({"step": "Restart chrony with the remaining files", "kind": "services", "services": [restarted]})
    if "packages_added" not in remembered:
        restored = [
            Service(name=name, enabled=unit["enabled"], state="started" if unit["active"] else "stopped")
            for name, unit in remembered.get("units", {}).items()
            if clock["units"].get(name, unit) != unit
        ]
        if restored:
            changes.append({"step": "Restore the time services", "kind": "services", "services": restored})
    return Plan(changes)


def _elsewhere(known: list[ManagedFile], host: Host) -> list[ManagedFile]:
    """Return the files with a block of ours that chrony no longer reads, as after a change of its options."""
    paths = {entry["path"] for entry in known}
    there = [found["path"] for found in host.get("blocks", ()) if found.get("lines") and found["path"] not in paths]
    return [block_changes.managed_file(path, [], create=False) for path in there]


def _blocks(step: str, files: list[ManagedFile]) -> Change:
    return {"step": step, "kind": "blocks", "blocks": [dict(entry) for entry in files]}


def is_present(clock: Mapping[str, Any]) -> bool:
    """Whether chrony is installed."""
    return any(name in clock.get("units", {}) for name in time_sources.CHRONY_UNITS)


def wanted_of(inputs: Inputs) -> Wanted:
    """Return the servers and keys of the inputs."""
    return Wanted(given(inputs["servers"]), given(inputs["keys"]))


def _refuse(clock: Mapping[str, Any], wanted: Wanted, inputs: Inputs, host: Host) -> None:
    """Raise Refusal where chrony does not have what is asked for, reads no file, or no time source would remain."""
    if wanted != Wanted(None, None) and (clock.get("configuration") or {}).get("directives"):
        raise Refusal(
            "chronyd of this host is started with directives instead of a configuration file, and would not read what"
            " rtf_ntp_servers and rtf_ntp_keys ask for. Remove them from the options of its service, as in"
            " /etc/default/chrony or /etc/sysconfig/chronyd."
        )
    lacking = chrony_files.unsupported(clock, wanted)
    if lacking:
        raise Refusal(
            f"chrony {chrony_files.version_of(clock)} of this host does not support what rtf_ntp_servers or rtf_ntp_keys"
            f" ask for, which needs version 4.0 or later: {', '.join(lacking)}."
        )
    sentence = "" if inputs["force"] else time_sources.refusal(clock, wanted, host.get("time_answers", ()))
    if sentence:
        raise Refusal(sentence)


def _chrony_state(clock: Mapping[str, Any], files: list[ManagedFile]) -> str:
    """Return the state that the service has to be brought to, an empty text where it runs with its files, now and at boot.

    Whatever wrote the files: a chronyd that has run since before they changed does not know them.
    """
    if files or _newer(clock):
        return "restarted"
    return "started" if _idle(clock) else ""


def _newer(clock: Mapping[str, Any]) -> list[str]:
    return (clock.get("configuration") or {}).get("newer") or []


def _idle(clock: Mapping[str, Any]) -> dict[str, dict[str, bool]]:
    """Return the units of chrony that do not run, or do not start at boot."""
    units = clock.get("units", {})
    return {name: units[name] for name in time_sources.CHRONY_UNITS if units.get(name, AS_WANTED) != AS_WANTED}


def settings(values: Mapping[str, Any], shown: Inputs, _cluster: Cluster) -> Settings:
    """Return the settings; see Role. Reverting takes no inputs."""
    keys = values.get("keys", UNCHANGED)
    public = keys if keys == UNCHANGED else [{name: key[name] for name in key if name != "secret"} for key in keys]
    return Settings(shown, {**shown, "keys": public}, {**shown, "keys": keys})


def judged(shown: Inputs) -> Inputs:
    """Return the inputs of the checks; see Role."""
    return {"ntp_servers": given(shown["servers"]) or []}


def questions(inputs: Inputs, host: Host) -> list[str]:
    """Return the servers of which one must answer before the current source is replaced; see Role."""
    return [] if inputs["force"] else time_sources.replacements(section(host, "time"), wanted_of(inputs))


def suspects(inputs: Inputs, host: Host) -> list[Any]:
    """Return the servers unless the clock is synchronised; see Role.

    Probed apart from chrony and without authentication: that tells a closed port from a key that a server refuses.
    """
    chrony = (host.get("time") or {}).get("chrony") or {}
    synchronised = (chrony.get("tracking") or {}).get("leap") == "Normal"
    selected = any(source["state"] == "selected" for source in chrony.get("sources") or ())
    return [] if synchronised and selected else given(inputs["servers"]) or []


ROLE = Role(inspection, plan, revert, settings=settings, judged=judged, questions=questions, suspects=suspects)
