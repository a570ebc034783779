# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job, port matrix and all, with the oldest and the newest ansible-core that the README claims."""

import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule import cores
from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import containers, lifecycle
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NODES = {"controller-1", "worker-1", "worker-2"}


@pytest.mark.parametrize(
    "core, release, fresh",
    [
        (cores.oldest, "2.16", "worker-1"),
        (cores.newest, "2.21", "worker-2"),
    ],
)
def test_a_fresh_node_is_prepared_and_the_cluster_is_proven(tmp_path, core, release, fresh):
    lab, site = Lab.named(), Site(tmp_path)
    containers.remove([lab.container(fresh)])
    lifecycle.up(lab.instance.name)
    program = core(site.directory)
    version = subprocess.run(
        [*program, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
    )
    assert f"[core {release}." in version.stdout
    outcome = site.play("prepare-rtf.yml", program=program, port_matrix=True)
    assert outcome.code == 0, outcome.output
    assert outcome.readiness() == dict.fromkeys(NODES, "ready")
    assert {node for node in NODES if outcome.changed[node]} == {fresh}
    assert {pair["status"] for pair in outcome.report["port_matrix"]["pairs"]} == {"pass"}


def test_a_switch_as_text_leaves_out_what_it_names_and_nothing_is_ready_without(tmp_path):
    """`false` behind -e is text, and text is true before ansible-core 2.19."""
    site = Site(tmp_path)
    outcome = site.play(
        "audit-rtf.yml", "-e", "rtf_preflight_port_matrix=false", program=cores.oldest(site.directory), port_matrix=True
    )
    assert outcome.code != 0 and "rtf_preflight_port_matrix leaves out " in outcome.output
    assert "\nINCOMPLETE: 3 nodes, " in outcome.output and outcome.report["readiness"] == "incomplete"
    assert outcome.report["selection"]["left_out_by"].keys() == {"rtf_preflight_port_matrix"}


def test_a_strategy_in_which_nodes_run_ahead_is_refused_at_the_start(tmp_path, monkeypatch):
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")
    outcome = Site(tmp_path).play("prepare-rtf.yml")
    assert outcome.code != 0 and outcome.report is None and NODES.isdisjoint(outcome.changed)
    assert "strategy 'free' lets nodes run ahead" in " ".join(outcome.output.split())
