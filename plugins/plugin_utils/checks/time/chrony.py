# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""time.chrony_active, service_active, no_competitor, synchronised and sources_reach: chrony alone keeps the clock, and follows a server."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time import chrony_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

CHRONY_UNITS = ("chrony.service", "chronyd.service")
TIMESYNCD = "systemd-timesyncd.service"
NONE_RUNS = "no known time service runs"
AUTHENTICATED = {"none": "", "nts": " over NTS", "key": " with a key"}
GUEST_REMEDIES = {
    "VMware": "`vmware-toolbox-cmd timesync disable`.",
    "Hyper-V": (
        "Disable the time synchronisation of the integration services for this machine, or use the host's "
        "clock as the source of chrony (`refclock PHC /dev/ptp_hyperv`)."
    ),
    "VirtualBox": "Start its guest service with `--disable-timesync`.",
}
PREPARE = "run the role hostprep.runtime_fabric.rtf_time_sync"
SERVICE_FIRST = "Fix time.service_active first, then run the audit again."


@check("time.chrony_active")
def chrony_active(subject: Subject, evidence: Evidence) -> Finding:
    units = part(evidence, "host", "time", "units")
    chrony = next((units[name] for name in CHRONY_UNITS if name in units), None)
    expected = "chrony runs and starts at boot"
    if chrony is None:
        return Finding(
            FAIL,
            expected,
            "chrony is not installed",
            f"Install chrony, or {PREPARE}.",
            units,
            fault=f"chrony is not installed on {subject.node}",
        )
    if chrony["active"] and chrony["enabled"]:
        return Finding(PASS, expected, "runs and starts at boot")
    observed = ("runs" if chrony["active"] else "does not run") + (
        ", starts at boot" if chrony["enabled"] else ", does not start at boot"
    )
    name = next(name for name in CHRONY_UNITS if name in units)
    fault = f"chrony does not {'start at boot' if chrony['active'] else 'run'} on {subject.node}"
    return Finding(FAIL, expected, observed, f"`systemctl enable --now {name}`, or {PREPARE}.", units, fault=fault)


@check("time.service_active")
def service_active(subject: Subject, evidence: Evidence) -> Finding:
    """Without a service the clock may have been right until now, or a program that is not known keeps it."""
    times = part(evidence, "host", "time")
    expected = "a time service runs"
    running = [name.removesuffix(".service") for name, unit in times["units"].items() if unit["active"]]
    if running:
        return Finding(PASS, expected, f"{', '.join(running)} {'runs' if len(running) == 1 else 'run'}")
    stopped = [name for name in (*CHRONY_UNITS, TIMESYNCD) if name in times["units"]]
    start = f"`systemctl enable --now {stopped[0]}`" if stopped else f"a time service on {subject.node}, or {PREPARE}"
    if times.get("synchronised"):
        observed = f"{NONE_RUNS}, though the kernel says that the clock is synchronised"
        remedy = f"If nothing else keeps the clock, {'run' if stopped else 'install'} {start}."
        return Finding(UNKNOWN, expected, observed, remedy, times["units"])
    remedy = f"Start one on {subject.node}: {start}." if stopped else f"Install {start}."
    return Finding(FAIL, expected, NONE_RUNS, remedy, times["units"])


@check("time.no_competitor")
def no_competitor(subject: Subject, evidence: Evidence) -> Finding:
    units = part(evidence, "host", "time", "units")
    guest = evidence["host"]["time"].get("guest") or []
    expected = "no other service adjusts the clock"
    others = [name for name, unit in units.items() if name not in CHRONY_UNITS and (unit["active"] or unit["enabled"])]
    if not others and not guest:
        return Finding(PASS, expected, "none")
    names = others + [f"{name} (guest time synchronisation)" for name in guest]
    remedies = [f"`systemctl disable --now {' '.join(others)}`, or {PREPARE}."] if others else []
    remedies += [GUEST_REMEDIES[name] for name in guest]
    return Finding(
        FAIL, expected, f"{', '.join(names)} also active", " ".join(remedies), {"units": units, "guest": guest}
    )


