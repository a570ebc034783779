# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run collected of a node becomes its evidence."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node_evidence

HOST = {"host": {"privileged": True}}
PARTS = ["host", "egress", "repositories", "name_servers", "pods", "download", "disk_writes"]
EGRESS = {"endpoints": [{"id": "a"}, {"id": "repository:1"}], "name_servers": {"servers": []}}
SKIPPED = dict.fromkeys(["download", "disk_writes"], {"skipped": True})  # their steps are not in the plan
NOTHING = {**dict.fromkeys(PARTS, {"error": node_evidence.NEVER_COLLECTED}), **SKIPPED}
INVENTORY = {"n1": {"role": "controller", "ansible_host": "10.0.0.1"}, "n2": {"role": "worker"}}


@pytest.mark.parametrize(
    "collected, in_run, expected",
    [
        (
            {"host_info": HOST, "egress_info": EGRESS},
            True,
            {
                **NOTHING,
                "host": HOST["host"],
                "egress": [{"id": "a"}],
                "repositories": [{"id": "repository:1"}],
                "name_servers": {"servers": []},
            },
        ),
        ({}, False, {"not_run": node_evidence.OUTSIDE_RUN}),
        ({}, True, NOTHING),
        ({"host_info": {"unreachable": True, "msg": "ssh:\r\n no route"}}, True, {"unreachable": "ssh: no route"}),
        (
            {"host_info": HOST, "egress_info": {"unreachable": True, "msg": "gone"}},
            True,
            {"unreachable": "gone"},
        ),
        (
            {"host_info": {"failed": True, "msg": "no python"}, "failure": "Collect: no python"},
            True,
            dict.fromkeys(PARTS, {"error": "Collect: no python"}),
        ),
        ({"host_info": HOST, "egress_info": {"skipped": True}}, True, {**NOTHING, "host": HOST["host"]}),
    ],
)
def test_results_of_a_run_become_evidence(collected, in_run, expected):
    assert node_evidence.of_node(collected, in_run) == expected


def test_a_node_that_an_earlier_task_lost_is_unreachable_or_says_where_to_look():
    gone, back = {"unreachable": True, "msg": "ssh:\r\n no route"}, {"rc": 0, "msg": "well"}
    assert node_evidence.of_node({}, lost=gone) == {"unreachable": "ssh: no route"}
    assert node_evidence.of_node({}, lost=back) == dict.fromkeys(PARTS, {"error": node_evidence.LOST})
    assert node_evidence.of_node({"lost": gone}) == {"unreachable": "ssh: no route"}
    assert node_evidence.of_node({"host_info": HOST, "egress_info": EGRESS}, lost=gone)["host"] == HOST["host"]


@pytest.mark.parametrize(
    "part, name, key",
    [("download", "download_info", "download"), ("disk_writes", "disk_write_info", "directories")],
)
def test_a_measurement_that_was_not_to_run_is_skipped_and_one_that_failed_is_an_error(part, name, key):
    for result, expected in (
        ({"skipped": True}, {"skipped": True}),
        ({key: {"bytes": 1}}, {"bytes": 1}),
        ({"failed": True, "msg": "url: no"}, {"error": "url: no"}),
    ):
        assert node_evidence.of_node({"host_info": HOST, "egress_info": EGRESS, name: result})[part] == expected


def test_a_node_of_an_earlier_batch_keeps_its_evidence():
    assert node_evidence.of_node({"host_info": HOST, "egress_info": EGRESS}, False)["egress"] == [{"id": "a"}]


def test_a_failed_preparation_is_kept():
    stopped = {"task": "t", "message": "m"}
    found = node_evidence.of_node({"host_info": HOST, "preparation_failure": stopped})
    assert found["preparation_failure"] == stopped
    assert "preparation_failure" not in node_evidence.of_node({"host_info": HOST, "preparation_failure": {}})


def test_repositories_among_the_endpoints_are_a_part_of_their_own():
    dialled = {"endpoints": [{"id": "a"}, {"id": "repository:1"}, {"id": "repository-mirror"}], "name_servers": {}}
    found = node_evidence.of_node({"host_info": HOST, "egress_info": dialled})
    assert [probe["id"] for probe in found["repositories"]] == ["repository:1"]
    assert [probe["id"] for probe in found["egress"]] == ["a", "repository-mirror"]
    alone = node_evidence.of_node({"host_info": HOST, "egress_info": {"endpoints": [{"id": "repository:2"}]}})
    assert (alone["egress"], alone["repositories"]) == (
        {"error": node_evidence.NEVER_COLLECTED},
        [{"id": "repository:2"}],
    )


def test_every_node_of_the_inventory_has_evidence_in_its_order():
    collected = {"n1": {"host_info": HOST, "listener": {"listening": {"places": []}}}}
    found = node_evidence.of_cluster(
        INVENTORY, collected, [{"item": "n2", "unreachable": True, "msg": "gone"}], {"n1", "n2"}
    )
    assert list(found) == ["n1", "n2"]
    assert found["n1"]["inventory"] == INVENTORY["n1"] and "ports" in found["n1"]
    assert found["n2"] == {"inventory": {"role": "worker"}, "unreachable": "gone"}
    assert node_evidence.of_cluster(INVENTORY, {}, [], set())["n1"]["not_run"] == node_evidence.OUTSIDE_RUN
