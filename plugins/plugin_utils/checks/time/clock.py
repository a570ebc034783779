# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the clock kept by chrony, is chrony synchronised, and do the nodes agree on the time?"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import platforms
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    Finding,
    NoEvidence,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time import chrony_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import clock_offsets

CHRONY_UNITS = ("chrony.service", "chronyd.service")
MARGIN = 3  # clocks agree well when they are no further apart than this part of the limit
ENOUGH_SOURCES = 3
AUTHENTICATED = {"none": "", "nts": " over NTS", "key": " with a key"}
GUEST_REMEDIES = {
    "VMware": "`vmware-toolbox-cmd timesync disable`.",
    "Hyper-V": "Unbind its time synchronisation: switch the integration service off for this machine, or let chrony use"
    " the host's clock as its source (`refclock PHC /dev/ptp_hyperv`).",
    "VirtualBox": "Start its guest service with `--disable-timesync`.",
}
PREPARE = "run the role hostprep.runtime_fabric.rtf_time_sync"


def chrony_active(subject, evidence):
    units = part(evidence, "host", "time", "units")
    chrony = next((units[name] for name in CHRONY_UNITS if name in units), None)
    expected = "chrony runs and starts at boot"
    if chrony is None:
        return Finding(FAIL, expected, "chrony is not installed", f"Install chrony, or {PREPARE}.", units)
    if chrony["active"] and chrony["enabled"]:
        return Finding(PASS, expected, "runs and starts at boot")
    observed = ("runs" if chrony["active"] else "does not run") + (
        ", starts at boot" if chrony["enabled"] else ", does not start at boot"
    )
    name = next(name for name in CHRONY_UNITS if name in units)
    return Finding(FAIL, expected, observed, f"`systemctl enable --now {name}`, or {PREPARE}.", units)


def no_competitor(subject, evidence):
    units = part(evidence, "host", "time", "units")
    guest = evidence["host"]["time"].get("guest") or []
    expected = "no other service steers the clock"
    others = [name for name, unit in units.items() if name not in CHRONY_UNITS and (unit["active"] or unit["enabled"])]
    if not others and not guest:
        return Finding(PASS, expected, "none")
    told = others + [f"{name} (synchronisation of the guest with its host)" for name in guest]
    remedies = [f"`systemctl disable --now {' '.join(others)}`, or {PREPARE}."] if others else []
    remedies += [GUEST_REMEDIES[name] for name in guest]
    return Finding(FAIL, expected, f"{', '.join(told)} as well", " ".join(remedies), {"units": units, "guest": guest})


def synchronised(subject, evidence):
    """The vendor's installer gives up unless `chronyc tracking` says `Leap status : Normal`."""
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
            f"follows {selected.get('name') or selected['address']}{AUTHENTICATED[_mode(selected)]},"
            f" {abs(tracking['offset']) * 1000:.3f} ms off",
            evidence=chrony,
        )
    waited = part(evidence, "host", "time").get("waited") or 0
    waited_text = f" after {waited:.0f} s of waiting" if waited >= 1 else ""
    found = chrony_causes.causes(chrony, _ntp_probes(evidence))
    return Finding(
        FAIL,
        expected,
        f"leap status {tracking['leap']}{waited_text}: {chrony_causes.words(found)}",
        chrony_causes.remedy(found, subject.node, subject.ntp_servers),
        chrony,
    )


def sources_reach(subject, evidence):
    """With three sources, one that is wrong is outvoted; with two nobody knows which."""
    sources = part(evidence, "host", "time", "chrony", "sources")
    expected = f"at least {ENOUGH_SOURCES} sources that answer"
    answering = [source.get("name") or source["address"] for source in sources if source["reach"]]
    observed = f"{len(answering)} answer{': ' if answering else ''}{', '.join(answering)}"
    if len(answering) >= ENOUGH_SOURCES:
        return Finding(PASS, expected, observed, evidence=sources)
    return Finding(
        FAIL,
        expected,
        observed,
        f"Name {ENOUGH_SOURCES} or more servers, or a pool, in rtf_ntp_servers: one that is wrong is then outvoted.",
        sources,
    )


def timezone_uniform(subject, evidence):
    """Times in logs of several nodes are compared by people."""
    zones = part(evidence, "timezones")
    own = zones.get(subject.node)
    expected = "the same time zone on all nodes"
    if own is None:
        raise NoEvidence("the time zone of this node is not known")
    others = {node: zone for node, zone in zones.items() if zone not in (None, own)}
    if not others:
        return Finding(PASS, expected, own)
    told = ", ".join(f"{zone} on {node}" for node, zone in sorted(others.items()))
    return Finding(
        FAIL, expected, f"{own}, but {told}", "`timedatectl set-timezone ZONE` on the nodes that differ.", zones
    )


