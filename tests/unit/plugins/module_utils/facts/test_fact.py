# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How declared facts are read: each once, each on its own, and one by way of another."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact, Reading


def fact(name, read, **others):
    return Fact("system", name, read, "", **others)


def test_a_fact_that_another_one_needs_is_read_once_whatever_their_order():
    asked = []

    def base(reading):
        asked.append("base")
        return reading.options["number"]

    facts = [fact("twice", lambda reading: 2 * reading.part("system", "base")), fact("base", base)]
    assert Reading({"number": 3}, facts).section("system") == {"twice": 6, "base": 3}
    assert asked == ["base"]


def test_a_fact_that_cannot_be_read_hides_nothing_but_what_needs_it():
    def broken(reading):
        raise Unreadable("/proc/x: no")

    facts = [
        fact("base", broken),
        fact("needs", lambda reading: reading.part("system", "base")),
        fact("other", lambda reading: []),
    ]
    reading = Reading({}, facts)
    assert reading.section("system") == {
        "base": {"error": "/proc/x: no"},
        "needs": {"error": "/proc/x: no"},
        "other": [],
    }
    with pytest.raises(Unreadable, match="/proc/x: no"):
        reading.part("system", "base")


@pytest.mark.parametrize("options, found", [({}, {}), ({"sweep": False}, {}), ({"sweep": True}, {"a": 1})])
def test_a_fact_with_an_option_is_read_where_that_is_set(options, found):
    assert Reading(options, [fact("a", lambda reading: 1, option="sweep")]).section("system") == found


def test_a_section_has_its_own_facts_alone():
    assert Reading({}, [fact("a", lambda reading: 1)]).section("storage") == {}
