# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break one thing in the lab, and exactly its check must turn red, with a remedy that helps."""

import datetime
import json
import re
import shutil
from typing import Any, NamedTuple

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.molecule.footprints import changed_files, changed_state, footprint
from ansible_collections.hostprep.runtime_fabric.molecule.plays import CHECKOUT, OF_THE_MACHINE, Site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudging, saved_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.ssh import WAIVERS
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import report_schema

NODES = ("controller-1", "worker-1", "worker-2")
ECR = "ecr.us-east-1.amazonaws.com"
HARDENING = "/etc/sysctl.d/zzz-hardening.conf"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


# What services write by themselves as time passes.
KEPT_BY_OTHERS = (
    "/var/log/",
    "/run/log/",
    "/run/systemd/",
    "/run/user",
    "/run/chrony",
    "/var/lib/chrony",
    "/var/backups/",
)
# Where Ansible puts what it runs, and takes it away again: its time changes, its content does not.
PASSED_THROUGH = {"/tmp", "/home/ops/.ansible/tmp"}
PING = "- hosts: rtf_nodes\n  become: true\n  gather_facts: false\n  tasks: [ansible.builtin.ping: ]\n"


class Audit(NamedTuple):
    """One audit of a cluster without a fault; login, before and after are {node: Footprint}, taken in this order.

    Between login and before Ansible logged in and became root, and nothing else.
    """

    outcome: Any
    directory: Any
    login: Any
    before: Any
    after: Any


@pytest.fixture(scope="module")
def audit(lab, tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("audit"))
    (site.directory / "ping.yml").write_text(PING)
    login = {node: footprint(lab, node) for node in NODES}
    assert site.play("ping.yml").code == 0
    before = {node: footprint(lab, node) for node in NODES}
    outcome = site.play("audit-rtf.yml", port_matrix=True)
    return Audit(outcome, site.directory, login, before, {node: footprint(lab, node) for node in NODES})


def test_a_cluster_in_order_is_ready(audit):
    outcome = audit.outcome
    assert outcome.code == 0, outcome.output
    assert outcome.failed() == set()
    assert outcome.report["readiness"] == "ready"
    assert outcome.readiness() == dict.fromkeys(NODES, "ready")
    assert "\nREADY: 3 nodes, " in outcome.output
    assert set(outcome.changed.values()) == {0}


def test_the_table_fits_a_terminal(audit):
    output = audit.outcome.output
    table = output[output.index("Runtime Fabric 1.4") : output.index("Report: ")]
    assert max(len(line) for line in table.splitlines()) <= 80


def test_the_report_and_the_evidence_are_the_owners_only(audit):
    for name in ("report.json", "evidence.json"):
        path = audit.directory / "rtf-report" / name
        assert path.stat().st_mode & 0o077 == 0
        json.loads(path.read_text(encoding="utf-8"))


def test_the_saved_run_is_judged_again_as_it_was_and_for_another_release(audit):
    report = json.loads((audit.directory / "rtf-report" / "report.json").read_text(encoding="utf-8"))
    content = json.loads((audit.directory / "rtf-report" / "evidence.json").read_text(encoding="utf-8"))
    run, now = saved_run.read(content, "evidence.json"), datetime.datetime.now(datetime.timezone.utc)
    again = rejudging.rejudge(catalog.load(), run, {}, now).document
    assert report_schema.problems(report) == report_schema.problems(again) == []
    del again["rejudged"]
    assert json.loads(json.dumps(again)) == report
    later = rejudging.rejudge(catalog.load(), run, {"release": "1.13"}, now).document
    unknown = [one for one in later["results"] if one["status"] == "unknown" and one["id"] not in OF_THE_MACHINE]
    assert unknown and all(one["observed"].startswith("the run did not collect ") for one in unknown), unknown
    assert later["readiness"] != "ready"


