# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replay the rules of a kernel for a packet that opens a connection: what decides it for each destination port. Pure.

Chains come from nft_json.py and iptables_save.py. Where a rule is not understood, the packet takes both ways, and only where
both end alike is its end known. So a rule that no reader knows never turns into a wrong answer.
"""

from collections import namedtuple

# A packet that opens a connection. source, destination: addresses. transport: "tcp" or "udp". iif, oif: names of the
# interfaces that it comes in by and leaves by, None where that is not known; oif is "" for a packet to the host itself.
Packet = namedtuple("Packet", "source destination transport iif oif")

# What rules may change. mark, connection_mark: numbers, None where unknown. tracking: NOT_YET where the kernel has not looked for
# its connection, which rules see as the state "invalid"; NEW; UNTRACKED where a rule said so; None where it is not known.
State = namedtuple("State", "mark connection_mark tracking")
NOT_YET, NEW, UNTRACKED = "invalid", "new", "untracked"
FRESH = State(0, 0, NOT_YET)
_TRACKING = ("prerouting", -200)  # where the kernel looks for the connection

# A chain. where: its place, as a person names it. kind, hook, priority, policy: of a base chain, hook "" for others.
# device: of a base chain that sees one interface only, None where it may be any, "" for all. family: "ip", "ip6", "inet",
# "netdev" or "bridge". rules: [Rule]. targets: {name: Chain} of its table.
Chain = namedtuple("Chain", "where family kind hook priority policy device rules targets")

# text: as the firewall's own program prints it. steps: what it does, one behind the other:
#   ("if", function(Packet, State) -> Truth)     ("change", function(Packet, State) -> State)
#   ("verdict", Verdict)                         ("choose", function(Packet, State) -> [(Truth, Verdict)])
Rule = namedtuple("Rule", "text steps")

# kind: accept, drop, jump, goto, return, or one of the others below. target: the name of a chain.
Verdict = namedtuple("Verdict", "kind target")
ACCEPT, DROP, RETURN = (Verdict(kind, "") for kind in ("accept", "drop", "return"))
# The destination becomes another one, so this chain does not decide for the port; and a verdict of which nothing is known.
TRANSLATE, OTHER = Verdict("translate", ""), Verdict("other", "")

# An end of the packet's way. kind: "accept", "drop", "translate" or "other". where: the chain. rule: the text of the rule,
# "" for the policy of the chain. sure: whether each rule before it was understood for these ports.
End = namedtuple("End", "kind where rule ports")

# What the packet finds. verdict: "accept", "drop" or "unknown". where, rule: of what decides it, or may: "" for accept.
Answer = namedtuple("Answer", "verdict ports where rule")

_PATHS = {"input": ("ingress", "prerouting", "input"), "forward": ("ingress", "prerouting", "forward", "postrouting")}
_DEEPEST = 64  # jumps; the kernel allows 16


def replay(chains, packet, ports):
    """Return [Answer] for a packet to each of these ports (a set as in port_conditions), sorted by their first port.

    chains: the base chains of all tables.
    """
    path = _PATHS["forward" if packet.oif != "" else "input"]
    met = sorted(
        (chain for chain in chains if chain.hook in path and _sees(chain, packet)),
        key=lambda chain: (path.index(chain.hook), chain.priority),
    )
    ends, flows = [], {FRESH: ports}
    for chain in met:
        flows = before = _tracked(flows, chain, path)
        flows = _base(chain, flows, packet, ends)
        if chain.device is None or (chain.device and packet.iif is None):  # it may see the packet or not
            _merge(flows, before)
    accepted = _all_of(flows)
    return _answers(accepted, ends)


def _tracked(flows, chain, path):
    """Return the flows as they are when the packet comes to a base chain."""
    place, limit = ((path.index(hook), priority) for hook, priority in ((chain.hook, chain.priority), _TRACKING))
    if place < limit:
        return flows
    tracking = None if place == limit else NEW
    found = {}
    for state, ports in flows.items():
        _merge(found, {state if state.tracking == UNTRACKED else state._replace(tracking=tracking): ports})
    return found


def _sees(chain, packet):
    ipv6 = ":" in packet.source
    if chain.family in ("ip" if ipv6 else "ip6", "bridge"):
        return False
    return not chain.device or packet.iif is None or chain.device == packet.iif


def _all_of(flows):
    found = 0
    for ports in flows.values():
        found |= ports
    return found


def _answers(accepted, ends):
    """Return [Answer]. accepted: the ports for which a way leads through."""
    dropped = 0
    for end in ends:
        if end.kind == "drop":
            dropped |= end.ports
    others = [end for end in ends if end.kind != "drop"]
    found, told = {}, 0

    def tell(verdict, ports, where, rule):
        if ports:
            found[verdict, where, rule] = found.get((verdict, where, rule), 0) | ports

    for end in others:  # where the packet goes elsewhere, nothing here says whether it arrives
        tell("unknown", end.ports & ~told, end.where, end.rule)
        told |= end.ports
    for end in reversed(ends):  # of several, the last is the one without a doubt whether a rule matches, if any is
        if end.kind == "drop":
            tell("unknown", end.ports & accepted & ~told, end.where, end.rule)
            tell("drop", end.ports & ~accepted & ~told, end.where, end.rule)
            told |= end.ports
    tell("accept", accepted & ~told, "", "")
    answers = [Answer(verdict, ports, where, rule) for (verdict, where, rule), ports in found.items()]
    return sorted(answers, key=lambda answer: answer.ports & -answer.ports)


def _base(chain, flows, packet, ends):
    """Return the flows ({State: ports}) that a base chain accepts, and add the ends of the others."""
    accepted = {}
    left = _through(chain, flows, packet, ends, accepted, 0)
    if chain.policy == "drop":
        ends.append(End("drop", chain.where, "", _all_of(left)))
    else:
        _merge(accepted, left)
    return accepted


def _merge(flows, more):
    for state, ports in more.items():
        if ports:
            flows[state] = flows.get(state, 0) | ports


def _through(chain, flows, packet, ends, accepted, depth):
    """Return the flows that leave a chain at its end or by a return."""
    left = {}
    for rule in chain.rules:
        going_on = {}
        for state, ports in flows.items():
            _apply(chain, rule, state, ports, packet, ends, (accepted, going_on, left), depth)
        flows = going_on
        if not flows:
            break
    _merge(left, flows)
    return left


def _apply(chain, rule, state, ports, packet, ends, ways, depth):
    """Send the ports of one State through a rule: into ways, which are flows: accepted, going on, leaving the chain."""
    sure = may = ports
    now = state
    for kind, value in rule.steps:
        if kind == "if":
            truth = value(packet, now)
            sure, may = sure & truth.sure, may & truth.may
        elif kind == "change":
            now = value(packet, now)
        else:
            choices = [(None, value)] if kind == "verdict" else value(packet, now)
            sure, may = _choose(chain, rule, (now, sure, may), choices, packet, ends, ways, depth)
        if not may:
            break
    # What is left of `may` fell through behind all conditions; what is not sure may have failed one of them.
    _merge(ways[1], {now: may})
    _merge(ways[1], {state: ports & ~sure})


def _choose(chain, rule, flow, choices, packet, ends, ways, depth):
    """Give each port its verdict; return (sure, may) of those that met none: sure counts those that certainly met one."""
    state, sure, may = flow
    met = 0
    for truth, verdict in choices:
        chosen = may if truth is None else may & truth.may
        if chosen:
            _decide(chain, rule, {state: chosen}, verdict, packet, ends, ways, depth)
        met |= chosen if truth is None else chosen & truth.sure
    return sure & (met | ~may), may & ~met


def _decide(chain, rule, flows, verdict, packet, ends, ways, depth):
    accepted, going_on, left = ways
    if verdict.kind == "accept":
        _merge(accepted, flows)
    elif verdict.kind == "return":
        _merge(left, flows)
    elif verdict.kind == "continue":
        _merge(going_on, flows)
    elif verdict.kind in ("jump", "goto") and verdict.target in chain.targets and depth < _DEEPEST:
        back = _through(chain.targets[verdict.target], flows, packet, ends, accepted, depth + 1)
        _merge(going_on if verdict.kind == "jump" else left, back)
    else:
        kind = verdict.kind if verdict.kind in ("drop", "translate") else "other"
        ends.append(End(kind, chain.where, rule.text, _all_of(flows)))
