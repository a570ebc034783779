# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fw.*: which firewall filters the node, whether it holds the applied rules, and what will change that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.port_ranges import numbers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.firewall_remedies import (
    FRONT_ENDS,
    PREPARE,
    SERVICES,
    remedy_for,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_firewall import (
    unrecognized,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

NONE = "none: the host blocks no port"
# No firewall of the site is there then, so the role by itself has nothing to write to.
DOCKER = (
    "Docker sets this policy if net.ipv4.ip_forward is off when it starts. The role "
    'hostprep.runtime_fabric.rtf_kernel turns it on earlier; or set `"ip-forward-no-drop": true` in '
    "/etc/docker/daemon.json. Either takes effect at the next boot."
)
# What init.sh does to the firewall of a host, by the first SCRIPT_VERSION that does it; EL7, EL8 or Debian's relatives.
KEEPS, WIPES, DISABLES_UFW = "leaves it alone", "replaces the filter table, also at each boot", "disables ufw"
STARTS_FIREWALLD = "starts firewalld and trusts the pods' and services' networks"
# Firewalls whose rules stand in the table that the installer's unit replaces.
REPLACED = frozenset(["iptables", "ufw"])
INSTALLERS = (
    ("2019", {"el7": WIPES, "el8": WIPES, "debian": KEEPS}),
    ("20200728", {"el7": WIPES, "el8": KEEPS, "debian": KEEPS}),
    ("20210129", {"el7": WIPES, "el8": STARTS_FIREWALLD, "debian": KEEPS}),
    ("20210826", {"el7": WIPES, "el8": WIPES, "debian": f"{DISABLES_UFW}, and {WIPES}"}),
)


@check("fw.regime")
def regime(subject: Subject, evidence: Evidence) -> Finding:
    """Two firewalls at once shut what the other one opens."""
    firewall = part(evidence, "host", "firewall")
    found = firewall["active"]
    expected = "at most one firewall is active"
    listed = ", ".join(f"{name} ({why})" for name, why in found.items())
    if len(found) > 1:
        unwanted = ([name for name in found if name in ("firewalld", "ufw")] or list(found))[-1]
        remedy = by_line(
            subject,
            appliance=(
                (
                    "Keep one of them and move the other's rules to it. Remove nftables tables from the files that load "
                    "them, and delete them with `nft delete table`: stopping nftables.service flushes the rules of every "
                    "firewall."
                )
                if "nftables" in found
                else (
                    "Keep one of them and move the other's rules to it, then disable the other, for example with "
                    f"`systemctl disable --now {unwanted}`."
                )
            ),
            self_managed=(
                f"Keep one of them and move the other's rules to it. Drain {subject.node} before you stop a "
                "firewall's unit: that can remove the rules of kube-proxy and the CNI plugin."
            ),
        )
        return Finding(FAIL, expected, f"{len(found)} are active: {listed}", remedy, found)
    none = "none that is recognized: fw.packets names a rule that drops" if unrecognized(firewall) else NONE
    return Finding(PASS, expected, listed or none, evidence=found)


@check("fw.rules")
def rules(subject: Subject, evidence: Evidence) -> Finding:
    """What was applied holds, now and after a reboot."""
    firewall = part(evidence, "host", "firewall")
    expected = "the applied rules are in force, now and after a reboot"
    if firewall["pending"]:
        remedy = f"Wait until the node has rolled the change back, then {PREPARE}."
        return Finding(FAIL, expected, "a change is not confirmed and will be rolled back", remedy)
    ours = firewall["ours"]
    if ours is None:
        active = ", ".join(firewall["active"])
        if active:
            observed = f"{active} has only the site's own rules; the port matrix shows their effect"
            return Finding(SKIPPED, expected, observed, severity="info")
        if unrecognized(firewall):
            return Finding(
                PASS, expected, "no rules of the role are there, and fw.packets names a rule of the site that drops"
            )
        return Finding(PASS, expected, "no firewall is active, so the host blocks nothing")
    lost = [
        f"{words} {joined_first(ours[side][kind])}"
        for side, when in (("runtime", "now"), ("permanent", "after a reboot"))
        for kind, words in (("missing", f"missing {when}:"), ("extra", f"unexpected {when}:"))
        if ours[side][kind]
    ]
    if lost:
        found = Finding(
            FAIL,
            expected,
            "; ".join(lost),
            f"Another program changed {ours['backend']}. To restore the rules, {PREPARE}.",
            ours,
        )
        if subject.phase == "operate" and firewall["installer"]["unit"]:
            return by_line(subject, appliance=_replaced_by_the_platform(found), self_managed=found)
        return found
    return Finding(PASS, expected, f"in force in {ours['backend']}", evidence=firewall["applied"])


def _replaced_by_the_platform(found: Finding) -> Finding:
    return found._replace(
        observed=f"the platform's own unit replaced them: {found.observed}",
        remedy="The platform works without them. Filter in front of the node, or keep rules in /etc/rtf-iptables.rules.",
        severity="info",
    )


@check("fw.packets")
def packets(subject: Subject, evidence: Evidence) -> Finding:
    """All rules of the kernel are replayed for the packets that the node has to accept, whoever wrote the rules."""
    firewall = part(evidence, "host", "firewall")
    found = part(evidence, "host", "firewall", "packets")
    expected = "every rule lets packets to required ports in"
    dropped = [entry for entry in found["answers"] if entry["verdict"] == "drop" and entry["owner"] not in SERVICES]
    if found["asked"] == "everything":
        if firewall["active"]:
            observed = "no rules of the role are there; the port matrix shows what gets through"
            return Finding(SKIPPED, expected, observed, severity="info")
        # No firewall was recognized by its programs and names, so what drops packets all the same has not been seen.
        dropped = [entry for entry in dropped if entry["owner"] == "" and _concerns(entry, subject.ports)]
    if dropped:
        causes = list(dict.fromkeys((entry["where"], entry["rule"], entry["owner"]) for entry in dropped))
        observed = "; ".join(
            _dropped(cause, [entry for entry in dropped if _cause(entry) == cause]) for cause in causes[:3]
        )
        more = f"; and {len(causes) - 3} more rules" if len(causes) > 3 else ""
        remedies = dict.fromkeys(remedy_for(*cause, firewall["ours"]) for cause in causes)
        return Finding(FAIL, expected, observed + more, " ".join(remedies), dropped)
    doubts = found["hidden"] + [
        f"`{entry['rule'] or 'the policy'}` of {entry['where']}"
        for entry in found["answers"]
        if entry["verdict"] == "unknown" and entry["owner"] not in SERVICES
    ]
    if doubts:
        observed = (
            f"not certain because of {joined_first(dict.fromkeys(doubts))}; the port matrix shows what gets through"
        )
        return Finding(UNKNOWN, expected, observed, evidence=found, severity="info")
    return Finding(PASS, expected, "no rule drops one")


def _concerns(entry: Evidence, rows: Sequence[Row]) -> bool:
    """Whether packets that are dropped are for a port of one of the rows; where no rows are known they may be."""
    wanted = [ports for row in rows if row["transport"] == entry["transport"] for ports in row["ports"]]
    return not rows or bool(set(numbers(wanted)) & set(numbers(entry["ports"])))


def _cause(entry: Evidence) -> tuple[str, str, str]:
    return entry["where"], entry["rule"], entry["owner"]


def _dropped(cause: tuple[str, str, str], entries: list[Evidence]) -> str:
    ports = "; ".join(
        f"{entry['transport']} {joined_first(entry['ports'], ', ')} from {joined_first(entry['sources'], ', ')}"
        for entry in entries
    )
    return f"{ports} dropped by {rule_in_words(cause)}"


def rule_in_words(cause: tuple[str, str, str]) -> str:
    """Return what drops packets: the chain, its rule ("" for its policy), and who wrote it ("" for the site)."""
    where, rule, owner = cause
    return f"{f'the rule `{rule}`' if rule else 'the policy'} of {where} ({owner or 'the site'})"


@check("fw.forward_policy")
def forward_policy(subject: Subject, evidence: Evidence) -> Finding:
    """Pods are reached by forwarding; a chain that drops what no rule accepts cuts them off."""
    firewall = part(evidence, "host", "firewall")
    expected = "packets of pods and services are forwarded"
    replayed = firewall.get("packets", {}).get("forward", [])
    dropped = list(dict.fromkeys(_cause(entry) for entry in replayed if entry["verdict"] == "drop"))
    if dropped:
        observed = "; ".join(f"what pods send is dropped by {rule_in_words(cause)}" for cause in dropped)
        remedies = dict.fromkeys(_forward_remedy(cause, firewall["ours"]) for cause in dropped)
        return Finding(FAIL, expected, observed, " ".join(remedies), replayed)
    by_front_end = firewall["ours"] is not None and firewall["ours"]["backend"] in FRONT_ENDS
    shut = [where for where, accepts_ours in firewall["forward"].items() if not accepts_ours]
    if shut and not by_front_end:
        owners = {firewall.get("forward_owners", {}).get(where, "") for where in shut}
        observed = f"{', '.join(shut)} drops packets that no rule accepts"
        if owners == {"Docker"}:
            return Finding(FAIL, expected, f"{observed}; Docker set this policy", DOCKER, firewall["forward"])
        accept = "Accept traffic from and to rtf_pod_cidr and rtf_service_cidr there"
        if "" in owners and (firewall["active"] or firewall["ours"]):
            return Finding(FAIL, expected, observed, f"{accept}, or {PREPARE}.", firewall["forward"])
        named = " and ".join(sorted(filter(None, owners))) or "the site"
        remedy = f"{accept}, in the file that loads the rules, too; the role writes nothing into chains of {named}."
        return Finding(FAIL, expected, f"{observed} ({named})", remedy, firewall["forward"])
    unread = [reason for reason in firewall.get("packets", {}).get("hidden", []) if reason.startswith("nft -j")]
    if unread:
        return Finding(
            UNKNOWN, expected, "; ".join(unread), "Run `nft -j list ruleset` on the node, which has to print its rules."
        )
    held = ", ".join(firewall["forward"])
    return Finding(PASS, expected, f"accepted in {held}" if held else "no chain drops them by policy")


def _forward_remedy(cause: tuple[str, str, str], ours: Mapping[str, Any] | None) -> str:
    where, rule, owner = cause
    return DOCKER if owner == "Docker" and not rule else remedy_for(where, rule, owner, ours)


@check("fw.backend")
def backend(subject: Subject, evidence: Evidence) -> Finding:
    """Rules of iptables-nft and iptables-legacy are both in force; each program shows only its own."""
    found = part(evidence, "host", "firewall", "iptables")
    expected = "iptables rules in one backend only"
    if all(found["rules"].values()):
        other = "legacy" if found["in_use"] == "nf_tables" else "nft"
        remedy = by_line(
            subject,
            appliance=(
                f"Move the rules that `iptables-{other}-save` shows to the backend that `iptables` uses, and "
                "delete the originals; Kubernetes sees only one backend."
            ),
            self_managed=(
                f"Find out which program wrote the rules that `iptables-{other}-save` shows. If it is "
                "kube-proxy or the CNI plugin, write the host's own rules with the same backend, and leave "
                "the cluster's rules as they are."
            ),
        )
        return Finding(FAIL, expected, "both iptables-nft and iptables-legacy hold rules", remedy, found)
    there = [kind for kind, has_rules in found["rules"].items() if has_rules]
    if there and found["in_use"] and there[0] != found["in_use"]:
        remedy = by_line(
            subject,
            appliance="Select the program that shows the rules in force with `update-alternatives --config iptables`.",
            self_managed=(
                "kube-proxy and the CNI plugin write the rules in force, and the host's `iptables` does not "
                "show them. Inspect them with the other program, and do not change the alternative while "
                "the node runs pods."
            ),
        )
        return Finding(
            FAIL, expected, f"the rules are in {there[0]}, but `iptables` uses {found['in_use']}", remedy, found
        )
    return Finding(PASS, expected, f"{there[0]} only" if there else "no iptables rules", evidence=found)


@check("fw.rtf_iptables_unit")
def rtf_iptables_unit(subject: Subject, evidence: Evidence) -> Finding:
    """After an installation, a unit of the vendor's replaces the whole filter table at each boot, and the site's rules in it."""
    firewall = part(evidence, "host", "firewall")
    found = firewall["installer"]
    expected = "no unit of the installer replaces the filter table at boot"
    of_the_site = set(firewall["active"]) | {(firewall["ours"] or {}).get("backend")}
    if found["unit"] and subject.phase == "operate" and not of_the_site & REPLACED:
        return Finding(PASS, expected, "/etc/systemd/system/iptables.service does, but the site has no rules to lose")
    if found["unit"]:
        remedy = (
            "iptables and ufw rules that are not in /etc/rtf-iptables.rules are lost at every boot. Keep yours in "
            "that file, or filter in front of the node."
        )
        return Finding(FAIL, expected, "/etc/systemd/system/iptables.service does", remedy, found)
    return Finding(PASS, expected, "no such unit")


@check("fw.installer")
def installer(subject: Subject, evidence: Evidence) -> Finding:
    """Say beforehand what the vendor's installer will do to the firewall of this node."""
    firewall = part(evidence, "host", "firewall")
    expected = "the installer leaves the firewall as it is"
    version, platform = firewall["installer"]["version"], firewall["installer"]["platform"]
    active = list(firewall["active"]) or ([firewall["ours"]["backend"]] if firewall["ours"] else [])
    if not active:
        return Finding(PASS, expected, "no firewall is active")
    if platform is None:
        return Finding(UNKNOWN, expected, "the installer does not support this system")
    known = [deeds for first, deeds in INSTALLERS if version is None or version >= first]
    deed = (known or [INSTALLERS[0][1]])[-1][platform]
    which = f"init.sh {version}" if version else "init.sh as last published (no copy of it is on the node)"
    if deed == KEEPS:
        return Finding(PASS, expected, f"{which} {deed}")
    remedy = (
        f"Expect this, and {PREPARE} again after the installation; with `rtf_phase: operate` that also closes the "
        "installer's ports."
    )
    return Finding(FAIL, expected, f"{which} {deed}; active here: {', '.join(active)}", remedy, firewall["installer"])