def test_the_audit_changes_nothing_on_a_node(host, audit):
    node = host.check_output("hostname")
    before, after = audit.before[node], audit.after[node]
    assert "/etc/passwd" in before.files and len(before.files) > 5000
    assert {name for name, text in before.state.items() if not text} <= {"nftables"}
    assert changed_state(before, after) == {}
    by_login = changed_files(audit.login[node], before)
    changed = changed_files(before, after) - by_login - PASSED_THROUGH
    assert {path for path in changed if not path.startswith(KEPT_BY_OTHERS)} == set()


@pytest.fixture(scope="module")
def faulty(lab, tmp_path_factory):
    """The Outcome of an audit with one fault of each kind."""
    site = Site(tmp_path_factory.mktemp("faulty"))
    lab.exec("worker-1", "sh", "-c", f"echo net.ipv4.ip_forward=0 > {HARDENING}")
    try:
        with faults.service_stopped(lab, "internet", "lab-ntp@ntp"), faults.port_closed(lab, ECR, 443):
            with faults.sysctl_set(lab, "worker-2", "net.ipv4.ip_forward", 0):
                return site.play("audit-rtf.yml", "-e", '{"rtf_ntp_servers": ["ntp.lab.example", "ntp2.lab.example"]}')
    finally:
        lab.exec("worker-1", "rm", HARDENING)


def test_exactly_what_is_broken_is_red(faulty):
    assert faulty.code != 0
    assert faulty.failed() == {
        *((node, check) for node in NODES for check in ("egress.ntp", "egress.ecr-us")),
        ("worker-1", "kernel.sysctls_at_boot"),
        ("worker-2", "kernel.ip_forward"),
    }
    assert faulty.readiness() == dict.fromkeys(NODES, "not_ready")


def test_a_stopped_ntp_server_is_named_with_the_opening_to_ask_for(faulty):
    """Another one answers."""
    assert "open UDP 123 from worker-1 to ntp.lab.example, or set" in faulty.result("worker-1", "egress.ntp")["remedy"]


def test_a_dropped_port_is_named_with_its_row_of_the_change_request(faulty):
    result = faulty.result("worker-2", "egress.ecr-us")
    assert result["observed"].startswith("dropped: ")
    asked = f"Ask the network team to allow TCP 443 from worker-2 to {ECR} (row ecr-us of the change request)."
    assert result["remedy"] == asked


def test_forwarding_that_is_switched_off_is_reported_with_the_command(faulty):
    assert "sysctl -w net.ipv4.ip_forward=1" in faulty.result("worker-2", "kernel.ip_forward")["remedy"]
    assert "FAIL  IPv4 forwarding is off on worker-2" in faulty.output


def test_a_hardening_file_that_wins_at_the_next_boot_is_named(faulty):
    assert f"{HARDENING}:1" in faulty.result("worker-1", "kernel.sysctls_at_boot")["observed"]


def test_a_waived_failure_or_gap_stays_visible_and_stops_nothing(site, lab):
    of_the_lab = yaml.safe_load(WAIVERS.read_text(encoding="utf-8"))
    waivers = [
        *of_the_lab,
        {
            "checks": ["kernel.ip_*"],
            "nodes": ["worker-1"],
            "reason": "the team of the image knows",
            "expires": "2999-12-31",
        },
        {"checks": ["egress.ecr-*"], "reason": "the network team has proven it"},
        {"checks": ["time.synchronised"], "reason": "it was so last year", "expires": "2001-12-31"},
    ]
    chosen = {"rtf_waivers": waivers, "rtf_skip_checks": ["egress.ecr-*"]}
    with faults.sysctl_set(lab, "worker-1", "net.ipv4.ip_forward", 0):
        outcome = site.play("audit-rtf.yml", "-e", json.dumps(chosen))
    assert outcome.code == 0, outcome.output
    result = outcome.result("worker-1", "kernel.ip_forward")
    assert (result["status"], result["waiver"]["status"]) == ("waived", "fail")
    assert result["waiver"]["reason"] == "the team of the image knows"
    states = [waiver["state"] for waiver in outcome.report["waivers"]]
    assert states == ["applied"] * (len(of_the_lab) + 2) + ["expired", "applied"]
    assert "Waiver expired: time.synchronised: it was so last year." in re.sub(r"\s+", " ", outcome.output)
    assert outcome.report["selection"]["left_out_by"]["rtf_skip_checks"] == ["egress.ecr-us"]
    assert outcome.report["readiness"] == "ready"


