# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run left behind for a node becomes its evidence."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import evidence

HOST = {"host": {"privileged": True}}
PARTS = ["host", "egress", "repositories", "name_servers", "download", "disk_writes"]
EGRESS = {"endpoints": [{"id": "a"}], "name_servers": {"servers": []}}


@pytest.mark.parametrize(
    "variables, in_run, expected",
    [
        ({evidence.HOST_RESULT: HOST, evidence.EGRESS_RESULT: EGRESS}, True,
         {**dict.fromkeys(PARTS, {"error": evidence.NEVER_COLLECTED}),
          "host": HOST["host"], "egress": [{"id": "a"}], "name_servers": {"servers": []}}),
        ({}, False, {"not_run": evidence.OUTSIDE_RUN}),
        ({}, True, dict.fromkeys(PARTS, {"error": evidence.NEVER_COLLECTED})),
        ({evidence.HOST_RESULT: {"unreachable": True, "msg": "ssh:\r\n no route"}}, True, {"unreachable": "ssh: no route"}),
        (
            {evidence.HOST_RESULT: HOST, evidence.EGRESS_RESULT: {"unreachable": True, "msg": "gone"}},
            True,
            {"unreachable": "gone"},
        ),
        (
            {evidence.HOST_RESULT: {"failed": True, "msg": "no python"}, evidence.COLLECTION_FAILURE: "Collect: no python"},
            True,
            dict.fromkeys(PARTS, {"error": "Collect: no python"}),
        ),
        (
            {evidence.HOST_RESULT: HOST, evidence.EGRESS_RESULT: {"skipped": True}},
            True,
            {"host": HOST["host"], **dict.fromkeys(PARTS[1:], {"error": evidence.NEVER_COLLECTED})},
        ),
    ],
)
def test_results_of_a_run_become_evidence(variables, in_run, expected):
    assert evidence.of_node(variables, in_run) == expected


def test_a_node_that_an_earlier_task_lost_is_unreachable_or_says_where_to_look():
    answers = [{"item": "n1", "unreachable": True, "msg": "ssh:\r\n no route"}, {"item": "n2", "rc": 0, "msg": "well"}]
    lost = evidence.of_lost({"results": answers})
    assert evidence.of_node({}, True, lost["n1"]) == {"unreachable": "ssh: no route"}
    assert evidence.of_node({}, True, lost["n2"]) == dict.fromkeys(PARTS, {"error": evidence.LOST})
    collected = {evidence.HOST_RESULT: HOST, evidence.EGRESS_RESULT: EGRESS}
    assert evidence.of_node(collected, True, lost["n1"])["host"] == HOST["host"]
    assert evidence.of_lost({}) == {}


@pytest.mark.parametrize("part, name, key", [
    ("download", evidence.DOWNLOAD_RESULT, "download"),
    ("disk_writes", evidence.DISK_WRITES_RESULT, "directories"),
])
def test_a_measurement_that_was_not_meant_is_skipped_and_one_that_failed_is_an_error(part, name, key):
    variables = {evidence.HOST_RESULT: HOST, evidence.EGRESS_RESULT: EGRESS}
    for result, expected in (
        ({"skipped": True}, {"skipped": True}),
        ({key: {"bytes": 1}}, {"bytes": 1}),
        ({"failed": True, "msg": "url: no"}, {"error": "url: no"}),
    ):
        assert evidence.of_node({**variables, name: result}, True)[part] == expected


def test_a_node_of_an_earlier_batch_keeps_its_evidence():
    variables = {evidence.HOST_RESULT: HOST, evidence.EGRESS_RESULT: EGRESS}
    assert evidence.of_node(variables, False)["egress"] == [{"id": "a"}]


def test_a_failed_preparation_is_kept():
    stopped = {"task": "t", "message": "m"}
    variables = {evidence.HOST_RESULT: HOST, evidence.PREPARATION_FAILURE: stopped}
    assert evidence.of_node(variables, True)["preparation_failure"] == stopped
