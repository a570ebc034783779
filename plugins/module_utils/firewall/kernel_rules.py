# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rules of a host's kernel, whoever wrote them, by the programs that print them. Read-only.

Tables of nftables come from `nft -j`. It only names the matches of iptables in them, so such rules are taken from
`iptables-save`, and no others: of rules that nft wrote, iptables-save prints some without their conditions. Legacy tables of
iptables, which no nft shows, come from `iptables-legacy-save`.
"""

import re
from collections import namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import iptables_save, nft_json
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError

# chains: the base chains, for packet_replay.py. hidden: why rules may be missing among them, as sentences.
KernelRules = namedtuple("KernelRules", "chains hidden")

_FAMILIES = (("ip", "iptables", "/proc/net/ip_tables_names"), ("ip6", "ip6tables", "/proc/net/ip6_tables_names"))
# Expressions of nft that no rule of iptables becomes.
_BEYOND_IPTABLES = ("set", "vmap", "map", "ct", "ct count")
NO_NFT = "the program nft is not installed, so tables of nftables cannot be read"


def read(host):
    """Return the KernelRules of a Host (backend_host.py)."""
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
            text = _saved(host, program, "nft", variant) or ""
            chains += iptables_save.chains(text, program, _address_sets(host, text))
    for _family, program, names in _FAMILIES:
        if (host.read(names) or "").strip():
            text = _saved(host, program, "legacy", variant)
            if text is None:
                hidden.append(
                    f"{names} lists tables, but {program}-legacy-save is not installed, so they cannot be read"
                )
            chains += iptables_save.chains(text or "", program + "-legacy", _address_sets(host, text or ""))
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


def _of_nftables(host, ruleset, variant):
    """Return the base chains of all tables of nftables. Raises nft_json.Unreadable."""
    objects, saved = nft_json.objects_of(ruleset), {}
    held = _rule_counts(objects)
    for family, program, _names in _FAMILIES:
        if any(place[0] == family and place[1] in iptables_save.BASE_CHAINS for place in held):
            text = _saved(host, program, "nft", variant) or ""
            printed = iptables_save.rules(text, program, _address_sets(host, text))
            saved.update({(family,) + place: rules for place, rules in printed.items()})
    same = {place: rules for place, rules in saved.items() if len(rules) == held.get(place)}
    return nft_json.chains(objects, listing(_listed(host)), same)


def _address_sets(host, text):
    """Return the sets that rules of iptables name, as iptables_save.address_sets() does."""
    if "--match-set" not in text or not host.program("ipset"):
        return {}
    code, saved, dummy = host.try_run(["ipset", "save"])
    return iptables_save.address_sets(saved) if code == 0 else {}


def _rule_counts(objects):
    """Return {(family, table, chain): how many rules} of the objects of `nft -j list ruleset`."""
    found = {}
    for entry in objects:
        rule = entry.get("rule")
        if rule:
            place = (rule["family"], rule["table"], rule["chain"])
            found[place] = found.get(place, 0) + 1
    return found


def beyond_iptables(host):
    """Return the tables, (family, name), that are called like those of iptables and have rules that iptables cannot have."""
    if not host.program("nft"):
        return set()
    try:
        objects = nft_json.objects_of(host.run(["nft", "-j", "list", "ruleset"]))
    except (FirewallError, nft_json.Unreadable):
        return set()
    found = set()
    for entry in objects:
        for kind, about in entry.items():
            place = (about.get("family"), about.get("table"))
            if place[0] not in ("ip", "ip6") or place[1] not in iptables_save.BASE_CHAINS:
                continue
            base = iptables_save.BASE_CHAINS[place[1]]
            if kind in ("set", "map") or (kind == "rule" and any(map(_is_beyond_iptables, about.get("expr", [])))):
                found.add(place)
            elif (
                kind == "chain"
                and about.get("hook") in ("input", "forward", "prerouting")
                and about["name"] not in base
            ):
                found.add(place)
    return found


def _is_beyond_iptables(expression):
    """Whether an expression of nft -j, or a part of one, is nothing that the program iptables writes."""
    if isinstance(expression, dict):
        # Names of matches and targets of iptables, and texts of a site.
        parts = [(name, value) for name, value in expression.items() if name not in ("xt", "log")]
        return any(name in _BEYOND_IPTABLES or _is_beyond_iptables(value) for name, value in parts)
    if isinstance(expression, list):
        return any(map(_is_beyond_iptables, expression))
    return isinstance(expression, str) and expression.startswith("@")


def _listed(host):
    code, text, dummy = host.try_run(["nft", "-a", "-n", "list", "ruleset"])
    return text if code == 0 else ""


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
