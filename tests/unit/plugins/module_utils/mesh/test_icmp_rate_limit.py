# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule that rejects a range looks like two, since a host sends few ICMP errors a second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import icmp_rate_limit, port_verdicts

REJECTED = ("rejected", "No route to host")
DROPPED = ("dropped", "no answer within 3.5 s")
OPEN = ("open", None)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(icmp_rate_limit, "_PAUSE", 0)


def ask_again(outcomes, truth, seconds=60):
    """The outcomes after ports that are truth(port) in fact were asked again, and which ports were."""
    asked = []

    def probe(some, dummy_seconds):
        asked.extend((target.peer, target.port) for target in some)
        return {(target.peer, target.port): truth(target.port) for target in some}

    targets = [port_verdicts.Target(peer, "192.0.2.1", port, "n", True) for peer, port in outcomes]
    icmp_rate_limit.ask_again(targets, outcomes, probe, deadlines.Deadline(seconds))
    return outcomes, asked


def first_errors(number, of=101, kind=REJECTED):
    """What a host answers that sends `number` errors, and then no more for a while."""
    return {(0, 30100 + port): kind if port < number else DROPPED for port in range(of)}


@pytest.mark.parametrize("kind", [REJECTED, ("refused", "Connection refused")])
def test_one_rule_is_one_rule(kind):
    outcomes, asked = ask_again(first_errors(11, kind=kind), lambda port: kind)
    assert set(outcomes.values()) == {kind}
    assert asked == [(0, 30100 + port) for port in (11, 55, 100)]


def test_two_rules_stay_two():
    outcomes, asked = ask_again(first_errors(51), lambda port: DROPPED)
    assert sum(outcome == DROPPED for outcome in outcomes.values()) == 50
    assert len(asked) == 3


def test_where_some_are_rejected_only_those_change():
    outcomes, _asked = ask_again(first_errors(11), lambda port: REJECTED if port < 30150 else DROPPED)
    assert [port for (dummy, port), outcome in outcomes.items() if outcome == REJECTED and port >= 30111] == [30111]


@pytest.mark.parametrize(
    "outcomes",
    [
        {(0, 1): DROPPED, (0, 2): DROPPED},
        {(0, 1): REJECTED, (0, 2): REJECTED},
        {(0, 1): OPEN, (0, 2): DROPPED},
        # The errors of one peer say nothing of another.
        {(0, 1): REJECTED, (1, 2): DROPPED},
    ],
)
def test_nothing_is_asked_where_nothing_is_in_doubt(outcomes):
    assert ask_again(dict(outcomes), lambda port: REJECTED) == (outcomes, [])


def test_several_peers_are_asked_at_the_same_time():
    outcomes = {(peer, port): REJECTED if port == 1 else DROPPED for peer in range(3) for port in (1, 2)}
    changed, asked = ask_again(outcomes, lambda port: REJECTED)
    assert set(changed.values()) == {REJECTED} and asked == [(0, 2), (1, 2), (2, 2)]


def test_without_time_nothing_changes():
    assert ask_again(first_errors(11), lambda port: REJECTED, seconds=0.5)[1] == []


PLACES = st.tuples(st.integers(0, 2), st.integers(1, 9))


@given(
    st.dictionaries(PLACES, st.sampled_from([OPEN, REJECTED, DROPPED])),
    st.sampled_from([REJECTED, DROPPED, OPEN, ("untested", "x")]),
)
def test_no_answer_opens_a_port(outcomes, truth):
    before = {place for place, outcome in outcomes.items() if outcome == OPEN}
    after, _asked = ask_again(outcomes, lambda port: truth)
    assert {place for place, outcome in after.items() if outcome == OPEN} == before