@check("time.synchronised")
def synchronised(subject: Subject, evidence: Evidence) -> Finding:
    """The vendor's installer gives up unless `chronyc tracking` says `Leap status : Normal`."""
    other = other_service(subject, evidence)
    if other:
        return _by_other_service(subject, evidence, other)
    if unattended(subject, evidence):
        known = part(evidence, "host", "time").get("synchronised")
        return Finding(UNKNOWN if known else FAIL, "a time service follows a time source", NONE_RUNS, SERVICE_FIRST)
    chrony = part(evidence, "host", "time", "chrony")
    if chrony.get("error"):
        raise NoEvidence(chrony["error"])
    tracking, sources = chrony["tracking"], chrony["sources"]
    expected = "leap status Normal and a selected source"
    selected = next((source for source in sources if source["state"] == "selected"), None)
    if tracking["leap"] == "Normal" and selected:
        return Finding(
            PASS,
            expected,
            f"follows {selected.get('name') or selected['address']}{AUTHENTICATED[authentication_mode(selected)]},"
            f" {abs(tracking['offset']) * 1000:.3f} ms off",
            evidence=chrony,
        )
    waited = part(evidence, "host", "time").get("waited") or 0
    waited_text = f" after {waited:.0f} s of waiting" if waited >= 1 else ""
    found = chrony_causes.causes(chrony, ntp_probes(evidence))
    return Finding(
        FAIL,
        expected,
        f"leap status {tracking['leap']}{waited_text}: {chrony_causes.observed_text(found, subject.ntp_servers)}",
        chrony_causes.remedy(found, subject.node, subject.ntp_servers),
        chrony,
        fault=chrony_causes.fault(found, subject.node, subject.ntp_servers),
    )


@check("time.sources_reach")
def sources_reach(subject: Subject, evidence: Evidence) -> Finding:
    """With three sources a wrong one is outvoted; with two, chrony cannot tell which is wrong."""
    other = other_service(subject, evidence)
    if other:
        return kept_by(other)
    enough = limits.load().time_sources
    expected = f"at least {enough} sources that answer"
    if unattended(subject, evidence):
        return not_known_yet(expected)
    sources = part(evidence, "host", "time", "chrony", "sources")
    answering = [source.get("name") or source["address"] for source in sources if source["reach"]]
    observed = f"{len(answering)} answer{': ' if answering else ''}{', '.join(answering)}"
    if len(answering) >= enough:
        return Finding(PASS, expected, observed, evidence=sources)
    return Finding(
        FAIL,
        expected,
        observed,
        f"List {enough} or more servers, or a pool, in rtf_ntp_servers, so that a wrong one is outvoted.",
        sources,
    )


def other_service(subject: Subject, evidence: Evidence) -> str:
    """Return the services that keep the clock in the place of chrony, "" for none.

    The appliance's installer insists on chrony. On the nodes of a self-managed Kubernetes any service that synchronises the
    clock does.
    """
    units = part(evidence, "host", "time", "units")
    running = [name for name, unit in units.items() if unit["active"]]
    if subject.line == "appliance" or any(name in CHRONY_UNITS for name in running):
        return ""
    return ", ".join(name.removesuffix(".service") for name in running)


def kept_by(other: str) -> Finding:
    """Skip what is read of chrony alone. other: what other_service returns."""
    return Finding(SKIPPED, "", f"{other} keeps the clock; only servers of chrony are inspected", severity="info")


def unattended(subject: Subject, evidence: Evidence) -> bool:
    """Whether no known time service runs on a node of a self-managed Kubernetes, where any of them may."""
    units = part(evidence, "host", "time", "units")
    return subject.line != "appliance" and not any(unit["active"] for unit in units.values())


def not_known_yet(expected: str) -> Finding:
    """What depends on the time service that does not run."""
    return Finding(UNKNOWN, expected, NONE_RUNS, SERVICE_FIRST)


def _by_other_service(subject: Subject, evidence: Evidence, other: str) -> Finding:
    """Judge by what the kernel, or OpenNTPD, says of the clock."""
    expected = "a time service follows a time source"
    found = part(evidence, "host", "time").get("synchronised")
    if found is None:
        raise NoEvidence(f"{other} runs, and the kernel does not say whether the clock is synchronised")
    if found:
        return Finding(PASS, expected, f"{other} synchronises the clock")
    return Finding(
        FAIL,
        expected,
        f"{other} runs, and the clock is not synchronised",
        f"Find out on {subject.node} why {other} does not follow its servers (`timedatectl timesync-status`, `ntpq -pn`, "
        f"`journalctl -u {other.partition(',')[0]}`): they must answer on UDP 123.",
    )


def authentication_mode(source: dict[str, Any]) -> str:
    return (source.get("authentication") or {"mode": "none"})["mode"]


def ntp_probes(evidence: Evidence) -> list[Row]:
    """The queries to NTP servers, none where there were none."""
    try:
        return [row for row in part(evidence, "egress") if row["protocol"] == "ntp"]
    except NoEvidence:
        return []
