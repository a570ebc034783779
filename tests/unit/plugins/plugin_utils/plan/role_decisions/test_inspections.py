# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of host_info for several roles."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.inspections import (
    evidence_for,
    merged,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import Cluster
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES

KERNEL = {"sections": ["kernel"], "sysctls": ["a", "b"], "checks": ["kernel.*"], "must_pass": []}
PROXY = {
    "sections": ["proxy"],
    "blocks": [{"name": "p", "path": "/e"}],
    "block_lines": {"x": "1"},
    "checks": ["proxy.*"],
}
TIME = {"sections": ["time"], "blocks": [{"name": "t", "path": "/e"}], "block_lines": {"y": "2"}, "checks": ["time.*"]}


def test_options_are_joined_and_what_judges_is_left_out():
    assert merged([KERNEL, PROXY, TIME, KERNEL]) == {
        "sections": ["kernel", "proxy", "time"],
        "sysctls": ["a", "b"],
        "blocks": [{"name": "p", "path": "/e"}, {"name": "t", "path": "/e"}],
        "block_lines": {"x": "1", "y": "2"},
    }
    assert KERNEL["sections"] == ["kernel"]


def test_a_role_sees_its_own_blocks_alone():
    """host_info looks for each name in the key files of chrony as well, and a plan knows blocks by their paths."""
    blocks = [{"name": "p", "path": "/keys"}, {"name": "t", "path": "/keys"}]
    assert evidence_for(TIME, {"time": {}, "blocks": blocks}) == {"time": {}, "blocks": blocks[1:]}
    assert evidence_for(KERNEL, {"kernel": {}, "blocks": blocks}) == {"kernel": {}, "blocks": []}
    assert evidence_for(KERNEL, {"kernel": {}}) == {"kernel": {}}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_names_what_to_collect_and_what_judges_it(role):
    shown = {
        "rtf_firewall": {},
        "rtf_kernel": {
            "release": "1.4",
            "cluster_profile": "unchanged",
            "sysctl_file": "/s",
            "modules_file": "/m",
            "extra_sysctls": "unchanged",
            "extra_modules": "unchanged",
            "reserve_ports": "unchanged",
            **dict.fromkeys(("swap_off", "selinux_permissive", "nm_cloud_setup_off", "tunnel_offload_off"), False),
        },
        "rtf_proxy": {"consumers": [], "no_proxy_extra": []},
        "rtf_time_sync": {"servers": "unchanged", "keys": "unchanged"},
    }[role]
    settings = ROLES[role].settings({**shown}, shown, Cluster("n1", {}, {}))
    found = ROLES[role].inspection(settings.private, None)
    assert found["sections"] and found["checks"]
