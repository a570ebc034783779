# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence that a play has already stands for another inspection only where it has all that is asked for."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.modules import host_info
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import earlier_evidence
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.plan.test_audit_plan import plan

WANTED = {**plan(nodes=("c1",))["nodes"]["c1"]["host_info"], "proxy_hashes": ["abc"]}
HOST = {"privileged": True, **{section: {} for section in host_info.SECTIONS}}


def test_the_same_options_are_covered_and_so_are_more():
    assert earlier_evidence.covers({"options": WANTED, "host": HOST}, WANTED)
    more = {**WANTED, "sysctls": [*WANTED["sysctls"], "vm.swappiness"], "files": ["/etc/hosts"], "clock_wait": 30}
    assert earlier_evidence.covers({"options": more, "host": HOST}, WANTED)
    less = {"sections": ["kernel"], "sysctls": WANTED["sysctls"][:1]}
    defaults = {**WANTED, "settings_file": "", "dns_address": "127.0.0.1", "clock_settled": False}
    assert earlier_evidence.covers({"options": defaults, "host": HOST}, {**less, "proxy_hashes": ["abc"]})


@pytest.mark.parametrize(
    "changes",
    [
        {"sections": ["kernel"]},
        *({name: WANTED[name][1:]} for name in earlier_evidence.AMONG),
        {"settings_file": ""},
        {"dns_address": "127.0.0.1"},
        {"arp_sweep": True},
        {"clock_settled": False},
        {"proxy_hashes": []},
        {"proxy_hashes": ["abc", "def"]},
    ],
)
def test_what_is_not_covered_is_collected_again(changes):
    assert not earlier_evidence.covers({"options": {**WANTED, **changes}, "host": HOST}, WANTED)


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"options": WANTED},
        {"options": WANTED, "host": {}},
        {"options": WANTED, "host": {"privileged": True, "kernel": {}}},
    ],
)
def test_without_the_evidence_itself_nothing_is_covered(known):
    assert not earlier_evidence.covers(known, WANTED)


def test_options_that_name_what_changes_are_never_covered():
    assert not earlier_evidence.covers(
        {"options": {**WANTED, "files": ["/x"]}, "host": HOST}, {**WANTED, "files": ["/x"]}
    )


def test_every_option_of_an_audit_has_a_rule():
    assert set(WANTED) == {*earlier_evidence.SAME, *earlier_evidence.AMONG, *earlier_evidence.EQUAL}


def test_a_call_for_roles_and_audit_is_handed_on_without_what_only_the_roles_asked_for_and_without_digests():
    collected = {**WANTED, "files": ["/etc/hosts"], "blocks": [{"name": "x", "path": "/y"}]}
    handed = earlier_evidence.handed_on(collected, WANTED)
    assert handed == {**WANTED, "proxy_hashes": earlier_evidence.AS_ASKED}
    assert earlier_evidence.covers({"options": handed, "host": HOST}, WANTED)
    assert earlier_evidence.evidence_for(WANTED, {**HOST, "blocks": [], "files": {}}) == HOST


@pytest.mark.parametrize("made, recent", [({}, True), ({"made": 7}, True), ({"made": 6}, False)])
def test_evidence_that_other_nodes_have_outlasted_is_collected_again(made, recent):
    assert earlier_evidence.is_recent({**made, "host": HOST}, 7 + earlier_evidence.LIFETIME) is recent


@pytest.mark.parametrize("hashes", [[], ["def"], ["abc", "def"]])
def test_a_call_about_other_proxies_is_not_handed_on(hashes):
    assert earlier_evidence.handed_on({**WANTED, "proxy_hashes": hashes}, WANTED) == {}
