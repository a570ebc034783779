# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replay of rules, against a second interpreter that goes rule by rule and port by port."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import (
    iptables_save,
    nft_json,
    packet_replay,
    port_conditions,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.packet_replay import Packet

PORTS = range(12)
SOURCE, OTHER_SOURCE = "192.0.2.21", "198.51.100.9"
PACKET = Packet(SOURCE, "192.0.2.11", "tcp", "eth0", "")
# A chain jumps only to those behind it, so that there is no loop.
CHAINS = ("INPUT", "ONE", "TWO")
VERDICTS = ("ACCEPT", "DROP", "RETURN", "")

# A rule as a person means it. source, interface: None for any. ports: (first, last), None for all. unknown: whether it has a match
# that no reader knows. target: one of VERDICTS, or (jump or goto, chain).
ports = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(sorted).map(tuple)


def rules_of(chain):
    """A strategy for the rules of a chain."""
    behind = CHAINS[CHAINS.index(chain) + 1 :]
    targets = st.sampled_from(VERDICTS)
    if behind:
        targets = targets | st.tuples(st.sampled_from(("jump", "goto")), st.sampled_from(behind))
    return st.lists(
        st.fixed_dictionaries(
            {
                "source": st.sampled_from((None, None, SOURCE, OTHER_SOURCE)),
                "interface": st.sampled_from((None, None, "eth0", "eth1")),
                "ports": st.none() | ports,
                "other_ports": st.booleans(),
                "unknown": st.booleans(),
                "mark": st.sampled_from((None, None, None, "set", "is")),
                "target": targets,
            }
        ),
        max_size=4,
    )


rulesets = st.fixed_dictionaries({chain: rules_of(chain) for chain in CHAINS})


def as_iptables(ruleset, policy):
    """The text of iptables-save."""
    lines = ["*filter", f":INPUT {policy} [0:0]", ":ONE - [0:0]", ":TWO - [0:0]"]
    for chain, rules in ruleset.items():
        for rule in rules:
            words = ["-A", chain]
            words += ["-s", rule["source"] + "/32"] if rule["source"] else []
            words += ["-i", rule["interface"]] if rule["interface"] else []
            if rule["ports"]:
                words += (
                    ["-p", "tcp", "-m", "tcp"]
                    + ["!"] * rule["other_ports"]
                    + ["--dport", "{}:{}".format(*rule["ports"])]
                )
            words += ["-m", "limit", "--limit", "3/sec"] if rule["unknown"] else []
            words += ["-m", "mark", "--mark", "0x1/0x1"] if rule["mark"] == "is" else []
            if rule["mark"] == "set":
                words += ["-j", "MARK", "--set-xmark", "0x1/0x1"]
            elif isinstance(rule["target"], tuple):
                words += ["-j" if rule["target"][0] == "jump" else "-g", rule["target"][1]]
            elif rule["target"]:
                words += ["-j", rule["target"]]
            lines.append(" ".join(words))
    return "\n".join([*lines, "COMMIT", ""])


def as_nft(ruleset, policy):
    """The same as `nft -j list ruleset` has it, as data."""
    place = {"family": "ip", "table": "t"}
    base = {"type": "filter", "hook": "input", "prio": 0, "policy": policy.lower()}
    objects = [{"chain": {**place, "name": chain, **(base if chain == "INPUT" else {})}} for chain in CHAINS]

    def match(left, right, operator="=="):
        return {"match": {"op": operator, "left": left, "right": right}}

    for chain, rules in ruleset.items():
        for rule in rules:
            said = []
            if rule["source"]:
                said.append(match({"payload": {"protocol": "ip", "field": "saddr"}}, rule["source"]))
            if rule["interface"]:
                said.append(match({"meta": {"key": "iifname"}}, rule["interface"]))
            if rule["ports"]:
                dport = {"payload": {"protocol": "tcp", "field": "dport"}}
                said.append(match(dport, {"range": list(rule["ports"])}, "!=" if rule["other_ports"] else "=="))
            if rule["unknown"]:
                said.append({"limit": {"rate": 3, "per": "second"}})
            if rule["mark"] == "is":
                said.append(match({"&": [{"meta": {"key": "mark"}}, 1]}, 1))
            if rule["mark"] == "set":
                said.append(
                    {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"|": [{"meta": {"key": "mark"}}, 1]}}}
                )
            elif isinstance(rule["target"], tuple):
                said.append({rule["target"][0]: {"target": rule["target"][1]}})
            elif rule["target"]:
                said.append({rule["target"].lower(): None})
            objects.append({"rule": {**place, "chain": chain, "expr": said}})
    return {"nftables": objects}


