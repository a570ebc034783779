# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import packet_rules as module
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import (
    for_role,
    joined,
    rules,
    unstated,
)


@pytest.mark.parametrize(
    "bounds, expected",
    [
        ([(2379, 2379), (2380, 2380), (4001, 4001)], ((2379, 2380), (4001, 4001))),
        ([(8080, 8080), (6443, 6443)], ((6443, 6443), (8080, 8080))),
        ([(1, 10), (5, 20), (21, 21)], ((1, 21),)),
        ([(1, 10), (2, 3)], ((1, 10),)),
    ],
)
def test_ports_are_joined(bounds, expected):
    assert joined(bounds) == expected


def test_a_row_between_nodes_is_a_rule_at_both_ends(lab_request):
    found = {rule.direction: rule for rule in rules(lab_request.openings) if "etcd" in rule.ids}
    assert (found["in"].own, found["in"].peer, found["in"].ports[0]) == ("controllers", "nodes", (2379, 2380))
    assert (found["out"].own, found["out"].peer) == ("nodes", "controllers")


def test_names_on_one_port_are_one_rule(lab_request):
    out = [rule for rule in rules(lab_request.openings) if rule.direction == "out" and rule.ports == ((443, 443),)]
    assert [(rule.own, rule.networks) for rule in out] == [
        ("controllers", ("0.0.0.0/0",)),
        ("nodes", ("0.0.0.0/0",)),
    ]
    assert "anypoint" in out[1].ids


def test_every_row_that_needs_a_rule_has_one(any_request):
    ruled = {name for rule in rules(any_request.openings) for name in rule.ids}
    for opening in any_request.openings:
        by_proxy = opening.on_behalf_of is not None
        needless = opening.row["direction"] == "local" or opening.unstated or opening.detailed_by or by_proxy
        assert (opening.row["id"] in ruled) == (not needless), opening.row["id"]


def test_no_two_rules_are_alike(any_request):
    keys = [rule[:6] for rule in rules(any_request.openings)]
    assert len(keys) == len(set(keys))


def test_inbound_rules_come_first(lab_request):
    directions = [rule.direction for rule in rules(lab_request.openings)]
    assert directions == sorted(directions)


def test_a_worker_needs_no_rule_of_the_controllers(lab_request):
    found = rules(lab_request.openings)
    assert len(for_role(found, "controller")) == len(found)
    assert {rule.own for rule in for_role(found, "worker")} == {"nodes"}


def test_what_is_not_stated(lab_request):
    assert unstated(lab_request.openings) == {"rtf_internal_networks": ["ops-center-ui"]}


def test_families():
    assert module.in_family(["10.0.0.0/8", "2001:db8::/32"], 6) == ["2001:db8::/32"]
