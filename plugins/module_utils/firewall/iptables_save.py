# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the rules of iptables as `iptables-save` prints them into the chains that packet_replay.py replays. Pure.

Every match and target that is not known here counts as one that may hold or not.
"""

import shlex

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import port_conditions
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.field_values import (
    NUMBERS_OF_TCP_FLAGS,
    PASSING_TARGETS,
    PORT,
    PROTOCOLS,
    SEGMENT_SIZE,
    SENDING_PORT,
    STATES,
    STATUSES,
    SYN,
    address,
    is_between,
    is_equal,
    network,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.packet_replay import (
    ACCEPT,
    DROP,
    NEW,
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

# {table: {chain: (hook, priority)}} of the base chains that a packet from elsewhere may meet.
BASE_CHAINS = {
    "raw": {"PREROUTING": ("prerouting", -300)},
    "mangle": {
        "PREROUTING": ("prerouting", -150),
        "INPUT": ("input", -150),
        "FORWARD": ("forward", -150),
        "POSTROUTING": ("postrouting", -150),
    },
    "nat": {"PREROUTING": ("prerouting", -100), "INPUT": ("input", 100), "POSTROUTING": ("postrouting", 100)},
    "filter": {"INPUT": ("input", 0), "FORWARD": ("forward", 0)},
    "security": {"INPUT": ("input", 50), "FORWARD": ("forward", 50)},
}
# Options that say how a match counts or names what it logs, and decide nothing by themselves.
_ASIDE = frozenset("--comment --limit-burst --log-prefix --log-level --reject-with".split())
# What the targets do that need no options to be understood.
_TARGETS = {
    "ACCEPT": ACCEPT,
    "DROP": DROP,
    "REJECT": DROP,
    "RETURN": RETURN,
    "DNAT": TRANSLATE,
    "REDIRECT": TRANSLATE,
    "NETMAP": TRANSLATE,
    "TPROXY": TRANSLATE,
    "SNAT": ACCEPT,
    "MASQUERADE": ACCEPT,
}


def chains(text, program, sets=None):
    """Return the base chains of what `iptables-save` or `ip6tables-save` prints, of all tables in it.

    program: what the user calls to see them, such as "iptables" or "ip6tables-legacy"; it is part of the chains' names.
    sets: as address_sets() returns them.
    """
    return [chain for chain in _every_chain(text, program, sets or {}) if chain.hook]


def rules(text, program, sets=None):
    """Return {(table, chain): [Rule]} of what `iptables-save` or `ip6tables-save` prints."""
    return {tuple(chain.where.split()[1:]): chain.rules for chain in _every_chain(text, program, sets or {})}


def address_sets(text):
    """Return {name: [(first, last)]} of the sets of addresses that `ipset save` prints; those of other kinds are left out."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["create"] and words[2] in ("hash:ip", "hash:net"):
            found[words[1]] = []
        elif words[:1] == ["add"] and words[1] in found:
            ends = network(words[2])
            if ends is None or "nomatch" in words:
                del found[words[1]]
            else:
                found[words[1]].append(ends)
    return found


def _every_chain(text, program, sets):
    family = "ip6" if program.startswith("ip6") else "ip"
    found, table, of_table = [], "", {}
    for line in text.splitlines():
        if line.startswith("*"):
            table, of_table = line[1:].strip(), {}
        elif line.startswith(":"):
            words = line[1:].split()
            hook, priority = BASE_CHAINS.get(table, {}).get(words[0], ("", 0))
            policy = "drop" if words[1] == "DROP" else "accept"
            kind = "nat" if table == "nat" else "filter"
            where = f"{program} {table} {words[0]}"
            of_table[words[0]] = Chain(where, family, kind, hook, priority, policy, "", [], of_table)
            found.append(of_table[words[0]])
        elif line.startswith("-A "):
            name, dummy, rest = line[len("-A ") :].partition(" ")
            if name in of_table:
                of_table[name].rules.append(Rule(line, _steps(rest, of_table, sets)))
    return found


def _steps(text, of_table, sets):
    try:
        words = shlex.split(text)
    except ValueError:
        return [("if", lambda packet, state: UNKNOWN), ("verdict", OTHER)]
    matches, target, jump = words, [], "jump"
    for number, word in enumerate(words):
        if word in ("-j", "-g"):
            matches, target, jump = words[:number], words[number + 1 :], "jump" if word == "-j" else "goto"
            break
    conditions = _conditions(matches, sets)
    return conditions + (_target(target, jump, of_table) if target else [])


