# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_cells
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports.clusters import spoil

MEMBERS = clusters.nodes(1, 2)


def judged(planned, evidence, members=MEMBERS, absent=None):
    """Return the cells that are not in order: `{(source, destination, row): Cell}`."""
    found = matrix_cells.cells(planned, members, evidence, absent or {})
    return {(cell.source, cell.destination, cell.row): cell for cell in found if cell.status != "pass"}


@pytest.fixture
def planned():
    return clusters.plan_of(MEMBERS)


@pytest.fixture
def evidence(planned):
    return clusters.evidence_of(planned)


def test_a_cluster_in_order_has_no_red_cell(planned, evidence):
    assert judged(planned, evidence) == {}
    pairs = matrix_cells.by_pair(matrix_cells.cells(planned, MEMBERS, evidence, {}))
    assert len(pairs) == 9


@pytest.mark.parametrize(
    "transport, verdict, ports, rows",
    [
        ("tcp", "dropped", ["30005"], {"node-ports-tcp"}),
        ("tcp", "rejected", ["30100-30200"], {"node-ports-tcp"}),
        ("tcp", "refused", ["3009-3010", "7496"], {"internal-services", "serf-tcp"}),
        ("udp", "dropped", ["8472"], {"overlay-vxlan"}),
        ("udp", "refused", ["7496", "32767"], {"serf-udp", "node-ports-udp"}),
        ("tcp", "unproven", ["4242"], {"install-bandwidth-checker"}),
        ("udp", "shape_lost", ["8472"], {"overlay-vxlan"}),
        ("udp", "length_lost", ["8472"], {"overlay-vxlan"}),
    ],
)
def test_a_fault_turns_exactly_its_cells_red(planned, evidence, transport, verdict, ports, rows):
    spoil(evidence, "w1", "w2", transport, verdict, *ports)
    found = judged(planned, evidence)
    assert set(found) == {("w1", "w2", row) for row in rows}
    assert {cell.status for cell in found.values()} == {"fail"}
    assert sorted(sum((cell.ports[verdict] for cell in found.values()), [])) == sorted(ports)


def test_a_port_of_two_rows_turns_both_red(planned, evidence):
    spoil(evidence, "c1", "w1", "tcp", "dropped", "32009")
    assert set(judged(planned, evidence)) == {("c1", "w1", "node-ports-tcp"), ("c1", "w1", "ops-center-api")}


@pytest.mark.parametrize("verdict", ["untested", "error"])
def test_what_could_not_be_tried_is_unknown(planned, evidence, verdict):
    spoil(evidence, "w1", "w2", "tcp", verdict, "30000-30004", reason="too many open files")
    (cell,) = judged(planned, evidence).values()
    assert (cell.status, cell.reason) == ("unknown", "too many open files")


def test_a_listener_that_was_gone_is_not_blamed_on_the_network(planned, evidence):
    evidence["w2"]["alive"] = False
    spoil(evidence, "w1", "w2", "tcp", "refused", "30000-32767")
    spoil(evidence, "w1", "w2", "udp", "dropped", "8472")
    spoil(evidence, "c1", "w2", "tcp", "dropped", "7496")
    found = judged(planned, evidence)
    assert {key: cell.status for key, cell in found.items()} == {
        ("w1", "w2", "node-ports-tcp"): "unknown",
        ("w1", "w2", "overlay-vxlan"): "unknown",
        ("c1", "w2", "serf-tcp"): "fail",
    }
    assert "the listener on w2 stopped too early" in found["w1", "w2", "overlay-vxlan"].reason


def test_a_node_that_was_lost_is_not_blamed_on_the_network_and_what_it_answered_before_counts(planned, evidence):
    evidence["w2"].update(alive=False, lost="Connection timed out")
    for verdict, ports in (("dropped", "30000-30499"), ("rejected", "30500-32767")):
        spoil(evidence, "w1", "w2", "tcp", verdict, ports)
    (cell,) = judged(planned, evidence).values()
    assert (cell.row, cell.status, cell.ports) == ("node-ports-tcp", "unknown", {"not_listening": ["30000-32767"]})
    assert cell.reason == "w2 became unreachable during the run: Connection timed out"


def test_the_listener_of_another_audit_is_told_and_does_not_hide_that_the_node_was_lost(planned):
    evidence = clusters.evidence_of(
        planned, {"w2": {"tcp": {7575: "hostprep-listen"}, "udp": {7496: "hostprep-listen"}}}
    )
    evidence["w2"].update(alive=False, lost="Connection timed out")
    spoil(evidence, "w1", "w2", "tcp", "dropped", "7575")
    found = judged(planned, evidence)
    lost, held = found["w1", "w2", "cluster-status"], found["w1", "w2", "serf-udp"]
    assert (lost.status, lost.reason) == ("unknown", "w2 became unreachable during the run: Connection timed out")
    assert "held on w2 by the listener of another audit (pid 7, user root), which stops by itself" in held.reason


def test_a_port_that_could_not_be_bound_is_unknown_with_the_reason(planned, evidence):
    place = evidence["w2"]["places"][0]["tcp"]
    place.update(bound=[], failed=[{"ports": place["bound"], "reason": "Cannot assign requested address"}])
    spoil(evidence, "w1", "w2", "tcp", "refused", "7496")
    (cell,) = judged(planned, evidence).values()
    assert cell.status == "unknown" and "w2 could not listen on 10.2.0.3: Cannot assign" in cell.reason


