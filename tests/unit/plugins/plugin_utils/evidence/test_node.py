# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run left behind for a node becomes its evidence."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node

HOST = {"host": {"privileged": True}}
PARTS = ["host", "egress", "repositories", "name_servers", "download", "disk_writes"]
EGRESS = {"endpoints": [{"id": "a"}, {"id": "repository:1"}], "name_servers": {"servers": []}}


@pytest.mark.parametrize(
    "variables, in_run, expected",
    [
        (
            {node.HOST_RESULT: HOST, node.EGRESS_RESULT: EGRESS},
            True,
            {
                **dict.fromkeys(PARTS, {"error": node.NEVER_COLLECTED}),
                "host": HOST["host"],
                "egress": [{"id": "a"}],
                "repositories": [{"id": "repository:1"}],
                "name_servers": {"servers": []},
            },
        ),
        ({}, False, {"not_run": node.OUTSIDE_RUN}),
        ({}, True, dict.fromkeys(PARTS, {"error": node.NEVER_COLLECTED})),
        ({node.HOST_RESULT: {"unreachable": True, "msg": "ssh:\r\n no route"}}, True, {"unreachable": "ssh: no route"}),
        (
            {node.HOST_RESULT: HOST, node.EGRESS_RESULT: {"unreachable": True, "msg": "gone"}},
            True,
            {"unreachable": "gone"},
        ),
        (
            {node.HOST_RESULT: {"failed": True, "msg": "no python"}, node.COLLECTION_FAILURE: "Collect: no python"},
            True,
            dict.fromkeys(PARTS, {"error": "Collect: no python"}),
        ),
        (
            {node.HOST_RESULT: HOST, node.EGRESS_RESULT: {"skipped": True}},
            True,
            {"host": HOST["host"], **dict.fromkeys(PARTS[1:], {"error": node.NEVER_COLLECTED})},
        ),
    ],
)
def test_results_of_a_run_become_evidence(variables, in_run, expected):
    assert node.of_node(variables, in_run) == expected


def test_a_node_that_an_earlier_task_lost_is_unreachable_or_says_where_to_look():
    answers = [{"item": "n1", "unreachable": True, "msg": "ssh:\r\n no route"}, {"item": "n2", "rc": 0, "msg": "well"}]
    lost = node.of_lost({"results": answers})
    assert node.of_node({}, True, lost["n1"]) == {"unreachable": "ssh: no route"}
    assert node.of_node({}, True, lost["n2"]) == dict.fromkeys(PARTS, {"error": node.LOST})
    collected = {node.HOST_RESULT: HOST, node.EGRESS_RESULT: EGRESS}
    assert node.of_node(collected, True, lost["n1"])["host"] == HOST["host"]
    assert node.of_lost({}) == {}


@pytest.mark.parametrize(
    "part, name, key",
    [
        ("download", node.DOWNLOAD_RESULT, "download"),
        ("disk_writes", node.DISK_WRITES_RESULT, "directories"),
    ],
)
def test_a_measurement_that_was_not_meant_is_skipped_and_one_that_failed_is_an_error(part, name, key):
    variables = {node.HOST_RESULT: HOST, node.EGRESS_RESULT: EGRESS}
    for result, expected in (
        ({"skipped": True}, {"skipped": True}),
        ({key: {"bytes": 1}}, {"bytes": 1}),
        ({"failed": True, "msg": "url: no"}, {"error": "url: no"}),
    ):
        assert node.of_node({**variables, name: result}, True)[part] == expected


def test_a_node_of_an_earlier_batch_keeps_its_evidence():
    variables = {node.HOST_RESULT: HOST, node.EGRESS_RESULT: EGRESS}
    assert node.of_node(variables, False)["egress"] == [{"id": "a"}]


def test_a_failed_preparation_is_kept():
    stopped = {"task": "t", "message": "m"}
    variables = {node.HOST_RESULT: HOST, node.PREPARATION_FAILURE: stopped}
    assert node.of_node(variables, True)["preparation_failure"] == stopped
