# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the clock kept by chrony, and is chrony synchronised?"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    part,
)

CHRONY_UNITS = ("chrony.service", "chronyd.service")
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
    expected = "no other service steers the clock"
    others = [name for name, unit in units.items() if name not in CHRONY_UNITS and (unit["active"] or unit["enabled"])]
    if not others:
        return Finding(PASS, expected, "none")
    return Finding(
        FAIL,
        expected,
        f"{', '.join(others)} as well",
        f"`systemctl disable --now {' '.join(others)}`, or {PREPARE}.",
        units,
    )


def synchronised(subject, evidence):
    """The vendor's installer gives up unless `chronyc tracking` says `Leap status : Normal`."""
    chrony = part(evidence, "host", "time", "chrony")
    tracking, sources = chrony["tracking"], chrony["sources"]
    expected = "leap status Normal and a selected source"
    selected = next((source for source in sources if source["state"] == "selected"), None)
    if tracking["leap"] == "Normal" and selected:
        return Finding(
            PASS, expected, f"follows {selected['address']}, {abs(tracking['offset']) * 1000:.3f} ms off", evidence=chrony
        )
    waited = part(evidence, "host", "time").get("waited") or 0
    waited_text = f" after {waited:.0f} s of waiting" if waited >= 1 else ""
    observed = f"leap status {tracking['leap']}: {_why(sources)}{waited_text}"
    return Finding(FAIL, expected, observed, _remedy(subject, sources), chrony)


def _why(sources):
    if not sources:
        return "no source (none is configured, or none of the names resolves)"
    silent = [source["address"] for source in sources if source["reach"] == 0]
    if len(silent) == len(sources):
        return f"no answer from {', '.join(silent)}"
    rejected = [source["address"] for source in sources if source["state"] == "falseticker"]
    if rejected:
        return f"{', '.join(rejected)} rejected as falseticker"
    return "not enough samples yet"


def _remedy(subject, sources):
    servers = ", ".join(subject.ntp_servers) or "the NTP servers"
    if not sources:
        return f"Check that {servers} resolve on {subject.node} (`chronyc -n sources`), or set rtf_ntp_servers."
    if all(source["reach"] == 0 for source in sources):
        return f"Ask the network team to open UDP 123 from {subject.node} to {servers}, or set rtf_ntp_servers."
    if any(source["state"] == "falseticker" for source in sources):
        return "Compare the servers with `chronyc sources -v`; name only servers in rtf_ntp_servers that agree."
    return "Wait a minute and run the audit again (`chronyc tracking` shows the progress)."


def ntp_reachable(subject, evidence):
    """At least one NTP server answers a query on UDP 123 from this node."""
    expected = "an answer from UDP 123 of an NTP server"
    if not subject.ntp_servers:
        return _ntp_by_chrony(subject, evidence, expected)
    rows = [row for row in part(evidence, "egress") if row["protocol"] == "ntp"]
    answered = [row for row in rows if row["verdict"] == "reachable"]
    failed = [f"{row['host']}: {row['detail'] or row['verdict']}" for row in rows if row["verdict"] != "reachable"]
    if answered:
        remarks = [f"{row['host']}: {row['detail']}" for row in answered if row["detail"]] + failed
        observed = f"{', '.join(row['host'] for row in answered)} answered{''.join('; ' + text for text in remarks)}"
        return Finding(PASS, expected, observed, evidence=rows)
    if not rows:
        return Finding(UNKNOWN, expected, "no NTP server was probed", "Run the audit again.")
    return Finding(
        FAIL,
        expected,
        "; ".join(failed),
        f"Ask the network team to open UDP 123 from {subject.node} to {', '.join(subject.ntp_servers)}, "
        "or name servers that answer in rtf_ntp_servers.",
        rows,
    )


def _ntp_by_chrony(subject, evidence, expected):
    """Without rtf_ntp_servers the servers are whatever chrony has; its reach register knows who answered."""
    sources = part(evidence, "host", "time", "chrony", "sources")
    answered = [source["address"] for source in sources if source["reach"]]
    if answered:
        return Finding(PASS, expected, f"{', '.join(answered)} answered chrony", evidence=sources)
    return Finding(FAIL, expected, _why(sources), _remedy(subject, sources), sources)


CHECKS = {
    "time.chrony_active": chrony_active,
    "time.no_competitor": no_competitor,
    "time.synchronised": synchronised,
    "egress.ntp": ntp_reachable,
}
