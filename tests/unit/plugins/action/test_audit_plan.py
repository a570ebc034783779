# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the role follow the plan: what nothing selected needs is neither collected nor probed."""

import datetime
import json

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudging, saved_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted

AUDIT = """
    - name: Audit the node
      ansible.builtin.include_role:
        name: hostprep.runtime_fabric.rtf_preflight
      vars:
        rtf_preflight_enforce: false
"""
PLAN = """
    - hostprep.runtime_fabric.check_inputs:
        role: rtf_preflight
      register: checked
    - hostprep.runtime_fabric.audit_plan:
        checked: checked
      register: planned
      run_once: true
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/planned"
        content: "{{ planned | to_json }}"
      run_once: true
"""


def audited(directory, *words):
    """Return the evidence of node-1, and which modules its tasks ran."""
    code, output = play(directory, AUDIT, *words)
    assert code == 0, output
    *_earlier, newest = sorted((directory / "rtf-report" / "runs").glob("*/evidence.json"))  # of a part of the nodes
    evidence = json.loads(newest.read_text())["nodes"]["node-1"]
    ran, name = [], ""
    for line in output.splitlines():
        if line.startswith("TASK ["):
            name = line.partition(" : ")[2].rpartition("]")[0]
        elif line.startswith("ok: [node-1]"):
            ran.append(name)
    return evidence, ran


def test_for_checks_of_the_kernel_one_section_is_collected_and_nothing_is_probed(tmp_path):
    evidence, ran = audited(tmp_path, "-e", '{"rtf_checks": ["kernel.*"]}')
    assert set(evidence["host"]) == {"privileged", "kernel"}
    assert "Collect evidence from the host" in ran
    assert [name for name in ran if name.startswith(("Probe", "Measure", "Start", "Stop"))] == []


def test_without_checks_of_egress_no_endpoint_is_dialled(tmp_path):
    chosen = {"rtf_checks": ["fw.*", "egress*"], "rtf_skip_checks": ["egress*"], "rtf_ntp_servers": ["ntp.example.com"]}
    evidence, ran = audited(tmp_path, "-e", json.dumps(chosen))
    assert set(evidence["host"]) == {"privileged", "firewall"}
    assert evidence["egress"] == {"error": "nothing was collected"}
    assert [name for name in ran if name.startswith("Probe")] == []


def planned(directory, **inputs):
    code, output = play(directory, PLAN, "-e", json.dumps(inputs))
    if code:
        return code, output, None
    found = json.loads((directory / "planned").read_text())
    nodes = {node: json.loads(of_node) for node, of_node in found["nodes"].items()}
    return code, output, {"nodes": nodes, "ports": json.loads(found["ports"])}


def test_evidence_that_a_play_hands_in_is_not_collected_again(tmp_path):
    kernel = {"privileged": True, "kernel": {"release": "6.1.0-of-the-play"}}
    inputs = {"rtf_checks": ["kernel.*"]}
    options = {**planned(tmp_path, **inputs)[2]["nodes"]["node-1"]["host_info"], "proxy_hashes": []}
    known = {"__rtf_preflight_host_evidence": {"options": options, "host": kernel}}
    assert audited(tmp_path, "-e", json.dumps({**inputs, **known}))[0]["host"] == kernel
    options["sysctls"] = []
    assert audited(tmp_path, "-e", json.dumps({**inputs, **known}))[0]["host"] != kernel


def test_a_saved_run_has_what_it_was_judged_by_and_no_secret(tmp_path):
    secret = planted.SECRETS["at"]
    chosen = {
        "rtf_checks": ["proxy.*"],
        "rtf_http_proxy": f"http://jo:{planted.encoded(secret)}@proxy.example.com:3128",
        "rtf_monitoring_proxy": "socks5://proxy.example.com:1080",
        "rtf_monitoring_proxy_user": planted.USER,
        "rtf_monitoring_proxy_password": planted.SECRETS["blank"],
    }
    audited(tmp_path, "-e", json.dumps(chosen))
    [file] = (tmp_path / "rtf-report" / "runs").glob("*/evidence.json")
    run = saved_run.read(json.loads(file.read_text()), str(file))
    assert planted.found_in(file.read_text(), planted.SECRETS.values()) == []
    assert planted.USER not in file.read_text() and "jo:" not in file.read_text()
    assert run["inputs"]["http_proxy"] == "http://********@proxy.example.com:3128"
    assert list(run["plan"]) == ["node-1"] and run["plan"]["node-1"]["host_info"]["sections"] == ["proxy"]
    report = json.loads(file.with_name("report.json").read_text())
    now = datetime.datetime.fromisoformat(report["generated"])
    again = rejudging.rejudge(catalog.load(), run, {}, now).document
    del again["rejudged"]
    assert json.loads(json.dumps(again)) == report


def test_the_plan_holds_no_secret(tmp_path):
    code, output, plan = planned(tmp_path, rtf_http_proxy="http://jo:s3cr3t@proxy.example.com:3128")
    assert code == 0, output
    assert "s3cr3t" not in json.dumps(plan) and "jo:" not in json.dumps(plan) and "s3cr3t" not in output
    endpoints = plan["nodes"]["node-1"]["egress_info"]["endpoints"]
    assert {path for endpoint in endpoints for path in endpoint["paths"]} == {"direct", "http_proxy"}
    assert plan["ports"]["nodes"] == [
        {"name": "node-1", "role": "controller", "address": "10.0.0.11"},
        {"name": "node-2", "role": "worker", "address": "10.0.0.21"},
    ]


def test_rows_of_the_site_are_planned(tmp_path):
    code, output, plan = planned(
        tmp_path,
        rtf_extra_endpoints=[{"host": "git.example.com", "port": 443}],
        rtf_extra_ports=[{"ports": [9100], "from": "nodes", "to": "nodes"}],
    )
    assert code == 0, output
    assert "git.example.com" in [row["host"] for row in plan["nodes"]["node-1"]["egress_info"]["endpoints"]]
    assert ["9100"] in [row["ports"] for row in plan["ports"]["rows"]]