def ends_of(ruleset, policy, port):
    """All ends that a packet to a port may find: each unknown match is taken both ways."""

    def walk(chain, number, mark):
        """{"ACCEPT", "DROP", ("left", mark)}."""
        if number == len(ruleset[chain]):
            return {("left", mark)}
        rule = ruleset[chain][number]
        fits = (
            rule["source"] in (None, SOURCE)
            and rule["interface"] in (None, "eth0")
            and (rule["ports"] is None or (rule["ports"][0] <= port <= rule["ports"][1]) != rule["other_ports"])
            and (rule["mark"] != "is" or mark)
        )
        found = set()
        if not fits or rule["unknown"]:
            found |= walk(chain, number + 1, mark)
        if fits:
            found |= act(chain, number, rule, mark)
        return found

    def act(chain, number, rule, mark):
        target = rule["target"]
        if rule["mark"] == "set":
            return walk(chain, number + 1, True)
        if target in ("ACCEPT", "DROP"):
            return {target}
        if target == "RETURN":
            return {("left", mark)}
        if not target:
            return walk(chain, number + 1, mark)
        found = set()
        for end in walk(target[1], 0, mark):
            if isinstance(end, str) or target[0] == "goto":
                found.add(end)
            else:
                found |= walk(chain, number + 1, end[1])
        return found

    return {end if isinstance(end, str) else policy for end in walk("INPUT", 0, False)}


@given(ruleset=rulesets, policy=st.sampled_from(("ACCEPT", "DROP")))
def test_each_port_finds_what_its_rules_say_and_what_is_not_known_is_unknown(ruleset, policy):

    expected = {}
    for port in PORTS:
        ends = ends_of(ruleset, policy, port)
        expected[port] = ends.pop().lower() if len(ends) == 1 else "unknown"
    asked = port_conditions.between(PORTS[0], PORTS[-1])
    nothing = nft_json.Listing({}, {}, set())
    for chains in (
        iptables_save.chains(as_iptables(ruleset, policy), "iptables"),
        nft_json.chains(nft_json.objects_of(json.dumps(as_nft(ruleset, policy))), nothing),
    ):
        answers = packet_replay.replay(chains, PACKET, asked)
        seen = {
            port: answer.verdict
            for answer in answers
            for first, last in port_conditions.ranges(answer.ports)
            for port in range(first, last + 1)
        }
        assert seen == expected


@given(st.sets(st.integers(0, 65535), max_size=20))
def test_ports_and_ranges_are_the_same(numbers):
    ports_ = 0
    for number in numbers:
        ports_ |= port_conditions.between(number, number)
    found = port_conditions.ranges(ports_)
    assert {port for first, last in found for port in range(first, last + 1)} == numbers
    assert all(later[0] > earlier[1] + 1 for earlier, later in zip(found, found[1:]))


def tables(*texts):
    """The base chains of texts of iptables-save, one behind the other."""
    return [chain for text in texts for chain in iptables_save.chains(text, "iptables")]


def verdicts(chains, packet=PACKET, first=1, last=65535):
    return [
        (answer.verdict, port_conditions.ranges(answer.ports), answer.where, answer.rule)
        for answer in packet_replay.replay(chains, packet, port_conditions.between(first, last))
    ]


def test_what_one_table_accepts_the_next_one_may_drop():
    mangle = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 443 -j DROP\nCOMMIT\n"
    accepting = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n"
    assert verdicts(tables(accepting, mangle), first=440, last=445) == [
        ("accept", [(440, 442), (444, 445)], "", ""),
        ("drop", [(443, 443)], "iptables mangle PREROUTING", "-A PREROUTING -p tcp -m tcp --dport 443 -j DROP"),
    ]


def test_a_port_that_is_translated_is_not_known_to_be_open_or_shut():
    nat = (
        "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 8443\nCOMMIT\n"
    )
    assert verdicts(tables(nat), first=443, last=443) == [
        (
            "unknown",
            [(443, 443)],
            "iptables nat PREROUTING",
            "-A PREROUTING -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 8443",
        )
    ]


@pytest.mark.parametrize("device, verdict", [("eth0", "drop"), ("eth1", "accept"), (None, "unknown")])
def test_a_chain_that_sees_one_interface_only(device, verdict):
    chain = tables("*filter\n:INPUT DROP [0:0]\nCOMMIT\n")[0]._replace(hook="ingress", device=device)
    assert [answer[0] for answer in verdicts([chain])] == [verdict]