def _target(words, jump, of_table):
    name, options = words[0], dict(zip(words[1:], words[2:]))
    if name in of_table:
        return [("verdict", Verdict(jump, name))]
    if name in _TARGETS:
        return [("verdict", _TARGETS[name])]
    if name in ("MARK", "CONNMARK"):
        return [("change", _mark_change(name, options, words))]
    if name == "NOTRACK" or (name == "CT" and "--notrack" in words):
        return [("change", lambda packet, state: state._replace(tracking=UNTRACKED))]
    if name in PASSING_TARGETS or name == "CT":
        return []
    return [("if", lambda packet, state: UNKNOWN), ("verdict", OTHER)]


def _mark_change(name, options, words):
    field = "mark" if name == "MARK" else "connection_mark"

    def change(packet, state):
        if "--save-mark" in words or "--restore-mark" in words:
            source, target = ("mark", "connection_mark") if "--save-mark" in words else ("connection_mark", "mark")
            masked = any("mask" in word for word in words)
            return state._replace(**{target: None if masked else getattr(state, source)})
        number = _number_with_mask(options.get("--set-xmark", ""))
        before = getattr(state, field)
        if number is None or (before is None and number[1] != 0xFFFFFFFF):
            return state._replace(**{field: None})
        return state._replace(**{field: ((before or 0) & ~number[1] & 0xFFFFFFFF) ^ number[0]})

    return change


def _number_with_mask(text):
    """(number, mask) of 0x4000/0xff00, None for anything else."""
    value, slash, mask = text.partition("/")
    try:
        return int(value, 0), int(mask, 0) if slash else 0xFFFFFFFF
    except ValueError:
        return None


def _conditions(words, sets):
    """Return the steps of the matches of a rule."""
    found, held = [], list(words)
    module = ""
    while held:
        word = held.pop(0)
        inverted = word == "!"
        if inverted:
            word = held.pop(0) if held else ""
        arguments = []
        while held and not held[0].startswith("-") and held[0] != "!":
            arguments.append(held.pop(0))
        if word == "-m":
            module = arguments[0] if arguments else ""
            if module in ("rpfilter", "socket"):
                found.append(("if", _reverse_path(held) if module == "rpfilter" else _unknown))
            continue
        if word in _ASIDE or (
            module == "rpfilter" and word in ("--loose", "--validmark", "--accept-local", "--invert")
        ):
            continue
        if (module, word) == ("set", "--match-set") and arguments[:1] and arguments[0] in sets:
            condition = _in_set(sets[arguments[0]], arguments[1:])
            found.append(("if", _not(condition) if inverted else condition))
            continue
        reader = _MATCHES.get((module, word)) or _MATCHES.get(("", word))
        condition = reader(arguments) if reader else _unknown
        if module == "conntrack" and word != "--ctstate":
            condition = _of_a_connection(condition)
        found.append(("if", _not(condition) if inverted else condition))
    return found


def _unknown(packet, state):
    return UNKNOWN


def _reverse_path(options):
    """The incoming interface is taken from the route to the source of the packet, so a return path always exists."""
    inverted = "--invert" in options

    def condition(packet, state):
        if packet.iif is None:
            return UNKNOWN
        return FALSE if inverted else TRUE

    return condition


def _of_a_connection(condition):
    """Before its connection is looked for, what is said of it depends on what else the rule says."""
    return lambda packet, state: condition(packet, state) if state.tracking == NEW else UNKNOWN


def _not(condition):
    return lambda packet, state: negated(condition(packet, state))


def _always(truth):
    return lambda packet, state: truth


def _side(side):
    def reader(arguments):
        networks = [network(one) for one in (arguments[0].split(",") if arguments else [""])]
        return _unknown if None in networks else _in_set(networks, [side])

    return reader


def _in_set(networks, sides):
    """Whether the address of a side is in a set; those of a kind with several parts are not known here."""

    def condition(packet, state):
        value = {("src",): packet.source, ("dst",): packet.destination}.get(tuple(sides))
        if not value:
            return UNKNOWN
        truth = FALSE
        for first, last in networks:
            truth = port_conditions.either(truth, is_between(address(value), first, last))
        return truth

    return condition


def _interface(side):
    def reader(arguments):
        name = arguments[0] if arguments else ""
        wanted = name[:-1] + "*" if name.endswith("+") else name
        return lambda packet, state: is_equal(getattr(packet, side), wanted)

    return reader


def _transport(arguments):
    wanted = arguments[0].lower() if arguments else ""
    if wanted in ("all", "0"):
        return _always(TRUE)
    number = PROTOCOLS.get(wanted, int(wanted) if wanted.isdigit() else None)
    if number is None:
        # Names beyond those of tcp, udp and icmp are of other protocols, whatever they are.
        return _always(FALSE if wanted.isalpha() else UNKNOWN)
    return lambda packet, state: port_conditions.known(PROTOCOLS[packet.transport] == number)


