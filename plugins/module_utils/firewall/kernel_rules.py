# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rules of a host's kernel, whoever wrote them, by the programs that print them. Read-only.

Tables of nftables come from `nft -j`; those that iptables keeps there from `iptables-save`, which knows all matches, provided
that it prints as many rules as nft; legacy tables of iptables, which no nft shows, from `iptables-legacy-save`.
"""

import json
import re
from collections import namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import iptables_save, nft_json

# chains: the base chains, for packet_replay.py. hidden: why rules may be missing among them, as sentences.
KernelRules = namedtuple("KernelRules", "chains hidden")

_FAMILIES = (("ip", "iptables", "/proc/net/ip_tables_names"), ("ip6", "ip6tables", "/proc/net/ip6_tables_names"))
NO_NFT = "the program nft is not installed, so tables of nftables cannot be read"


def read(host):
    """Return the KernelRules of a Host (commands.py)."""
    chains, hidden = [], []
    variant = _variant(host)
    if host.program("nft"):
        code, text, error = host.try_run(["nft", "-j", "list", "ruleset"])
        if code == 0:
            try:
                chains += _of_nftables(host, text, variant)
            except nft_json.Unreadable as problem:
                hidden.append(str(problem))
        else:
            hidden.append("nft -j list ruleset: {}".format((error or text).strip().partition("\n")[0]))
    elif variant == "nf_tables" or host.is_directory("/sys/module/nf_tables"):
        hidden.append(NO_NFT)
        for _family, program, _names in _FAMILIES:
            chains += iptables_save.chains(_saved(host, program, "nft", variant) or "", program)
    for _family, program, names in _FAMILIES:
        if (host.read(names) or "").strip():
            text = _saved(host, program, "legacy", variant)
            if text is None:
                hidden.append(f"{names} lists tables, and {program}-legacy-save is not installed to print them")
            chains += iptables_save.chains(text or "", program + "-legacy")
    return KernelRules(chains, hidden)


def _variant(host):
    """Which tables the program iptables writes to: "nf_tables" or "legacy", "" without the program."""
    if not host.program("iptables"):
        return ""
    code, text, dummy = host.try_run(["iptables", "--version"])
    return "nf_tables" if code == 0 and "nf_tables" in text else "legacy"


def _saved(host, program, kind, variant):
    """Return what iptables-save of a kind ("nft" or "legacy") prints, None without such a program."""
    own = "nft" if variant == "nf_tables" else "legacy"
    for name, fits in ((f"{program}-{kind}-save", True), (program + "-save", kind == own and bool(variant))):
        if fits and host.program(name):
            code, text, dummy = host.try_run([name])
            return text if code == 0 else None
    return None


def _of_nftables(host, text, variant):
    """Return the base chains of all tables of nftables. Raises nft_json.Unreadable."""
    counts = rule_counts(text)
    chains, left_out = [], set()
    for family, program, _names in _FAMILIES:
        tables = {table: of_table for (of_family, table), of_table in counts.items() if of_family == family}
        if not set(tables) & set(iptables_save.BASE_CHAINS):
            continue
        saved = _saved(host, program, "nft", variant) or ""
        same = {
            table for table, of_table in iptables_save.rule_counts(saved).items() if _fits(of_table, tables.get(table))
        }
        found = iptables_save.chains(saved, program)
        chains += [chain for chain in found if chain.where.split()[1] in same]
        left_out |= {(family, table) for table in same}
    return chains + nft_json.chains(text, listing(_listed(host)), left_out)


def _fits(saved, held):
    """Whether iptables-save prints all chains of a table with all their rules. It prints its own chains also where they are not."""
    return held is not None and all(saved.get(name) == count for name, count in held.items())


def _listed(host):
    code, text, dummy = host.try_run(["nft", "-a", "-n", "list", "ruleset"])
    return text if code == 0 else ""


def rule_counts(text):
    """Return {(family, table): {chain: how many rules}} of what `nft -j list ruleset` prints. Raises nft_json.Unreadable."""
    found = {}
    try:
        for entry in json.loads(text)["nftables"]:
            chain, rule = entry.get("chain"), entry.get("rule")
            if chain:
                found.setdefault((chain["family"], chain["table"]), {}).setdefault(chain["name"], 0)
            if rule:
                of_table = found.setdefault((rule["family"], rule["table"]), {})
                of_table[rule["chain"]] = of_table.get(rule["chain"], 0) + 1
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise nft_json.Unreadable(f"nft -j list ruleset prints something else: {problem}") from problem
    return found


def listing(text):
    """Return the Listing of what `nft -a -n list ruleset` prints."""
    texts, devices, dormant = {}, {}, set()
    table = chain = None
    for line in text.splitlines():
        words = line.split()
        handle = re.search(r" # handle (\d+)$", line)
        if words[:1] == ["table"] and "{" in words:
            table, chain = (words[1], words[2]), None
        elif words[:1] == ["chain"] and "{" in words:
            chain = words[1]
        elif words[:1] == ["flags"] and "dormant" in line:
            dormant.add(table)
        elif words[:1] == ["type"] and " hook " in line:
            device = re.search(r' device "?([^" ;]+)', line)
            if device:
                devices[table + (chain,)] = device.group(1)
        elif handle and chain is not None:
            said = re.sub(r"counter packets \d+ bytes \d+ ?", "", line[: handle.start()])
            texts[table + (chain, int(handle.group(1)))] = " ".join(said.split())
        elif words[:1] == ["}"]:
            chain = None
    return nft_json.Listing(texts, devices, dormant)