@pytest.fixture(scope="module")
def lost(lab, tmp_path_factory):
    """The Outcome of an audit of one node without Python, one that does not answer, and one without a fault."""
    without = (
        "-e",
        '{"ansible_python_interpreter": "{{ (inventory_hostname == \'worker-1\') '
        "| ternary('/usr/bin/python9', '/usr/bin/python3') }}\"}",
    )
    with faults.service_stopped(lab, "worker-2", "ssh.service"):
        lab.exec("worker-2", "pkill", "sshd")  # connections that Ansible holds open outlive the service
        return Site(tmp_path_factory.mktemp("lost")).play("audit-rtf.yml", *without)


def test_nodes_that_cannot_be_looked_at_are_unknown_and_the_others_are_still_judged(lost):
    assert lost.code != 0
    assert lost.readiness() == {"controller-1": "incomplete", "worker-1": "incomplete", "worker-2": "not_ready"}
    assert {
        entry["status"]
        for entry in lost.report["results"]
        if entry["node"] == "worker-2"
        and entry["id"] != "access.shell"
        and not entry["observed"].startswith("left out by rtf_")
    } == {"unknown"}
    of_worker = [entry for entry in lost.report["results"] if entry["node"] == "worker-1"]
    assert {(entry["waiver"] or entry)["status"] for entry in of_worker} <= {"unknown", "skipped"}
    # Clocks are compared, and there is none to compare with.
    assert {check for node, check in lost.failed() if node == "controller-1"} == {"time.between_nodes"}
    assert "NOT READY: 1 of 3 nodes" in lost.output
    waived = [entry["waiver"]["status"] for entry in lost.report["results"] if entry["waiver"]]
    assert waived and "unknown" not in waived
    assert "worker-2 is unreachable" in lost.output.rpartition("worker-2 is not ready: ")[2]


def test_an_unreachable_node_is_distinguished_from_one_without_python(lost):
    """Whose SSH refuses is not ready; of the other one nobody knows."""
    refused, unknown = lost.result("worker-2", "access.shell"), lost.result("worker-1", "access.shell")
    assert (refused["status"], unknown["status"]) == ("fail", "unknown")
    assert refused["observed"].startswith("refused: ") and "Start sshd on worker-2" in refused["remedy"]
    assert "python9" in lost.result("worker-1", "access.shell")["observed"]


def test_nodes_outside_the_limit_are_left_out_visibly(site):
    outcome = site.play("audit-rtf.yml", "--limit", "worker-1")
    assert outcome.code == 0, outcome.output
    assert outcome.readiness() == {"controller-1": "incomplete", "worker-1": "ready", "worker-2": "incomplete"}
    assert outcome.report["readiness"] == "incomplete"
    assert "--limit" in outcome.output


def test_in_batches_the_last_report_has_every_node(site):
    shutil.copy(CHECKOUT / "molecule" / "rtf_preflight" / "batches.yml", site.directory)
    outcome = site.play("batches.yml")
    assert outcome.code == 0 and set(outcome.changed.values()) == {0}, outcome.output
    assert outcome.readiness() == dict.fromkeys(NODES, "ready")


def test_without_become_the_shell_check_says_so(site):
    (site.directory / "plain.yml").write_text(
        "- hosts: rtf_nodes\n  gather_facts: false\n  roles: [hostprep.runtime_fabric.rtf_preflight]\n"
    )
    outcome = site.play("plain.yml")
    assert outcome.code != 0
    assert {("worker-1", "access.shell"), ("controller-1", "access.shell")} <= outcome.failed()
    assert "become" in outcome.result("worker-1", "access.shell")["remedy"]