def _ports(value):
    def reader(arguments):
        pairs = []
        for part in arguments[0].split(",") if arguments else []:
            first, colon, last = part.partition(":")
            first, last = first or "0", (last or "65535") if colon else first
            if not (first.isdigit() and last.isdigit()):
                return _unknown
            pairs.append((int(first), int(last)))

        def condition(packet, state):
            truth = FALSE
            for first, last in pairs:
                for one in value:
                    truth = port_conditions.either(truth, is_between(one, first, last))
            return truth

        return condition

    return reader


def _flags(arguments):
    if len(arguments) != 2:
        return _unknown
    mask, wanted = map(_flag_number, arguments)
    if mask is None or wanted is None:
        return _unknown
    return lambda packet, state: port_conditions.known(packet.transport == "tcp" and SYN & mask == wanted)


def _flag_number(text):
    if text in ("NONE", "ALL"):
        return 0 if text == "NONE" else 63
    found = 0
    for word in text.lower().split(","):
        if word not in NUMBERS_OF_TCP_FLAGS:
            return None
        found |= NUMBERS_OF_TCP_FLAGS[word]
    return found


def _states(arguments):
    wanted = {word.lower() for word in (arguments[0] if arguments else "").split(",")}
    if not wanted <= set(STATES) | set(STATUSES):
        return _unknown

    def condition(packet, state):
        return port_conditions.known(None if state.tracking is None else state.tracking in wanted)

    return condition


def _statuses(arguments):
    # A new connection has none of these, and the word NONE, the mask 0, matches nothing.
    wanted = {word.lower().replace("_", "-") for word in (arguments[0] if arguments else "").split(",")}
    return _always(FALSE if wanted <= set(STATUSES) | {"none"} else UNKNOWN)


def _mark(field):
    def reader(arguments):
        pair = _number_with_mask(arguments[0] if arguments else "")

        def condition(packet, state):
            held = getattr(state, field)
            return UNKNOWN if pair is None or held is None else port_conditions.known(held & pair[1] == pair[0])

        return condition

    return reader


def _address_type(side):
    def reader(arguments):
        wanted = (arguments[0] if arguments else "").split(",")

        def condition(packet, state):
            kind = "LOCAL" if side == "destination" and packet.oif == "" else "UNICAST"
            return port_conditions.known(kind in wanted)

        return condition

    return reader


def _address_range(side):
    def reader(arguments):
        first, dummy_dash, last = (arguments[0] if arguments else "").partition("-")

        def condition(packet, state):
            value = packet.source if side == "source" else packet.destination
            return is_between(address(value), address(first), address(last)) if value else UNKNOWN

        return condition

    return reader


def _packet_type(arguments):
    return _always(port_conditions.known((arguments or [""])[0] in ("unicast", "host")))


def _of_other_transports(arguments):
    return _always(FALSE)


_MATCHES = {
    ("", "-s"): _side("src"),
    ("", "-d"): _side("dst"),
    ("", "-i"): _interface("iif"),
    ("", "-o"): _interface("oif"),
    ("", "-p"): _transport,
    ("", "-f"): lambda arguments: _always(FALSE),  # what opens a connection is no fragment
    ("", "--dport"): _ports([PORT]),
    ("", "--sport"): _ports([SENDING_PORT]),
    ("multiport", "--dports"): _ports([PORT]),
    ("multiport", "--sports"): _ports([SENDING_PORT]),
    ("multiport", "--ports"): _ports([PORT, SENDING_PORT]),
    ("tcp", "--tcp-flags"): _flags,
    ("tcpmss", "--mss"): _ports([SEGMENT_SIZE]),
    ("icmp", "--icmp-type"): _of_other_transports,
    ("icmp6", "--icmpv6-type"): _of_other_transports,
    ("rt", "--rt-type"): _of_other_transports,  # nor has what opens a connection such headers
    ("frag", "--fragmore"): _of_other_transports,
    ("frag", "--fraglast"): _of_other_transports,
    ("conntrack", "--ctstate"): _states,
    ("state", "--state"): _states,
    ("conntrack", "--ctstatus"): _statuses,
    ("conntrack", "--ctorigdst"): _side("dst"),
    ("conntrack", "--ctorigsrc"): _side("src"),
    ("conntrack", "--ctorigdstport"): _ports([PORT]),
    ("conntrack", "--ctdir"): lambda arguments: _always(port_conditions.known(arguments == ["ORIGINAL"])),
    ("mark", "--mark"): _mark("mark"),
    ("connmark", "--mark"): _mark("connection_mark"),
    ("addrtype", "--dst-type"): _address_type("destination"),
    ("addrtype", "--src-type"): _address_type("source"),
    ("iprange", "--src-range"): _address_range("source"),
    ("iprange", "--dst-range"): _address_range("destination"),
    ("pkttype", "--pkt-type"): _packet_type,
}
