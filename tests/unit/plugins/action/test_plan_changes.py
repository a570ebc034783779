# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plan_changes, as a role calls it."""

import json

from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play

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
    "swap": {"active": []},
}
PLAN = """
    - hostprep.runtime_fabric.check_inputs:
        role: {role}
        entry_point: {entry_point}
      register: checked
    - hostprep.runtime_fabric.plan_changes:
        role: {role}
        inputs: "{{{{ checked.inputs }}}}"
        host: {host}
        remembered: {remembered}
      register: plan
    - ansible.builtin.debug:
        msg: "PLAN={{{{ plan | to_json }}}}=PLAN"
"""


def planned(directory, role, host, *words, entry_point="main", remembered="{{ omit }}", **variables):
    """Return (exit code, output, plan) of a play."""
    variables = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
    tasks = PLAN.format(role=role, host=json.dumps(host), entry_point=entry_point, remembered=json.dumps(remembered))
    code, output = play(directory, tasks, *words, *variables)
    found = output.partition("PLAN=")[2].partition("=PLAN")[0]
    return code, output, json.loads(json.loads(f'"{found}"')) if found else None


def test_the_addresses_of_all_nodes_come_from_the_inventory(tmp_path):
    code, output, plan = planned(tmp_path, "rtf_firewall", {"firewall": FIREWALL})
    assert code == 0, output
    (change,) = plan["changes"]
    assert change["rules"]["sets"] == {"nodes": ["10.0.0.11", "10.0.0.21"], "controllers": ["10.0.0.11"]}
    assert (plan["changed"], plan["announcements"], plan["record"]) == (False, [], {})
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
