# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of rtf_firewall: what a node's firewall accepts, from the rows of the port table, inventory, role and phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, clusters
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.clusters import Profile
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import cluster_networks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.durations import (
    seconds,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import (
    OF_THE_NODE,
    Addresses,
    addresses_of,
    problems,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import (
    UNCHANGED,
    given,
    role_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import (
    ANYWHERE,
    Node,
    Site,
    openings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import for_role, rules, unstated
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Change,
    Cluster,
    Host,
    Inputs,
    Plan,
    Refusal,
    Remembered,
    Role,
    section,
)

AUTO = "auto"
_COMMENT_LENGTH = 120  # nft lets a comment be 128 characters long
# The side of a row that an input names.
SIDE_OF_INPUT = {"rtf_internal_networks": "internal_network", "rtf_ingress_sources": "internet"}
EXTRA_PORTS = "rtf_extra_ports"
PROFILE = "rtf_cluster_profile"
ANYBODY = "anybody"
# What a row calls the machines of a role.
OWN_SIDES = {"controller": ("nodes", "controllers"), "worker": ("nodes",)}


Scope = tuple[str, str]  # release, phase
Rule = Mapping[str, Any]  # as firewall_rules takes it
NO_FIREWALL = "No firewall is active: every port of the host is open, and nothing was changed."
UNRECOGNIZED = "No firewall is active that the role can write to, but a rule of the site drops packets; the check fw.packets names it."


class Rules(NamedTuple):
    """sets, rules: as firewall_rules takes them. left_out: `{variable: [row id]}`, the rows whose source is not set.

    removals: what the node accepted before and no longer does, as texts.
    """

    sets: dict[str, list[str]]
    rules: list[Rule]
    left_out: dict[str, list[str]]
    removals: list[str] = []


def inspection(_inputs: Inputs, remembered: Remembered | None) -> dict[str, Any]:
    """Return what to collect and the checks; see Role. To restore, firewall_rules looks for the rules in every firewall."""
    return {"sections": ["firewall"] if remembered is None else [], "checks": ["fw.*"], "must_pass": []}


def plan(inputs: Inputs, host: Host, cluster: Cluster) -> Plan:
    """Return the plan of a node; see Role. Raises Refusal where the inventory does not say enough."""
    found = section(host, "firewall")
    applied: Mapping[str, Any] = found.get("applied") or {}
    wanted, denies = rules_of(inputs, applied, cluster)
    warnings = [
        f"{variable} is not set, so no firewall opens: {', '.join(ids)}" for variable, ids in wanted.left_out.items()
    ]
    removals = wanted.removals + (["the default deny"] if applied.get("default_deny") and not denies else [])
    lost = [f"The firewall no longer has {', '.join(removals)}"] if removals else []
    backend = inputs["backend"]
    if backend == AUTO and not (found["active"] or applied or found["leftover"] or found["pending"]):
        return Plan(notices=[UNRECOGNIZED if unrecognized(found) else NO_FIREWALL], warnings=warnings)
    options = {
        "sets": wanted.sets,
        "rules": list(wanted.rules),
        "trusted_networks": _trusted(inputs, applied),
        "default_deny": denies,
        "expire_after": seconds(inputs["install_ports_expire"]),
    }
    same_backend = backend in (AUTO, applied.get("backend"))
    same = same_backend and {name: applied.get(name) for name in options} == options
    if same and found["holds"] and not found["pending"]:
        return Plan(warnings=warnings)
    rules_change: Change = {
        "step": "Configure the firewall for the port table",
        "kind": "rules",
        "rules": {**options, "backend": backend, "rollback_timeout": inputs["rollback_timeout"]},
    }
    if backend == AUTO or found["backends"][backend]:
        return Plan([rules_change], removals=lost, warnings=warnings)
    # A dry run installs nothing, so there is no firewall that could show which rules are added.
    rules_change["announcement"] = f"{backend} would be started with the rules of the port table"
    packages: Change = {
        "step": f"Install {backend}",
        "kind": "packages",
        "packages": [backend],
        "announcement": f"The package {backend} would be installed",
    }
    return Plan([packages, rules_change], removals=lost, warnings=warnings)


def revert(inputs: Inputs, _host: Host, _remembered: Remembered) -> Plan:
    """Return the way back: our rules go, whatever holds them. firewall_rules looks into every firewall for them."""
    rules_change: Change = {
        "step": "Restore the firewall",
        "kind": "rules",
        "rules": {"state": "absent", "rollback_timeout": inputs["rollback_timeout"]},
    }
    return Plan([rules_change])


ROLE = Role(inspection, plan, revert, OF_THE_NODE)


def _trusted(inputs: Inputs, applied: Mapping[str, Any]) -> list[str]:
    """Return the networks of the cluster, by which the node accepts its pods. Those of a former run stay where no input sets any."""
    unset = given(inputs["cluster_profile"]) is None
    usual = [inputs["pod_cidr"], inputs["service_cidr"]] == [cluster_networks.AUTO, cluster_networks.AUTO]
    former: list[str] = applied.get("trusted_networks") or [] if unset and usual else []
    return former or list(cluster_networks.of_inputs(inputs))


def rules_of(inputs: Inputs, applied: Mapping[str, Any], cluster: Cluster) -> tuple[Rules, bool]:
    """Return (the Rules of a node, whether everything else is denied). applied: what the node holds of a former run."""
    nodes = [
        addresses_of(name, role_of(name, cluster.groups), variables) for name, variables in cluster.variables.items()
    ]
    values = {name: given(inputs[name.removeprefix("rtf_")]) for name in (*SIDE_OF_INPUT, EXTRA_PORTS)}
    internal, ingress, extra = (value or [] for value in values.values())
    denies = given(inputs["default_deny"])
    denies = bool(applied.get("default_deny")) if denies is None else denies
    catalogue, scope = catalog.load(), (inputs["release"], inputs["phase"])
    profile = clusters.load().profile(given(inputs["cluster_profile"]))
    refused = problems(nodes, internal) + cluster_networks.unsettled(inputs, {node.name: node.ipv4 for node in nodes})
    # Where neither input is set, both the default deny and the ports of the cluster stay as they are.
    if denies and [inputs["default_deny"], inputs["cluster_profile"]] != [UNCHANGED, UNCHANGED]:
        refused += denying(catalog.release_of(catalogue, inputs["release"]), profile)
    if refused:
        raise Refusal("The firewall was not changed. " + "\n".join(refused))
    catalogue = of_site(catalogue, {"cluster_profile": profile and profile.id, "extra_ports": extra})
    role = role_of(cluster.node, cluster.groups)
    found = firewall(catalogue, scope, nodes, role, internal, ingress)
    unset = [name for name, value in values.items() if value is None]
    unset += [PROFILE] if given(inputs["cluster_profile"]) is None else []
    return with_former(found, applied.get("rules") or [], scope, catalogue, unset), denies


def unrecognized(found: Mapping[str, Any]) -> bool:
    """Whether a rule of the site drops packets though no firewall of the site is known by its programs and names.

    found: the evidence of the firewall.
    """
    answers = (found.get("packets") or {}).get("answers", [])
    return not found["active"] and any(entry["verdict"] == "drop" and entry["owner"] == "" for entry in answers)


def denying(release: Mapping[str, Any], profile: Profile | None) -> list[str]:
    """Return a sentence where everything else must not be denied; release: an entry of releases.yml."""
    if release["line"] == "appliance" or (profile and not profile.beside_ports):
        return []
    refused = f"rtf_firewall_default_deny: refused with rtf_release {release['id']}"
    if profile:
        return [
            f"{refused} and rtf_cluster_profile {profile.id}. The nodes also exchange {profile.beside_ports}, which these rules "
            "cannot open, so pods on different nodes would be cut off from each other. Leave the default deny unset, "
            "and filter in the network instead"
        ]
    return [
        f"{refused} unless rtf_cluster_profile is set. Without it the ports that your Kubernetes uses between its "
        "nodes are not known, so the nodes would be cut off from each other. Set rtf_cluster_profile, or leave the "
        "default deny unset and filter in the network instead"
    ]


def firewall(
    catalogue: Catalog,
    scope: Scope,
    nodes: Sequence[Addresses],
    role: str,
    internal_networks: list[str],
    ingress_sources: list[str],
) -> Rules:
    """Return the Rules of a node of a role. catalogue: with the site's rows. nodes: those of the whole cluster."""
    rows = catalog.select_ports(catalogue, *scope)
    # Topology knows IPv4 alone, and no rule below depends on an address: they name the sets.
    site = Site(
        nodes=[Node(node.name, node.role, node.ipv4) for node in nodes],
        internal_networks=internal_networks,
        ingress_sources=ingress_sources,
    )
    found = openings(rows, [], [], site)
    phases = {row["id"]: row["phase"] for row in rows}
    inbound = [rule for rule in for_role(rules(found), role) if rule.direction == "in"]
    missing = unstated([one for one in found if one.row["to"] in OWN_SIDES[role]])
    return Rules(sets(nodes), [_rule(rule, phases) for rule in inbound], missing)


def with_former(found: Rules, former: list[Rule], scope: Scope, catalogue: Catalog, unset: Sequence[str]) -> Rules:
    """Return found with those rules of a former run that are for inputs which are not set now, and with the removals.

    former: the rules that the node holds. catalogue: with the site's rows. unset: names out of SIDE_OF_INPUT, EXTRA_PORTS
    and PROFILE.
    """
    sides = [SIDE_OF_INPUT[name] for name in unset if name in SIDE_OF_INPUT]
    open_ids = {row["id"] for row in catalogue.ports if row["from"] in sides or (PROFILE in unset and row["clusters"])}
    known = {row["id"] for row in catalogue.ports}

    def stays(rule: Rule) -> bool:
        ids = ids_of(rule)
        of_the_site = EXTRA_PORTS in unset and not ids & known
        return bool(of_the_site or ids & open_ids) and not (rule["expires"] and scope[1] == "operate")

    kept = [rule for rule in former if stays(rule)]
    kept_ids = {one for rule in kept for one in ids_of(rule)}
    rules_ = [rule for rule in found.rules if not ids_of(rule) <= kept_ids] + kept
    if sorted(rules_, key=repr) == sorted(former, key=repr):
        rules_ = former  # another order would be a change
    left_out = {name: [one for one in ids if one not in kept_ids] for name, ids in found.left_out.items()}
    now = {text for rule in rules_ for text in texts(rule)}
    return Rules(
        found.sets,
        rules_,
        {name: ids for name, ids in left_out.items() if ids},
        [text for rule in former for text in texts(rule) if not {text, _from_anybody(text)} & now],
    )


def ids_of(rule: Rule) -> set[str]:
    """Return the ids of the rows that a rule is for."""
    return set(rule["comment"].split(","))


def texts(rule: Rule) -> list[str]:
    """Return what a rule accepts, a text for each range of ports and each source."""
    sources = rule["networks"] or [rule["from_set"] or ANYBODY]
    return [f"{ports}/{rule['transport']} from {source}" for ports in rule["ports"] for source in sources]


def _from_anybody(text: str) -> str:
    return f"{text.partition(' from ')[0]} from {ANYBODY}"


def sets(nodes: Sequence[Addresses]) -> dict[str, list[str]]:
    """Return the addresses of all nodes, and of the controllers."""

    def addresses(members: Iterable[Addresses]) -> list[str]:
        return [address for node in members for address in (node.ipv4, node.ipv6) if address]

    return {
        "nodes": addresses(nodes),
        "controllers": addresses([node for node in nodes if node.role == "controller"]),
    }


def _rule(rule: Any, phases: Mapping[str, str]) -> Rule:
    return {
        "comment": comment(rule.ids),
        "transport": rule.transport,
        "ports": [str(first) if first == last else f"{first}-{last}" for first, last in rule.ports],
        "from_set": rule.peer,
        "networks": [] if ANYWHERE in rule.networks else list(rule.networks),
        "expires": all(phases[row_id] == "install" for row_id in rule.ids),
    }


def comment(ids: Sequence[str]) -> str:
    """Return the ids of rows as one word, shortened where they are many."""
    text = ",".join(ids)
    kept = list(ids)
    while len(text) > _COMMENT_LENGTH:
        kept.pop()
        text = ",".join([*kept, f"and-{len(ids) - len(kept)}-more"])
    return text
