# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plan_changes, as a role calls it."""

import json
import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.host_sections import SECTIONS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import earlier_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import proxy_url
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_firewall
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import (
    kernel_probes,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

FIREWALL = {
    "backends": {"nftables": True},
    "active": {"nftables": "the chain inet filter input filters"},
    "applied": None,
    "holds": False,
    "leftover": [],
    "pending": False,
}
KERNEL = {
    "kernel": {"sysctls": {}},
    "files": {"/etc/sysctl.d/zz-runtime-fabric.conf": {"text": "", "mode": "0644", "owner": 0, "group": 0}},
    "swap": {"active": {}},
}
MISSING = {"live": None, "at_boot": None, "at_boot_source": None, "set_by": []}
PROBES = kernel_probes(catalog.load().settings)
UNPREPARED = {
    "kernel": {
        "sysctls": {**dict.fromkeys(PROBES["sysctls"], MISSING), "net.ipv4.ip_forward": {**MISSING, "live": "0"}},
        "modules": dict.fromkeys(
            PROBES["kernel_modules"], {"available": True, "file": None, "obstacle": None, "at_boot": False}
        ),
    },
    "files": {},
}
SECRET = "correct-horse"
PLAN = """
    - hostprep.runtime_fabric.plan_changes:
        roles: {roles}
        entry_point: {entry_point}
        host: {host}
        remembered: {remembered}
        step: {step}
        together: {together}
      register: found
    - ansible.builtin.debug:
        msg: "FOUND={{{{ found | to_json }}}}=FOUND"
"""


def answered(
    directory,
    roles,
    host,
    *words,
    entry_point="main",
    remembered="{{ omit }}",
    step="plan",
    together=False,
    defaults=True,
    **variables,
):
    """Return (exit code, output, result) of a play."""
    variables = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
    tasks = PLAN.format(
        roles=json.dumps(roles),
        host=json.dumps(host),
        entry_point=entry_point,
        remembered=json.dumps(remembered),
        step=step,
        together=together,
    )
    code, output = play(directory, tasks, *words, *variables, defaults=defaults)
    found = output.partition("FOUND=")[2].partition("=FOUND")[0]
    return code, output, json.loads(json.loads(f'"{found}"')) if found else None


def planned(directory, role, host, *words, **options):
    """Return (exit code, output, plan) of a play with one role."""
    code, output, found = answered(directory, [role], host, *words, **options)
    return code, output, found and {**found["plans"][role], "changed": found["changed"]}


def test_the_addresses_of_all_nodes_come_from_the_inventory(tmp_path):
    code, output, plan = planned(tmp_path, "rtf_firewall", {"firewall": FIREWALL})
    assert code == 0, output
    (change,) = plan["changes"]
    assert change["rules"]["sets"] == {"nodes": ["10.0.0.11", "10.0.0.21"], "controllers": ["10.0.0.11"]}
    assert (plan["changed"], plan["announcements"]) == (False, [])
    # ansible-core before 2.19 breaks long warnings at hyphens.
    warning = "rtf_internal_networks is not set, so no firewall opens: ops-center-ui"
    assert "".join(warning.split()) in "".join(output.split())


def test_what_would_lock_a_node_out_fails_before_anything_is_changed(tmp_path):
    code, output, _plan = planned(
        tmp_path, "rtf_firewall", {"firewall": FIREWALL}, rtf_internal_networks=["192.168.0.0/24"]
    )
    assert code != 0 and "The firewall was not changed. rtf_internal_networks: 10.0.0.11 of node-1" in output


def test_check_mode_gets_an_announcement_where_a_program_has_none(tmp_path):
    remembered = {"swap": {"devices": ["/dev/sdb"], "units": [], "fstab": False}}
    code, output, plan = planned(tmp_path, "rtf_kernel", KERNEL, "--check", entry_point="revert", remembered=remembered)
    assert code == 0, output
    assert [change["kind"] for change in plan["changes"]] == ["removed_files", "announcement"]
    assert plan["announcements"] == ["Swap on /dev/sdb would be switched on"]
    code, output, plan = planned(tmp_path, "rtf_kernel", KERNEL, entry_point="revert", remembered=remembered)
    assert [change["kind"] for change in plan["changes"]] == ["removed_files", "commands"] and code == 0
    assert plan["announcements"] == []


def test_of_several_roles_one_that_must_not_change_the_node_only_is_pending(tmp_path):
    """So that what comes before it is applied, and the role itself says why."""
    host = {"firewall": FIREWALL, **UNPREPARED}
    roles = ["rtf_kernel", "rtf_firewall"]
    code, output, found = answered(
        tmp_path, roles, host, together=True, rtf_internal_networks=["192.168.0.0/24"], rtf_kernel_release="1.4"
    )
    assert code == 0, output
    assert (found["pending"], found["stale"], found["unverified"]) == (roles, [], roles)
    assert [change["kind"] for change in found["plans"]["rtf_kernel"]["changes"]] == ["files", "parameters"]
    assert found["plans"]["rtf_kernel"]["changes"][0]["record"]["sysctls"]["net.ipv4.ip_forward"] == "0"
    assert found["plans"]["rtf_firewall"]["changes"] == []
    code, output, found = answered(tmp_path, roles, host, "--check", together=True)
    assert (code, found["unverified"]) == (0, []), output  # a dry run changes nothing
    code, output, found = answered(tmp_path, roles, host, "--tags", "rtf_kernel,untagged", together=True)
    assert (code, found["unverified"]) == (0, ["rtf_kernel"]), output  # the firewall is left alone


def test_tags_that_leave_a_role_out_leave_out_what_is_said_of_it(tmp_path):
    """`--tags rtf_kernel` warned that no firewall opens a port, since all roles are planned at once."""
    host = {"firewall": {**FIREWALL, "backends": {}, "active": {}}, **UNPREPARED}
    said = "No firewall is active", "rtf_internal_networks is not set"
    for tags, shown in (["rtf_kernel,rtf_firewall,untagged"], True), (["rtf_kernel,untagged"], False):
        code, output, found = answered(
            tmp_path, ["rtf_kernel", "rtf_firewall"], host, "--tags", *tags, together=True, rtf_kernel_release="1.4"
        )
        assert code == 0, output
        assert [said[0] in " ".join(found["notices"]), said[1] in output] == [shown, shown], output


def test_a_role_outside_of_it_has_the_declared_defaults(tmp_path):
    """A playbook that plans before it includes a role has none of the role's variables."""
    inputs = {}
    for name, defaults in (("inside", True), ("outside", False)):
        directory = tmp_path / name
        directory.mkdir()
        code, output, found = answered(
            directory, list(ROLES), {"privileged": True}, step="inspect", defaults=defaults, rtf_release="1.13"
        )
        assert code == 0, output
        inputs[name] = found["inputs"]
    assert inputs["inside"] == inputs["outside"] and inputs["outside"]["rtf_kernel"]["release"] == "1.13"


def test_one_call_inspects_for_all_roles_and_no_secret_comes_back(tmp_path):
    variables = {
        "rtf_http_proxy": f"http://user:{SECRET}@proxy.example.com:3128",
        "rtf_ntp_servers": [{"host": "192.0.2.1", "key": 7}],
        "rtf_ntp_keys": [{"id": 7, "type": "SHA1", "secret": SECRET}],
    }
    words = ("-vvv", "--check", "-e", "ansible_pipelining=true")
    code, output, found = answered(tmp_path, list(ROLES), {}, *words, together=True, **variables)
    assert code == 0, output
    assert {"kernel", "time", "proxy", "firewall", "files", "blocks"} <= set(found["host"])
    assert {block["name"] for block in found["host"]["blocks"]} == {"runtime-fabric", "runtime-fabric proxy"}
    assert len(re.findall(r"EXEC .*python", output)) == 1
    assert SECRET not in output
    # The audit behind the roles finds all that it asks for; digests of its proxies are not shown.
    assert set(SECTIONS) == set(found["audited"]["sections"]) <= set(found["host"])
    assert found["audited"]["proxy_hashes"] == earlier_evidence.AS_ASKED
    assert proxy_url.parse(variables["rtf_http_proxy"]).digest not in output
    (blocks,) = [change["blocks"] for change in found["plans"]["rtf_proxy"]["changes"] if change["kind"] == "blocks"]
    assert "http://@{http_credentials}proxy.example.com:3128" in blocks[0]["content"]


def test_a_play_hands_its_evidence_to_a_role_which_then_runs_nothing_on_the_node(tmp_path):
    inactive = {
        **samples.evidence()["host"]["firewall"],
        "active": {},
        "applied": None,
        "leftover": [],
        "pending": False,
    }
    tasks = f"""
    - ansible.builtin.include_role:
        name: hostprep.runtime_fabric.rtf_firewall
      vars:
        __rtf_firewall_host: {json.dumps({"privileged": True, "firewall": inactive})}
"""
    code, output = play(tmp_path, tasks, "-vvv")
    assert code == 0, output
    assert rtf_firewall.NO_FIREWALL in output and " EXEC " not in output


@pytest.mark.parametrize("made, applied", [(1, "handed"), (3, "planned")])
def test_a_role_applies_the_plan_that_a_play_hands_to_it_unless_it_has_planned_since(tmp_path, made, applied):
    """One that an earlier play of the same run has left does not count."""

    def found(number, text):
        change = {"step": "Report it", "kind": "announcement", "announcement": f"as {text}"}
        plan = {"changes": [change], "sequences": [["Report it"]], "notices": [], "in_force": False}
        return json.dumps({"made": number, "plans": {"rtf_firewall": plan}})

    tasks = f"""
    - ansible.builtin.set_fact:
        __rtf_firewall_planned: {found(made, "planned")}
    - ansible.builtin.include_role:
        name: hostprep.runtime_fabric.rtf_firewall
        tasks_from: apply
      vars:
        __rtf_firewall_handed: {found(2, "handed")}
"""
    code, output = play(tmp_path, tasks, "-vvv")
    assert code == 0, output
    assert f"as {applied}" in output and "Inspect the firewall" not in output and " EXEC " not in output


def test_steps_keep_their_order_on_a_node_whose_neighbour_has_fewer_and_answers_first(tmp_path):
    """Ansible joined both nodes' includes of one name, and started chrony before it was installed."""

    def found(*names):
        changes = [{"step": name, "kind": "announcement", "announcement": name} for name in names]
        sequences = [list(names[: number + 1]) for number in range(len(names))]
        plan = {"changes": changes, "sequences": sequences, "notices": [], "in_force": False}
        return {"made": 1, "plans": {"rtf_firewall": plan}}

    for node, names in (("node-1", ("Install it", "Start it")), ("node-2", ("Start it",))):
        (tmp_path / f"{node}.json").write_text(json.dumps(found(*names)))
    read = "'if [ ' ~ inventory_hostname ~ ' = node-1 ]; then sleep 0.3; fi; cat ' ~ inventory_hostname ~ '.json'"
    tasks = f"""
    - ansible.builtin.include_role:
        name: hostprep.runtime_fabric.rtf_firewall
        tasks_from: apply
      vars:
        __rtf_firewall_handed: "{{{{ lookup('ansible.builtin.pipe', {read}) | from_json }}}}"
"""
    code, output = play(tmp_path, tasks, hosts="rtf_nodes")
    assert code == 0, output
    assert re.findall(r"changed: \[node-1\] => {\s+.msg.: .(.*).\s", output) == ["Install it", "Start it"], output
