# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The evidence of every node reaches the report, as the role hands it over, and the report reaches the directory."""

import json
import stat

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import atomic_files
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import CHECKOUT, play
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

TASKS = yaml.safe_load((CHECKOUT / "roles" / "rtf_preflight" / "tasks" / "main.yml").read_text())
RESULTS = TASKS[-1]["hostprep.runtime_fabric.preflight_report"]["results"]
# What a host may hold must never be taken for a template.
HOSTILE = "{{ lookup('ansible.builtin.env', 'HOME') }}"


def report(directory, *words):
    """Run the report over a node with evidence and a node without; return (exit code, output)."""
    host = {**samples.evidence()["host"], "hostile": HOSTILE}
    host["time"]["chrony"]["tracking"].update(offset=0.0, root_dispersion=0.001, root_delay=0.001)
    results = {"host_info": {"host": host}, "egress_info": {"endpoints": []}}
    (directory / "results.json").write_text(json.dumps(results))
    chosen = ["html", "prometheus"]
    inputs = samples.audit_inputs(report_dir="found", report_formats=chosen, enforce=False, port_matrix=False)
    tasks = f"""
    - ansible.builtin.command: cat results.json
      register: __printed
      check_mode: false
    - ansible.builtin.set_fact:
        __rtf_preflight_host: "{{{{ (__printed.stdout | from_json).host_info }}}}"
        __rtf_preflight_egress: "{{{{ (__printed.stdout | from_json).egress_info }}}}"
        __rtf_preflight_download: {{"download": {{"bytes": 1, "seconds": 1, "error": null}}}}
    - hostprep.runtime_fabric.preflight_report:
        results: {json.dumps(RESULTS)}
        steps: [host, egress]
        inputs: {json.dumps(inputs)}
"""
    return play(directory, tasks, *words)


def test_the_report_and_its_evidence_are_written_for_their_owner_only(tmp_path):
    code, output = report(tmp_path)
    assert code == 0 and "Report: " in output, output
    [run] = (tmp_path / "found" / "runs").iterdir()
    # Of one node of two: no link of the whole cluster's leads to it.
    assert run.name.endswith("-partial") and [path.name for path in (tmp_path / "found").iterdir()] == ["runs"]
    assert f"Report: {run}/report.json" in output
    assert sorted(path.name for path in run.iterdir()) == [
        "evidence.json",
        "readiness.prom",
        "report.html",
        "report.json",
    ]
    files = {path.name: json.loads(path.read_text()) for path in run.glob("*.json")}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in run.iterdir()}
    # The exporter of Prometheus is another user.
    assert modes.pop("readiness.prom") == atomic_files.usual_mode() and set(modes.values()) == {0o600}
    here, left_out = (files["evidence.json"]["nodes"][node] for node in ("node-1", "node-2"))
    assert here["host"]["hostile"] == HOSTILE and here["host"]["kernel"]
    assert here["download"] == {"skipped": True}  # there is one of an earlier run
    assert here["inventory"] == {"role": "controller", "ansible_host": "10.0.0.11"}
    assert left_out["not_run"].startswith("not part of this run")
    assert {entry["name"]: entry["readiness"] for entry in files["report.json"]["nodes"]}["node-2"] == "incomplete"


def test_check_mode_writes_nothing(tmp_path):
    code, output = report(tmp_path, "--check")
    assert code == 0 and "INCOMPLETE: 2 nodes" in output, output
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize("enforce", [True, False])
def test_what_is_not_ready_fails_the_play_where_it_is_enforced(tmp_path, enforce):
    inputs = samples.audit_inputs(report_dir="found", enforce=enforce, port_matrix=False)
    tasks = f"    - hostprep.runtime_fabric.preflight_report: {json.dumps({'results': {}, 'steps': [], 'inputs': inputs})}\n"
    code, output = play(tmp_path, tasks)
    assert (code != 0) == enforce and ("The report above says what to do" in output) == enforce, output


def test_nodes_of_an_earlier_batch_keep_what_they_had_to_probe(tmp_path):
    """With `serial`, a task that runs once leaves another result with each batch."""
    place = {"address": "10.0.0.1", "tcp": {"bound": [], "occupied": [], "beside": [], "failed": []}}
    listener = {"listening": {"places": [{**place, "udp": place["tcp"]}]}}
    inputs = samples.audit_inputs(report_dir="found", enforce=False, port_matrix=False)
    arguments = {"results": RESULTS, "steps": ["host", "port_matrix"], "targets": ["targets"], "inputs": inputs}
    tasks = ""
    for node in ("node-1", "node-2"):
        facts = {
            "__rtf_preflight_host": {"host": {"privileged": True}},
            "__rtf_preflight_listener": listener,
            "targets": {"nodes": {node: json.dumps({"peers": [{"name": node}], "left_out": {}, "sampled": True})}},
        }
        tasks += f"    - ansible.builtin.set_fact: {json.dumps(facts)}\n"
        tasks += f"      delegate_to: {node}\n      delegate_facts: true\n"
    tasks += f"    - hostprep.runtime_fabric.preflight_report: {json.dumps(arguments)}\n"
    code, output = play(tmp_path, tasks)
    assert code == 0, output
    found = json.loads((tmp_path / "found" / "evidence.json").read_text())["nodes"]
    assert [found[node]["ports"]["asked"] for node in ("node-1", "node-2")] == [["node-1"], ["node-2"]]


def test_nothing_is_judged_beside_another_audit(tmp_path):
    run = {"id": "1", "started": 0, "user": "ops", "controller": "jump", "process": ""}
    listener = {"listening": {"held_by": [{"pid": 1, "run": run, "ends_in": 60}]}}
    arguments = {
        "results": RESULTS,
        "steps": ["host", "port_matrix"],
        "ports": {"probe": True},
        "inputs": samples.audit_inputs(report_dir="found", enforce=True),
    }
    tasks = f"""
    - ansible.builtin.set_fact: {json.dumps({"__rtf_preflight_listener": listener})}
    - hostprep.runtime_fabric.preflight_report: {json.dumps(arguments)}
"""
    code, output = play(tmp_path, tasks)
    assert code != 0 and "Another audit uses the ports on node-1, run by ops on jump" in output
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize("enforce", [True, False])
def test_the_callback_shows_the_verdict_in_the_last_line_and_no_result_as_json(tmp_path, monkeypatch, enforce):
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "hostprep.runtime_fabric.readiness")
    inputs = samples.audit_inputs(report_dir="found", enforce=enforce, port_matrix=False)
    tasks = f"    - hostprep.runtime_fabric.preflight_report: {json.dumps({'results': {}, 'steps': [], 'inputs': inputs})}\n"
    code, output = play(tmp_path, tasks)
    lines = output.rstrip().splitlines()
    assert (code != 0) == enforce, output
    assert any(line.startswith("INCOMPLETE: 2 nodes, ") for line in lines[-2:]), output
    assert output.index("PLAY RECAP") < output.rindex("INCOMPLETE: 2 nodes")
    assert '"summary"' not in output
    assert max(len(line) for line in lines[-4:] if not line.startswith("Report: ")) <= 80