def test_check_mode_judges_and_writes_nothing(site):
    outcome = site.play("audit-rtf.yml", "--check")
    assert outcome.code == 0, outcome.output
    assert outcome.report is None
    assert "\nREADY: 3 nodes, " in outcome.output


BAD_INPUTS = {
    "rtf_release": ('"9.9"', "rtf_release: '9.9' is unknown; valid: 1.4"),
    "rtf_control_plane": ('"mars"', "rtf_control_plane: 'mars' is unknown; valid: us, eu"),
    "rtf_ntp_servers": (
        '["ntp lab"]',
        "rtf_ntp_servers: a string (not shown, it may hold a secret) is not a valid host name",
    ),
    "rtf_http_proxy": ('"http://u:pa#ss@proxy:3128"', "rtf_http_proxy: "),
}
MORE_BAD_INPUTS = {
    "rtf_release": ("1.4", "rtf_release: 1.4 is a number, not a string"),
    "rtf_ntp_servers": ('{"host": "ntp.lab.example"}', "rtf_ntp_servers: must be a list"),
    "rtf_http_proxy": ('"proxy:3128"', "rtf_http_proxy: must start with http://"),
    "rtf_skip_checks": (
        '["kernel.ip_foward"]',
        "rtf_skip_checks: 'kernel.ip_foward' matches no check; did you mean kernel.",
    ),
    "rtf_waivers": ('[{"checks": ["net.*"]}]', "rtf_waivers: entry 1: has no reason"),
}


@pytest.mark.parametrize("playbook", ["prepare-rtf.yml", "audit-rtf.yml"])
@pytest.mark.parametrize("inputs", [BAD_INPUTS, MORE_BAD_INPUTS])
def test_bad_inputs_are_refused_by_name_before_any_host_is_touched(site, playbook, inputs):
    values = ", ".join(f'"{name}": {value}' for name, (value, said) in inputs.items())
    outcome = site.play(playbook, "-e", f"{{{values}}}")
    assert outcome.code != 0 and outcome.report is None
    for _name, (_value, said) in inputs.items():
        assert said in outcome.output
    assert "pa#ss" not in outcome.output
    assert set(outcome.changed) <= {"localhost"}
    assert "Traceback" not in outcome.output


@pytest.mark.parametrize(
    "inventory, said",
    [
        ("[all]\nworker-1\n", "rtf_nodes: the inventory has no such group"),
        ("[rtf_nodes]\n", "rtf_nodes: the inventory has no such group or it is empty"),
        (
            "[rtf_controllers]\nc\n[rtf_nodes]\nstray\n[rtf_nodes:children]\nrtf_controllers\n",
            "rtf_nodes: stray is in neither rtf_controllers nor rtf_workers",
        ),
    ],
)
def test_an_inventory_that_leaves_roles_open_is_refused(site, inventory, said):
    path = site.directory / "other"
    path.write_text(inventory)
    outcome = site.play("prepare-rtf.yml", inventories=[path])
    assert outcome.code != 0 and re.sub(r"\s+", " ", said) in re.sub(r"\s+", " ", outcome.output)


def test_the_role_alone_refuses_an_inventory_that_leaves_roles_open(site):
    path = site.directory / "other"
    path.write_text("[rtf_nodes]\nstray\n")
    (site.directory / "alone.yml").write_text(
        "- hosts: rtf_nodes\n  gather_facts: false\n  roles: [hostprep.runtime_fabric.rtf_preflight]\n"
    )
    outcome = site.play("alone.yml", "-e", "rtf_control_plane=us", inventories=[path])
    assert outcome.code != 0
    assert "stray is in neither rtf_controllers nor rtf_workers" in re.sub(r"\s+", " ", outcome.output)
    assert "unreachable=0" in outcome.output


def test_a_misspelt_variable_is_pointed_out(site):
    outcome = site.play("audit-rtf.yml", "-e", '{"rtf_ntp_server": ["x"]}')
    assert "did you mean rtf_ntp_servers?" in re.sub(r"\s+", " ", outcome.output)