def test_a_port_of_another_process_is_reached_all_the_same(planned):
    held = {"w2": {"tcp": {7575: "other"}, "udp": {7496: "other"}}}
    found = judged(planned, clusters.evidence_of(planned, held))
    assert set(found) == {("c1", "w2", "serf-udp"), ("w1", "w2", "serf-udp")}
    assert {cell.status for cell in found.values()} == {"unknown"}
    assert "held on w2 by other (pid 7, user root)" in found["c1", "w2", "serf-udp"].reason


def test_in_operation_live_udp_ports_are_left_out():
    planned = clusters.plan_of(MEMBERS, "operate")
    found = judged(planned, clusters.evidence_of(planned, {"w2": {"tcp": {7575: "planet"}, "udp": {8472: "flannel"}}}))
    assert {key: cell.status for key, cell in found.items()} == dict.fromkeys(
        [("c1", "w2", "overlay-vxlan"), ("w1", "w2", "overlay-vxlan")], "skipped"
    )


def test_in_operation_a_service_behind_a_node_port_is_live():
    planned = clusters.plan_of(MEMBERS, "operate")
    evidence = clusters.evidence_of(planned)
    spoil(evidence, "w1", "w2", "tcp", "unproven", "30080")
    assert judged(planned, evidence) == {}


@pytest.mark.parametrize("status", ["unknown", "skipped"])
def test_cells_of_an_absent_node_say_why(status):
    absent = {"w2": port_matrix.Absent(status, "the reason")}
    planned = clusters.plan_of(MEMBERS, absent=absent)
    found = judged(planned, {**clusters.evidence_of(planned), "w2": None}, absent=absent)
    assert all("w2" in (cell.source, cell.destination) for cell in found.values())
    assert {cell.status for cell in found.values()} == {status}
    assert {cell.reason for cell in found.values()} == {"w2: the reason"}
    assert {cell.source for cell in found.values()} == {"c1", "w1", "w2"}


def test_nodes_of_different_batches_do_not_know_each_other(planned):
    one, other = (
        clusters.evidence_of(clusters.plan_of(MEMBERS, absent=absent))
        for absent in (
            {name: port_matrix.Absent("skipped", "another batch") for name in names}
            for names in (("w1", "w2"), ("c1",))
        )
    )
    found = judged(planned, {**one, **other})
    assert {(cell.source, cell.destination) for cell in found.values()} == {
        ("c1", "w1"),
        ("c1", "w2"),
        ("w1", "c1"),
        ("w2", "c1"),
    }
    assert {(cell.status, cell.reason) for cell in found.values()} == {("skipped", "another batch")}


def test_pairs_outside_the_sample_have_no_cell():
    members = clusters.nodes(1, 9)
    planned = clusters.plan_of(members, most_peers=4)
    found = matrix_cells.cells(planned, members, clusters.evidence_of(planned), {})
    assert {cell.status for cell in found} == {"pass"}
    assert len({pair for pair in matrix_cells.by_pair(found) if pair[0] != pair[1]}) < 60


def test_in_a_sample_nodes_that_are_absent_or_could_not_probe_say_why():
    members = clusters.nodes(1, 9)
    absent = {"w2": port_matrix.Absent("unknown", "unreachable")}
    planned = clusters.plan_of(members, most_peers=4, absent=absent)
    evidence = {**clusters.evidence_of(planned), "w2": None}
    evidence["w5"]["probes"] = {"error": "MODULE FAILURE"}
    found = matrix_cells.cells(planned, members, evidence, absent)
    assert {cell.destination for cell in found if cell.reason == "w5: MODULE FAILURE"} == set(evidence["w5"]["asked"])
    assert {cell.source for cell in found if cell.destination == "w2" and cell.reason == "w2: unreachable"} == set(
        evidence
    )


def test_probes_that_did_not_run_are_unknown(planned, evidence):
    evidence["w1"]["probes"] = {"error": "MODULE FAILURE"}
    found = judged(planned, evidence)
    assert {cell.source for cell in found.values()} == {"w1"}
    assert {(cell.status, cell.reason) for cell in found.values()} == {("unknown", "w1: MODULE FAILURE")}


def test_a_listener_that_never_started_is_unknown(planned, evidence):
    evidence["w1"]["places"] = {"error": "no memory"}
    found = judged(planned, evidence)
    assert {cell.destination for cell in found.values()} == {"w1"}
    assert {cell.reason for cell in found.values()} == {"no listener on w1: no memory"}


def test_what_must_be_closed_and_answers_is_an_exposure(planned, evidence):
    assert matrix_cells.exposures(planned, MEMBERS, evidence) == []
    spoil(evidence, "c1", "w2", "tcp", "live", "53")
    assert matrix_cells.exposures(planned, MEMBERS, evidence) == [
        matrix_cells.Exposure("c1", "w2", "cluster-dns-tcp", "tcp", ["53"])
    ]
    spoil(evidence, "c1", "w2", "udp", "live", "53")
    assert matrix_cells.exposures(planned, MEMBERS, evidence)[1:] == [
        matrix_cells.Exposure("c1", "w2", "cluster-dns-udp", "udp", ["53"])
    ]
