# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_connections


def add_all(connections, names, address="192.0.2.1"):
    """Add connections; return the names of those that were to be closed for them, and close these."""
    closed = []
    for name in names:
        for victim in connections.add(name, address):
            connections.remove(victim)
            closed.append(victim)
    return closed


def test_a_peer_with_too_many_loses_its_oldest(clock):
    connections = listener_connections.Connections(1000, 150, clock)
    assert add_all(connections, ["theirs"], "192.0.2.2") == []
    assert add_all(connections, range(310)) == list(range(10))
    assert len(connections.all()) == 301


def test_a_stream_at_work_is_not_the_one_to_lose(clock):
    connections = listener_connections.Connections(1000, 1, clock)
    add_all(connections, ["stream"])
    connections.working("stream")
    assert add_all(connections, range(300)) == list(range(45))
    assert "stream" in connections.all()


def test_what_has_not_asked_for_longest_makes_room(clock):
    connections = listener_connections.Connections(3, 1, clock)
    add_all(connections, ["one"])
    clock.now += 5
    add_all(connections, ["two", "three"], "192.0.2.2")
    assert connections.full() and connections.oldest(listener_connections.FRESH_SECONDS) == ["one"]
    connections.remove("one")
    assert not connections.full()


def test_where_none_can_be_spared_there_is_no_room_until_one_is_answered(clock):
    connections = listener_connections.Connections(2, 1, clock)
    add_all(connections, ["one", "two"])
    assert connections.full() and connections.oldest(listener_connections.FRESH_SECONDS) == []
    connections.answered("two")
    assert connections.oldest(listener_connections.FRESH_SECONDS) == ["two"]


def test_idle_ones_are_closed_whether_they_asked_or_not(clock):
    connections = listener_connections.Connections(10, 1, clock)
    add_all(connections, ["asks nothing", "answered", "stream"])
    connections.answered("answered")
    connections.working("stream")
    assert connections.idle() == []
    clock.now += listener_connections.IDLE_SECONDS + 1
    add_all(connections, ["new"])
    assert connections.idle() == ["asks nothing", "answered"]
