# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the rules of nftables as `nft -j list ruleset` prints them into the chains that packet_replay.py replays. Pure.

Every expression that is not known here counts as one that may hold or not.
"""

import json
from collections import namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import port_conditions
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.field_values import (
    ABSENT,
    PASSING_TARGETS,
    PROTOCOLS,
    is_between,
    is_equal,
    network,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.nft_packet_fields import (
    OPERATORS,
    bit_names,
    number_of,
    scalar_of,
    value_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.packet_replay import (
    ACCEPT,
    DROP,
    OTHER,
    RETURN,
    TRANSLATE,
    UNTRACKED,
    Chain,
    Rule,
    Verdict,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.port_conditions import (
    FALSE,
    TRUE,
    UNKNOWN,
    negated,
)

# What only the text says, by `nft -a list ruleset`: the rules' texts, {(family, table, chain, handle): text}; the devices
# of chains, {(family, table, chain): name}; tables that are switched off, {(family, table)}.
Listing = namedtuple("Listing", "texts devices dormant")

_PASSING = ("counter", "log", "flow", "ct helper", "ct timeout", "ct expectation", "last", "dup", "secmark", "tunnel")


class Unreadable(Exception):
    """A ruleset that is not what nft prints."""


def objects_of(text):
    """Return the objects of `nft -j list ruleset`. Raises Unreadable."""
    try:
        return [entry for entry in json.loads(text)["nftables"] if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError) as problem:
        raise Unreadable(f"the output of `nft -j list ruleset` cannot be parsed: {problem}") from problem


def chains(objects, listing, saved=None):
    """Return the base chains of a ruleset. objects: as objects_of() returns them.

    saved: {(family, table, chain): [Rule]} by iptables-save, for rules with matches and targets of iptables, which nft only names.
    """
    kept, sets, saved = [], {}, saved or {}
    for entry in objects:
        for kind, about in entry.items():
            place = (about.get("family"), about.get("table"))
            if kind in ("set", "map"):
                sets.setdefault(place, {})[about["name"]] = _Elements(about.get("elem", []))
            elif kind in ("chain", "rule") and place not in listing.dormant:
                kept.append((kind, place, about))
    found = {}
    for kind, place, about in kept:
        if kind == "chain":
            where = "{} {} {}".format(*place, about["name"])
            device = about.get("dev", listing.devices.get(place + (about["name"],), None))
            on_device = about.get("hook") in ("ingress", "egress")
            of_table = found.setdefault(place, {})
            of_table[about["name"]] = Chain(
                where,
                place[0],
                about.get("type", ""),
                about.get("hook", ""),
                about.get("prio", 0),
                about.get("policy", "accept"),
                (device if isinstance(device, str) else None) if on_device else "",
                [],
                of_table,
            )
    for kind, place, about in kept:
        if kind == "rule":
            here, expressions = place + (about["chain"],), about.get("expr", [])
            rules, beside = found[place][about["chain"]].rules, saved.get(here, [])
            if len(rules) < len(beside) and any("xt" in one for one in expressions if isinstance(one, dict)):
                rules.append(beside[len(rules)])
                continue
            said = listing.texts.get(here + (about.get("handle"),), "rule {}".format(about.get("handle")))
            rules.append(Rule(said, _Rule(sets.get(place, {})).steps(expressions)))
    return [chain for of_table in found.values() for chain in of_table.values() if chain.hook]


class _Elements:
    """The elements of a set. Addresses and numbers are found without a look at each of them."""

    def __init__(self, elements):
        self.plain, self.spans, self.rest = set(), [], []
        for element in map(_unwrapped, elements):
            scalar, span = scalar_of(element), _span(element)
            if isinstance(element, (str, int)) and scalar is not None and element != "*":
                self.plain.add(scalar)
            elif span:
                self.spans.append(span)
            else:
                self.rest.append(element)
        self.words = any(isinstance(one, str) for one in self.plain)

    def holds(self, value, names):
        """Return the Truth of a value being among them."""
        if value is None:
            return UNKNOWN
        truth = FALSE
        if isinstance(value, (int, tuple)) and not self.words:
            truth = port_conditions.known(value in self.plain)
        else:
            for scalar in self.plain:
                truth = port_conditions.either(truth, _holds(value, "==", scalar, {}, names))
        for first, last in self.spans:
            truth = port_conditions.either(truth, is_between(value, first, last))
        for element in self.rest:
            truth = port_conditions.either(truth, _holds(value, "==", element, {}, names))
        return truth


def _span(element):
    """(first, last) of a range or a network, None for anything else."""
    if isinstance(element, dict) and len(element) == 1:
        if "range" in element:
            first, last = map(scalar_of, element["range"])
            return (first, last) if first is not None and last is not None else None
        if "prefix" in element:
            return network(str(element["prefix"]["addr"]), element["prefix"]["len"])
    return None


def _unwrapped(element):
    while isinstance(element, dict) and "elem" in element:
        element = element["elem"]["val"] if isinstance(element["elem"], dict) else None
    return element


def _holds(value, operator, right, sets, names):
    """Return the Truth of `value operator right`; names: those of the bits of the field."""
    if value == ABSENT or (isinstance(value, list) and ABSENT in value):
        return FALSE
    if operator == "!=":
        return negated(_holds(value, "==", right, sets, names))
    if operator in ("<", ">", "<=", ">="):
        return _compared(value, operator, scalar_of(_unwrapped(right)))
    if operator in ("in", "!"):
        bits = number_of(right, names)
        if isinstance(value, int) and bits is not None:
            return port_conditions.known(bool(value & bits) == (operator == "in"))
        return UNKNOWN if operator == "!" else _holds(value, "==", right, sets, names)
    if operator != "==" or value is None:
        return UNKNOWN
    right = _unwrapped(right)
    if isinstance(right, str) and right.startswith("@"):
        return sets[right[1:]].holds(value, names) if right[1:] in sets else UNKNOWN
    if right == "*":
        return TRUE
    if isinstance(right, dict):
        return _in_composite(value, right, sets, names)
    if isinstance(value, list):
        return UNKNOWN
    if names and isinstance(value, int):
        return is_equal(value, number_of(right, names))
    if isinstance(value, int) and isinstance(right, str) and right in PROTOCOLS:
        return is_equal(value, PROTOCOLS[right])
    return is_equal(value, right if isinstance(right, tuple) else scalar_of(right))


def _in_composite(value, right, sets, names):
    (kind, content), *others = right.items()
    if others:
        return UNKNOWN
    if kind == "set":
        return _Elements(content if isinstance(content, list) else [content]).holds(value, names)
    if kind == "concat" and isinstance(value, list) and len(value) == len(content):
        truth = TRUE
        for one, part in zip(value, content):
            truth = port_conditions.both(truth, _holds(one, "==", part, sets, {}))
        return truth
    if isinstance(value, list):
        return UNKNOWN
    if kind in ("range", "prefix"):
        ends = _span(right)
        return is_between(value, *ends) if ends else UNKNOWN
    number = number_of(right, names)
    return UNKNOWN if number is None else is_equal(value, number)


def _compared(value, operator, limit):
    if not isinstance(limit, int) or isinstance(limit, bool):
        return UNKNOWN
    largest = 1 << 128
    first, last = {"<": (0, limit - 1), "<=": (0, limit), ">": (limit + 1, largest), ">=": (limit, largest)}[operator]
    return is_between(value, first, last)


class _Rule:
    """Reads the expressions of one rule. sets: {name: _Elements} of its table."""

    def __init__(self, sets):
        self.sets = sets

    def steps(self, expressions):
        """Return the steps of a rule, as packet_replay.Rule has them."""
        found = []
        for entry in expressions:
            if not isinstance(entry, dict) or len(entry) != 1:
                found.append(_MAYBE)
                continue
            ((kind, about),) = entry.items()
            found += self._step(kind, about)
        return found

    def _step(self, kind, about):
        if kind in ("accept", "return", "continue"):
            return [("verdict", {"accept": ACCEPT, "return": RETURN}.get(kind, Verdict(kind, "")))]
        if kind == "drop":
            return [("verdict", DROP)]
        if kind == "reject":
            return _rejecting(about) + [("verdict", DROP)]
        if kind in ("jump", "goto"):
            return [("verdict", Verdict(kind, about["target"]))]
        if kind in ("dnat", "redirect", "tproxy"):
            return [("verdict", TRANSLATE)]
        if kind in ("snat", "masquerade"):
            return [("verdict", ACCEPT)]
        if kind == "match":
            return [("if", self._condition(about))]
        if kind == "vmap":
            return [("choose", self._choices(about))]
        if kind == "mangle":
            return self._change(about)
        if kind == "notrack":
            return [("change", lambda packet, state: state._replace(tracking=UNTRACKED))]
        if kind == "xt" and isinstance(about, dict) and about.get("type") == "match" and about.get("name") == "comment":
            return []
        if kind == "xt" and isinstance(about, dict) and about.get("type") == "target":
            return [] if about.get("name") in PASSING_TARGETS else [_MAYBE, ("verdict", OTHER)]
        if kind in ("queue", "fwd", "synproxy"):
            return [("verdict", OTHER)]
        return [] if kind in _PASSING else [_MAYBE]

    def _condition(self, about):
        left, operator, right = about["left"], about.get("op", "=="), about["right"]
        names = bit_names(left)
        if left == {"meta": {"key": "pkttype"}} and right == "unicast":
            right = "host"  # two words for one thing
        return lambda packet, state: _holds(value_of(left, packet, state), operator, right, self.sets, names)

    def _choices(self, about):
        key, data = about["key"], about["data"]
        elements = data.get("set") if isinstance(data, dict) else None
        if elements is None and isinstance(data, str) and data[1:] in self.sets:
            elements = self.sets[data[1:]].rest
        names = bit_names(key)

        def choices(packet, state):
            if elements is None:
                return [(UNKNOWN, OTHER)]
            value, found, rest = value_of(key, packet, state), [], TRUE
            for entry in elements:
                if not isinstance(entry, list) or len(entry) != 2:
                    return [(UNKNOWN, OTHER)]
                wanted, verdict = entry
                if _unwrapped(wanted) == "*":
                    truth = rest if value != ABSENT else FALSE
                else:
                    truth = _holds(value, "==", wanted, self.sets, names)
                rest = port_conditions.both(rest, negated(truth))
                found.append((truth, _verdict(verdict)))
            return found

        return choices

    @staticmethod
    def _change(about):
        key, value = about["key"], about["value"]
        ((kind, what),) = key.items() if isinstance(key, dict) and len(key) == 1 else (("", {}),)
        if kind == "payload":
            return [("verdict", TRANSLATE)] if what.get("field") in ("dport", "daddr", "sport", "saddr") else []
        if not isinstance(what, dict) or what.get("key") != "mark" or kind not in ("meta", "ct"):
            return []
        name = "mark" if kind == "meta" else "connection_mark"

        def change(packet, state):
            number = value_of(value, packet, state)
            return state._replace(**{name: number if isinstance(number, int) else None})

        # A rule ends where it reads a field that is not there, such as the mark of a connection that is not known yet.
        return [("if", lambda packet, state: negated(_absent(value, packet, state))), ("change", change)]


_MAYBE = ("if", lambda packet, state: UNKNOWN)


def _absent(expression, packet, state):
    """The Truth of a packet lacking a field."""
    parts = expression
    if isinstance(expression, dict) and len(expression) == 1 and set(expression) <= set(OPERATORS):
        (parts,) = expression.values()
    values = [value_of(part, packet, state) for part in (parts if isinstance(parts, list) else [parts])]
    return port_conditions.known(ABSENT in values)


def _rejecting(about):
    """How it is rejected says which packets are: nft leaves out the condition that says the same."""
    kind = about.get("type") if isinstance(about, dict) else None
    if kind == "tcp reset":
        return [("if", lambda packet, state: port_conditions.known(packet.transport == "tcp"))]
    if kind in ("icmp", "icmpv6"):
        return [("if", lambda packet, state: port_conditions.known((":" in packet.source) == (kind == "icmpv6")))]
    return []


def _verdict(about):
    if not isinstance(about, dict) or len(about) != 1:
        return OTHER
    ((kind, value),) = about.items()
    if kind in ("jump", "goto"):
        return Verdict(kind, value["target"])
    return {"accept": ACCEPT, "drop": DROP, "return": RETURN, "continue": Verdict("continue", "")}.get(kind, OTHER)