def test_a_name_of_interfaces_with_a_wildcard():
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i eth+ -p tcp -j DROP\n-A INPUT ! -i lo -p udp -j DROP\nCOMMIT\n"
    assert [answer[0] for answer in verdicts(tables(text))] == ["drop"]
    assert [answer[0] for answer in verdicts(tables(text), PACKET._replace(transport="udp"))] == ["drop"]
    assert [answer[0] for answer in verdicts(tables(text), PACKET._replace(iif="ens3"))] == ["accept"]


def of_nft(hook, priority, *expressions):
    """The base chain of a table with one rule, which `nft -j list ruleset` prints as these expressions."""
    place = {"family": "inet", "table": "t"}
    base = {"chain": {**place, "name": "c", "type": "filter", "hook": hook, "prio": priority, "policy": "accept"}}
    return nft_json.chains(
        [base, {"rule": {**place, "chain": "c", "expr": list(expressions)}}], nft_json.Listing({}, {}, set())
    )


@pytest.mark.parametrize(
    "about, over_ipv4, over_ipv6",
    [
        (None, "drop", "drop"),
        ({"type": "icmp", "expr": "port-unreachable"}, "drop", "accept"),
        ({"type": "icmpv6", "expr": "port-unreachable"}, "accept", "drop"),
        ({"type": "tcp reset"}, "drop", "drop"),
    ],
)
def test_how_a_rule_rejects_says_what_it_is_for(about, over_ipv4, over_ipv6):
    """Of `meta nfproto ipv6 reject` nft prints only the kind of the rejection. Seen with packets and nft 1.0.6."""
    chains = of_nft("input", 0, {"reject": about})
    assert [answer[0] for answer in verdicts(chains)] == [over_ipv4]
    ipv6 = PACKET._replace(source="2001:db8::1", destination="2001:db8::2")
    assert [answer[0] for answer in verdicts(chains, ipv6)] == [over_ipv6]
    udp = verdicts(chains, PACKET._replace(transport="udp"))[0][0]
    assert udp == ("accept" if about and about["type"] == "tcp reset" else over_ipv4)


@pytest.mark.parametrize(
    "priority, state, verdict",
    [
        (-300, "invalid", "drop"),
        (-300, "new", "accept"),
        (-150, "invalid", "accept"),
        (-150, "new", "drop"),
        (-200, "new", "unknown"),
    ],
)
def test_before_the_kernel_looks_for_its_connection_a_packet_is_invalid(priority, state, verdict):
    """So `ct state invalid drop` with the priority of the table raw shuts every port. Seen with packets and nft 1.0.6."""
    match = {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": state}}
    assert [answer[0] for answer in verdicts(of_nft("prerouting", priority, match, {"drop": None}))] == [verdict]


def test_a_packet_that_is_not_tracked_is_neither_new_nor_of_a_connection():
    raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 443 -j CT --notrack\nCOMMIT\n"
    new_only = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n"
    assert [answer[:2] for answer in verdicts(tables(raw, new_only), first=442, last=443)] == [
        ("accept", [(442, 442)]),
        ("drop", [(443, 443)]),
    ]


def test_a_rule_ends_where_it_reads_what_is_not_there():
    """Before connection tracking there is no mark of a connection. Seen with packets and nft 1.0.6."""
    copy = {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"ct": {"key": "mark"}}}}
    assert [answer[0] for answer in verdicts(of_nft("prerouting", -300, copy, {"drop": None}))] == ["accept"]
    assert [answer[0] for answer in verdicts(of_nft("prerouting", -150, copy, {"drop": None}))] == ["drop"]


@pytest.mark.parametrize(
    "words, verdict", [("--ctstatus NONE", "accept"), ("! --ctstatus NONE", "drop"), ("--ctstatus ASSURED", "accept")]
)
def test_the_status_none_matches_nothing(words, verdict):
    """Seen with packets and iptables 1.8.9."""
    text = f"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack {words} -j DROP\nCOMMIT\n"
    assert [answer[0] for answer in verdicts(tables(text))] == [verdict]


def test_what_is_said_of_a_connection_before_it_is_looked_for_leaves_a_doubt():
    """Seen with packets and iptables 1.8.9: in the table raw such a rule does not match."""
    raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m conntrack --ctorigdstport 443 -j DROP\nCOMMIT\n"
    assert [answer[0] for answer in verdicts(tables(raw), first=443, last=443)] == ["unknown"]
    mangle = raw.replace("*raw", "*mangle")
    assert [answer[0] for answer in verdicts(tables(mangle), first=443, last=443)] == ["drop"]