def between_nodes(subject, evidence):
    """Gravity refuses to install, and calls a cluster degraded, when clocks are further apart than this."""
    return _apart(subject, evidence, _most_apart())


def between_nodes_margin(subject, evidence):
    """Whoever drifts is noticed before it is too late."""
    if between_nodes(subject, evidence).status != PASS:
        return Finding(SKIPPED, "", "time.between_nodes says more")
    return _apart(subject, evidence, _most_apart() / MARGIN)


def _most_apart():
    """Seconds between the clocks of two nodes."""
    return platforms.load()["clock_difference"] / 1000


def _apart(subject, evidence, limit):
    compared = part(evidence, "clock_offsets")
    expected = f"at most {limit * 1000:.0f} ms from the clock of every other node"
    judged = clock_offsets.judge(compared, limit)
    if judged.status == PASS:
        return Finding(PASS, expected, judged.text, evidence=compared)
    if judged.status == SKIPPED:
        return Finding(SKIPPED, expected, judged.text, severity="info")
    if judged.status == UNKNOWN:
        return Finding(
            UNKNOWN,
            expected,
            judged.text,
            "Make time.synchronised pass on all nodes, then run the audit again.",
            compared,
        )
    return Finding(
        FAIL,
        expected,
        judged.text,
        f"Let {subject.node} follow the same NTP servers as the other nodes (rtf_ntp_servers), and see which one it follows"
        " (`chronyc sources -v`, `chronyc tracking`).",
        compared,
    )


def _mode(source):
    return (source.get("authentication") or {"mode": "none"})["mode"]


def _ntp_probes(evidence):
    """The queries that were put to NTP servers, none where nobody did."""
    try:
        return [row for row in part(evidence, "egress") if row["protocol"] == "ntp"]
    except NoEvidence:
        return []


def ntp_reachable(subject, evidence):
    """Every NTP server of the site answers a query on UDP 123 from this node: one that does not is one opening that lacks."""
    if not subject.ntp_servers:
        return _ntp_by_chrony(subject, evidence, "an answer from UDP 123 of an NTP server")
    expected = f"an answer from UDP 123 of {', '.join(subject.ntp_servers)}"
    rows = {row["host"]: row for row in part(evidence, "egress") if row["protocol"] == "ntp"}
    known = _answering_with_keys(subject, evidence)
    answered, failed, untried = [], {}, []
    for server in subject.ntp_servers:
        row = rows.get(server)
        if row and row["verdict"] == "reachable":
            answered.append(f"{server} answered{': ' + row['detail'] if row['detail'] else ''}")
        elif server in known:
            answered.append(f"{server} answered chrony, with authentication")
        elif row is None or row["verdict"] in ("untested", "error"):
            untried.append(f"{server} was not asked{': ' + row['detail'] if row and row['detail'] else ''}")
        else:
            failed[server] = f"{server}: {row['detail'] or row['verdict']}"
    observed = "; ".join([*failed.values(), *untried, *answered])
    if failed:
        remedy = (
            f"Ask the network team to open UDP 123 from {subject.node} to {', '.join(failed)}, "
            "or name servers that answer in rtf_ntp_servers."
        )
        return Finding(FAIL, expected, observed, remedy, list(rows.values()))
    if untried:
        return Finding(UNKNOWN, expected, observed, "Run the audit again.", list(rows.values()))
    return Finding(PASS, expected, observed, evidence=list(rows.values()))


def _answering_with_keys(subject, evidence):
    """Servers that answer authenticated queries only are known to chrony alone."""
    try:
        sources = part(evidence, "host", "time", "chrony", "sources")
    except NoEvidence:
        return []
    names = [
        source.get("name") or source["address"] for source in sources if source["reach"] and _mode(source) != "none"
    ]
    return [name for name in names if name in subject.ntp_servers]


def _ntp_by_chrony(subject, evidence, expected):
    """Without rtf_ntp_servers the servers are whatever chrony has; its reach register knows who answered."""
    chrony = part(evidence, "host", "time", "chrony")
    sources = part(evidence, "host", "time", "chrony", "sources")
    answered = [source["address"] for source in sources if source["reach"]]
    if answered:
        return Finding(PASS, expected, f"{', '.join(answered)} answered chrony", evidence=sources)
    found = chrony_causes.causes(chrony)
    remedy = chrony_causes.remedy(found, subject.node, subject.ntp_servers)
    return Finding(FAIL, expected, chrony_causes.words(found), remedy, sources)


CHECKS = {
    "time.chrony_active": chrony_active,
    "time.no_competitor": no_competitor,
    "time.synchronised": synchronised,
    "time.sources_reach": sources_reach,
    "time.between_nodes": between_nodes,
    "time.between_nodes_margin": between_nodes_margin,
    "time.timezone_uniform": timezone_uniform,
    "egress.ntp": ntp_reachable,
}
