# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewalls of a host, our rules in them, and other programs with packet filter rules. Read-only."""

import os
import re
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.packet_evidence import (
    packet_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system.installer_evidence import (
    installer_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import (
    backend_selection,
    firewall_change,
    kernel_rules,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError, Host
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rule_owners import (
    owner_of_jump,
    owner_of_table,
)

LABEL = "runtime_fabric"
APPLIED = ("backend", "expires_at", "expire_after", "sets", "rules", "trusted_networks", "default_deny")


def firewall_evidence(label=LABEL, host=None):
    """Return the section firewall of host_info, a dictionary of what follows.

    backends: `{name: whether it is installed}`. active: `{name: why}` of those that are active for the site. ours: how what
    is there differs from what was applied, as firewall_change.drift() returns it, or None. applied: None, or what of APPLIED
    was applied last; expires_at: when rules that expire end, in seconds since the epoch, 0 without any; the others are
    options of the module firewall_rules. holds: whether to apply that again would change nothing. leftover: where no
    firewall is active and nothing says what was applied, the backends that may hold something of ours. pending: whether a
    change waits to be confirmed. packets: as packet_evidence() returns it. iptables: see iptables_variants(). forward:
    `{where: whether a rule of ours is in it}` of the chains that drop forwarded packets which no rule accepts.
    forward_owners: `{where: program}` of those of them whose policy a program has set for itself. installer: as
    installer_evidence() returns it.
    """
    host = host or Host()
    if os.geteuid() != 0:
        raise FirewallError("only root can read the rules of a firewall")
    backends = backend_selection.all_backends(host, label)
    now = time.time()
    known, active = firewall_change.applied(host), backend_selection.active(backends)
    rules = readable_rules(host)
    forward, forward_owners = forward_policies(rules.chains, label)
    return {
        "backends": {name: backend.installed() for name, backend in backends.items()},
        "active": dict(active),
        "ours": firewall_change.drift(host, backends, now),
        "applied": {name: known.get(name) for name in APPLIED} if known else None,
        "holds": bool(known) and firewall_change.holds(host, label),
        "leftover": [] if known or active else leftover(backends),
        "pending": firewall_change.Guard(host, label, firewall_change.DIRECTORY).is_pending(),
        **independent_readers.collect({"packets": lambda: packet_evidence(host, rules, known, label, now)}),
        "iptables": iptables_variants(host),
        "forward": forward,
        "forward_owners": forward_owners,
        "installer": installer_evidence(),
    }


def readable_rules(host):
    """Return the KernelRules of a host; where they cannot be read, none, with the reason among what is hidden."""
    found = independent_readers.collect({"rules": lambda: kernel_rules.read(host)})["rules"]
    return found if isinstance(found, kernel_rules.KernelRules) else kernel_rules.KernelRules([], [found["error"]])


def leftover(backends):
    """Return the names of the backends that hold something of ours, or of all where one cannot be read."""
    try:
        return backend_selection.ours(backends)
    except FirewallError:
        return list(backends)


def iptables_variants(host):
    """Return `{"in_use": "nf_tables" | "legacy" | None, "rules": {"nf_tables": bool, "legacy": bool}}`.

    in_use: what the program `iptables` writes to. rules: where a filter table holds rules or denies by policy.
    """
    version = host.run(["iptables", "--version"]) if host.program("iptables") else ""
    in_use = None
    if version:
        in_use = "nf_tables" if "nf_tables" in version else "legacy"
    rules = {}
    for variant, program in (("nf_tables", "iptables-nft-save"), ("legacy", "iptables-legacy-save")):
        rules[variant] = False
        # Listing rules with the legacy program would create its empty tables.
        if variant == "legacy" and not (host.read("/proc/net/ip_tables_names") or "").strip():
            continue
        if host.program(program):
            code, out, dummy_err = host.try_run([program, "-t", "filter"])
            rules[variant] = code == 0 and any(
                line.startswith("-A") or re.match(r":(INPUT|FORWARD) DROP", line) for line in out.splitlines()
            )
    return {"in_use": in_use, "rules": rules}


def forward_policies(chains, label):
    """Return two dicts about the chains of the hook forward that drop by policy. chains: the base chains of all tables.

    `{where: whether a rule of ours is in it}`, and `{where: program}` of those that a program made, or has rules in.
    """
    found, owners, ours = {}, {}, re.compile(label.replace("_", "[_-]"), re.IGNORECASE)
    for chain in chains:
        if chain.hook == "forward" and chain.policy == "drop" and chain.family in ("ip", "ip6", "inet"):
            texts = [rule.text for rule in chain.rules]
            found[chain.where] = any(ours.search(text) for text in texts)
            family, table, dummy_name = chain.where.split(" ", 2)
            owner = owner_of_table(family, table) or next(filter(None, map(owner_of_jump, texts)), "")
            if owner:
                owners[chain.where] = owner
    return found, owners
