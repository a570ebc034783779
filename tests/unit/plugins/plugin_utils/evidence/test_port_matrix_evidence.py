# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run collected of the port matrix becomes what each node knows of the ports."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import port_matrix_evidence

PLACE = {"address": "10.0.0.1", "tcp": {"bound": ["1"], "occupied": [], "failed": []}}
LISTENING = {"listening": {"places": [PLACE]}}


def test_what_a_node_listened_on_and_probed():
    left_out = {"n2": {"status": "skipped", "reason": "x"}}
    results = {
        "listener": LISTENING,
        "listener_end": LISTENING,
        "probes": {"peers": []},
        "targets": {"peers": [], "left_out": left_out, "sampled": False},
    }
    expected = {"places": [PLACE], "alive": True, "lost": "", "probes": [], "left_out": left_out, "asked": None}
    assert port_matrix_evidence.of_node("n1", results, {}) == expected
    results["targets"] = {"peers": [{"name": "n3"}], "left_out": {}, "sampled": True}
    assert port_matrix_evidence.of_node("n1", results, {})["asked"] == ["n3"]


def test_a_node_without_a_matrix_has_no_evidence_of_ports():
    assert port_matrix_evidence.of_node("n1", {}, {}) is None


@pytest.mark.parametrize(
    "end, lost",
    [
        ({"listening": None}, ""),
        ({"listening": {"pid": 1, "hung": True}}, ""),
        ({"unreachable": True, "msg": "timed\nout"}, "timed out"),
    ],
)
def test_a_listener_that_did_not_live_to_the_end_is_not_alive(end, lost):
    found = port_matrix_evidence.of_node("n1", {"listener": LISTENING, "listener_end": end}, {})
    assert (found["alive"], found["lost"]) == (False, lost)


def test_a_listener_that_could_not_start_leaves_the_reason():
    found = port_matrix_evidence.of_node("n1", {"listener": {"failed": True, "msg": "no\nmemory"}}, {})
    assert found["places"] == {"error": "no memory"} and found["probes"] == {"error": "nothing was probed"}
    found = port_matrix_evidence.of_node(
        "n1", {"listener": {"failed": True}, "matrix_failure": "Listen: no memory"}, {}
    )
    assert found["places"] == {"error": "Listen: no memory"}


def test_links_and_bandwidth_are_there_where_they_were_to_be_measured():
    results = {
        "listener": LISTENING,
        "links": {"peers": []},
        "bandwidth": {"peers": [{"name": "n2"}]},
        "targets": {"unmeasured": {"n2": "why"}, "bandwidth_left_out": {}},
    }
    found = port_matrix_evidence.of_node("n1", results, {})
    assert (found["links"], found["unmeasured"], found["bandwidth"]) == ([], {"n2": "why"}, [{"name": "n2"}])
    failed = {**results, "links": {"failed": True, "msg": "no python"}}
    assert port_matrix_evidence.of_node("n1", failed, {})["links"] == {"error": "no python"}
    del results["targets"]["bandwidth_left_out"]
    assert "bandwidth" not in port_matrix_evidence.of_node("n1", results, {})


def test_one_node_connects_through_the_load_balancer():
    reached = {"connections": 1, "reached": [], "failures": []}
    results = {"listener": LISTENING, "load_balancer": {**reached, "changed": False}}
    assert "balancer" not in port_matrix_evidence.of_node("n2", results, {})
    results["targets"] = {"through_load_balancer": True}
    assert port_matrix_evidence.of_node("n1", results, {})["balancer"] == reached
    results["load_balancer"] = {"failed": True, "msg": "boom"}
    assert port_matrix_evidence.of_node("n1", results, {})["balancer"] == {"error": "boom"}


def test_what_one_node_had_probed_from_outside_is_for_all():
    probed = {"peers": [{"name": "c1"}, {"name": "c2"}]}
    assert port_matrix_evidence.from_outside([{"outside": {"skipped": True}}, {"outside": probed}, {}]) == probed
    assert port_matrix_evidence.from_outside([{"outside": {"skipped": True}}, {}]) == {}
    assert port_matrix_evidence.of_node("c1", {"listener": LISTENING}, probed)["outside"] == {"name": "c1"}
    assert "outside" not in port_matrix_evidence.of_node("c1", {"listener": LISTENING}, {})
    lost = {"unreachable": True, "msg": "no route"}
    assert port_matrix_evidence.of_node("c1", {"listener": LISTENING}, lost)["outside"] == {"error": "no route"}
