# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An input that is not set leaves alone what is there: what each variable of a role that changes a host does then.

The table has every variable of these roles, so that a new one needs a decision. What is tested here is the default; that
`unchanged` does what the table says is tested with the role, in the unit tests that `PROVEN` names.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import role_variables
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

# Not set: what is there stays, also what a former run made. The text is what an empty value does: "", [], {} or false.
STAYS = {
    "rtf_proxy": {
        "rtf_proxy_http_proxy": "takes what a former run wrote of the HTTP proxy out of every file",
        "rtf_proxy_monitoring_proxy": "takes what a former run wrote of the SOCKS5 proxy out of the installer's file",
    },
    "rtf_kernel": {
        "rtf_kernel_cluster_profile": "none takes what the network plugin needs out of the files",
        "rtf_kernel_extra_sysctls": "takes the parameters of a former run out of the file",
        "rtf_kernel_extra_modules": "takes the modules of a former run out of the file",
        "rtf_kernel_reserve_ports": "takes the reserved ports of a former run out of the file",
    },
    "rtf_time_sync": {
        "rtf_time_sync_servers": "takes the servers of a former run away, so that chrony has those of its package",
        "rtf_time_sync_keys": "takes the keys of a former run away",
    },
    "rtf_firewall": {
        "rtf_firewall_default_deny": "takes back that a former run denied everything else",
        "rtf_firewall_cluster_profile": "none closes the ports of the cluster that a former run opened",
        "rtf_firewall_internal_networks": "closes what a former run opened to the internal networks",
        "rtf_firewall_ingress_sources": "opens to everybody what a former run opened to some",
        "rtf_firewall_extra_ports": "closes the ports of the site that a former run opened",
    },
}
# Has a default, which by itself takes nothing away. The text says why.
HARMLESS = {
    "rtf_proxy": {
        "rtf_proxy_http_proxy_user": "a part of the HTTP proxy, and written with it alone",
        "rtf_proxy_http_proxy_password": "likewise",
        "rtf_proxy_monitoring_proxy_user": "a part of the SOCKS5 proxy, and written with it alone",
        "rtf_proxy_monitoring_proxy_password": "likewise",
        "rtf_proxy_no_proxy_extra": "a part of the HTTP proxy: the list is computed whenever the proxy is set",
        "rtf_proxy_release": "decides what the list has of the appliance alone",
        "rtf_proxy_cluster_profile": "chooses the networks of the same list",
        "rtf_proxy_pod_cidr": "a part of the same list, which always has the networks of the platform",
        "rtf_proxy_service_cidr": "likewise",
        "rtf_proxy_consumers": "all of them; whoever leaves one out says so",
        "rtf_proxy_restart_services": "nothing is restarted",
    },
    "rtf_kernel": {
        "rtf_kernel_release": "the catalogue's settings of a release; none of them is the site's",
        "rtf_kernel_swap_off": "swap stays as it is, also off",
        "rtf_kernel_selinux_permissive": "SELinux stays as it is, also permissive",
        "rtf_kernel_nm_cloud_setup_off": "nm-cloud-setup stays as it is, also off",
        "rtf_kernel_tunnel_offload_off": "offloads stay as they are, also off",
        "rtf_kernel_tunnel_offload_drivers": "used only where offloads are switched off",
        "rtf_kernel_sysctl_file": "where the role writes",
        "rtf_kernel_modules_file": "where the role writes",
    },
    "rtf_time_sync": {
        "rtf_time_sync_wait": "how long the role waits",
        "rtf_time_sync_force": "the safe way",
    },
    "rtf_firewall": {
        "rtf_firewall_backend": "the firewall that is active, and none where none is",
        "rtf_firewall_release": "the rows of a release; none of them is the site's",
        "rtf_firewall_phase": "opens more than the other phase",
        "rtf_firewall_install_ports_expire": "how long the ports of the installer stay open",
        "rtf_firewall_rollback_timeout": "how long a node waits for a confirmation",
        "rtf_firewall_pod_cidr": "the network of the platform, one for the whole cluster",
        "rtf_firewall_service_cidr": "likewise",
    },
}
PROVEN = {
    "rtf_proxy": (
        "platforms/test_proxy.py",
        "test_a_proxy_that_is_not_set_stays_and_one_that_is_set_to_none_is_taken_back",
    ),
    "rtf_kernel": (
        "plugins/plugin_utils/plan/role_decisions/test_rtf_kernel.py",
        "test_what_a_former_run_wrote_for_an_input_that_is_not_set_stays_in_the_files_and_is_nothing_to_set",
    ),
    "rtf_time_sync": (
        "platforms/test_time_sync.py",
        "test_what_is_not_set_is_no_file_to_look_at_and_an_empty_list_takes_ours_away",
    ),
    "rtf_firewall": (
        "plugins/plugin_utils/plan/role_decisions/test_rtf_firewall.py",
        "test_what_was_opened_for_an_input_that_is_not_set_now_stays_open_to_the_same",
    ),
}
CHANGING = sorted(set(checkout.role_names()) - {"rtf_preflight"})


def defaults(role):
    return checkout.read_yaml(f"roles/{role}/defaults/main.yml")


@pytest.mark.parametrize("role", CHANGING)
def test_every_variable_has_a_decision(role):
    assert set(defaults(role)) == set(STAYS[role]) | set(HARMLESS[role])
    assert not set(STAYS[role]) & set(HARMLESS[role])


@pytest.mark.parametrize("role", CHANGING)
def test_what_is_not_set_is_unchanged_where_something_would_go(role):
    for name, value in defaults(role).items():
        says = value == role_variables.UNCHANGED or f"default('{role_variables.UNCHANGED}')" in str(value)
        assert says is (name in STAYS[role]), name


@pytest.mark.parametrize("role", CHANGING)
def test_the_documentation_names_it(role):
    options = checkout.read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    for name in STAYS[role]:
        assert f"V({role_variables.UNCHANGED})" in str(options[name]["description"]), name
        assert f"`{role_variables.UNCHANGED}`" in checkout.read(f"roles/{role}/README.md"), name


@pytest.mark.parametrize("role", CHANGING)
def test_the_tests_that_prove_it_are_there(role):
    path, name = PROVEN[role]
    assert f"def {name}(" in checkout.read(f"tests/unit/{path}")


def test_no_input_of_the_inventory_defaults_to_something_empty_on_its_way_into_a_role_that_changes_a_host():
    """`rtf_x | default([])` would remove what is there where the input is not set."""
    allowed = {
        "rtf_no_proxy_extra",
        *(f"rtf_{proxy}_{part}" for proxy in ("http_proxy", "monitoring_proxy") for part in ("user", "password")),
    }
    for role in CHANGING:
        for name, value in defaults(role).items():
            empty = [word for word in ("default('')", "default([])", "default({})") if word in str(value)]
            assert not empty or "rtf_" + name.removeprefix(role + "_") in allowed, name
