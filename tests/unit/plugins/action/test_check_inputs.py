# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`-e name=value` and an INI inventory hand over text: every input has a type, and gets it.

These run ansible-playbook, with the ansible-core of whichever environment runs the tests.
"""

import json

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import selection, waivers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    firewall_inputs,
    inputs,
    kernel_inputs,
    proxy_inputs,
    role_options,
    site_inputs,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import CHECKOUT, play

ROLES = role_options.load()
OPTIONS = {name: option for entry_points in ROLES.values() for name, option in entry_points["main"].items()}
TYPED = {name for name, option in OPTIONS.items() if option["type"] not in ("str", "path")}

SERVERS = '["ntp.example.com", {"host": "192.0.2.1", "minpoll": "4", "iburst": "no"}]'
ENDPOINTS = '[{"host": "registry.example.com", "port": "443", "mutual_tls": "false"}]'
PORTS = '[{"ports": "9100,9200-9210", "from": "internal_network", "to": "nodes"}]'
WAIVERS = '[{"checks": "net.*", "reason": "r", "expires": "2999-12-31"}]'
WAIVED = [{"checks": "net.*", "reason": "r", "expires": "2999-12-31"}]
# {variable: (text, the value that it stands for)} of all that is not text itself.
AS_TEXT = {
    "rtf_firewall_default_deny": ("no", False),
    "rtf_firewall_rollback_timeout": ("90", 90),
    "rtf_firewall_internal_networks": ("10.0.0.0/8,192.0.2.0/24", ["10.0.0.0/8", "192.0.2.0/24"]),
    "rtf_firewall_ingress_sources": ('["198.51.100.0/24"]', ["198.51.100.0/24"]),
    "rtf_firewall_extra_ports": (PORTS, json.loads(PORTS)),
    "rtf_kernel_extra_sysctls": ('{"vm.swappiness": 10}', {"vm.swappiness": 10}),
    "rtf_kernel_extra_modules": ("overlay,br_netfilter", ["overlay", "br_netfilter"]),
    "rtf_kernel_reserve_ports": ("True", True),
    "rtf_kernel_swap_off": ("false", False),
    "rtf_kernel_selinux_permissive": ("0", False),
    "rtf_kernel_nm_cloud_setup_off": ("off", False),
    "rtf_kernel_tunnel_offload_off": ("no", False),
    "rtf_kernel_tunnel_offload_drivers": ("vmxnet3, ena", ["vmxnet3", "ena"]),
    "rtf_preflight_ntp_servers": (SERVERS, ["ntp.example.com", {"host": "192.0.2.1", "minpoll": 4, "iburst": False}]),
    "rtf_preflight_no_proxy_extra": ("mirror.example.com", ["mirror.example.com"]),
    "rtf_preflight_extra_endpoints": (ENDPOINTS, json.loads(ENDPOINTS)),
    "rtf_preflight_extra_ports": (PORTS, json.loads(PORTS)),
    "rtf_preflight_spare_addresses": ("3", 3),
    "rtf_preflight_arp_sweep": ("no", False),
    "rtf_preflight_checks": ("host.*,net.*", ["host.*", "net.*"]),
    "rtf_preflight_skip_checks": ('["egress.*"]', ["egress.*"]),
    "rtf_preflight_waivers": (WAIVERS, WAIVED),
    "rtf_preflight_smtp": ('{"host": "mail.example.com", "port": "587"}', {"host": "mail.example.com", "port": "587"}),
    "rtf_preflight_min_outbound_bandwidth_mbit": ("100", 100),
    "rtf_preflight_outbound_bandwidth_seconds": ("2.5", 2.5),
    "rtf_preflight_outbound_bandwidth_bytes": ("1000000", 1000000),
    "rtf_preflight_disk_writes": ("false", False),
    "rtf_preflight_idle_seconds": ("0", 0),
    "rtf_preflight_timeout": ("4", 4),
    "rtf_preflight_deadline": ("20.5", 20.5),
    "rtf_preflight_port_matrix": ("false", False),
    "rtf_preflight_port_matrix_peers": ("5", 5),
    "rtf_preflight_port_matrix_deadline": ("30", 30),
    "rtf_preflight_links": ("no", False),
    "rtf_preflight_max_latency_ms": ("0.5", 0.5),
    "rtf_preflight_bandwidth_seconds": ("2", 2),
    "rtf_preflight_bandwidth_megabytes": ("100", 100),
    "rtf_preflight_min_node_bandwidth_mbit": ("800", 800),
    "rtf_preflight_enforce": ("n", False),
    "rtf_proxy_no_proxy_extra": ("", []),
    "rtf_proxy_consumers": ('["systemd"]', ["systemd"]),
    "rtf_proxy_restart_services": ("docker, containerd", ["docker", "containerd"]),
    "rtf_time_sync_servers": ("ntp.example.com, 192.0.2.1", ["ntp.example.com", "192.0.2.1"]),
    "rtf_time_sync_keys": ('[{"id": "7", "type": "SHA1", "secret": "correct-horse"}]', None),
    "rtf_time_sync_wait": ("5", 5),
    "rtf_time_sync_force": ("no", False),
}
# Likewise for the inputs of all roles together.
INPUTS = {
    "rtf_ntp_servers": AS_TEXT["rtf_preflight_ntp_servers"],
    "rtf_ntp_keys": AS_TEXT["rtf_time_sync_keys"],
    "rtf_no_proxy_extra": ("mirror.example.com,.corp.example", ["mirror.example.com", ".corp.example"]),
    "rtf_max_latency_ms": ("20", 20),
    "rtf_min_node_bandwidth_mbit": ("800", 800),
    "rtf_spare_addresses": ("0", 0),
    "rtf_extra_endpoints": AS_TEXT["rtf_preflight_extra_endpoints"],
    "rtf_extra_ports": AS_TEXT["rtf_preflight_extra_ports"],
    "rtf_internal_networks": ("10.0.0.0/8", ["10.0.0.0/8"]),
    "rtf_smtp": AS_TEXT["rtf_preflight_smtp"],
    "rtf_min_outbound_bandwidth_mbit": ("99.5", 99.5),
    "rtf_ingress_sources": ("198.51.100.0/24", ["198.51.100.0/24"]),
    "rtf_checks": ("*", ["*"]),
    "rtf_skip_checks": ("", []),
    "rtf_waivers": (WAIVERS, WAIVED),
}
# An option that tells a value that is not set from an empty one is raw to Ansible.
KINDS = {name: "list" if value is None else type(value).__name__ for name, (dummy, value) in AS_TEXT.items()}
BROKEN = {"bool": "maybe", "int": "many", "float": "many", "list": '["open', "dict": "open"}
# What a role does with its variables before its first task, and with its first task.
OF_ROLE = """
    - name: Validate the variables of {role} as Ansible does
      ansible.builtin.validate_argument_spec:
        argument_spec: "{{{{ (lookup('ansible.builtin.file', '{specs}') | from_yaml).argument_specs.main.options }}}}"
        provided_arguments: "{{{{ dict(names | zip(query('ansible.builtin.vars', *names))) }}}}"
      vars:
        names: "{{{{ query('ansible.builtin.varnames', '^{role}_') }}}}"
    - name: Give the variables of {role} their types
      hostprep.runtime_fabric.check_inputs:
        role: {role}
      register: {role}_found
"""


def test_every_input_that_is_no_text_is_in_these_tables():
    assert set(AS_TEXT) == TYPED
    everything = {**inputs.checks_by_name(["1.4"], ["us"]), **site_inputs.checks_by_name(catalog.load())}
    text = {
        "release",
        "control_plane",
        "phase",
        "load_balancer",
        "report_dir",
        "node_address",
        "previous_release",
        "outbound_bandwidth_url",
        "change_request_dir",
        "pod_cidr",
        "service_cidr",
    }
    assert {name for name in everything if name[4:] not in text and "_proxy" not in name.replace("no_proxy", "")} == {
        name for name in INPUTS if name not in ("rtf_checks", "rtf_skip_checks", "rtf_waivers")
    }


def test_text_gets_the_type_of_its_variable(tmp_path):
    """All of them at once, as a person would write them behind -e."""
    words = [word for name, (text, dummy) in AS_TEXT.items() for word in ("-e", f"{name}='{text}'")]
    tasks = "".join(
        OF_ROLE.format(role=role, specs=CHECKOUT / "roles" / role / "meta" / "argument_specs.yml") for role in ROLES
    )
    tasks += """
    - ansible.builtin.copy:
        dest: "{{{{ playbook_dir }}}}/found"
        content: "{{{{ {{{}}} | to_json }}}}"
""".format(", ".join(f"'{role}': {role}_found.inputs" for role in ROLES))
    code, output = play(tmp_path, tasks, *words)
    assert code == 0, output
    found = json.loads((tmp_path / "found").read_text())
    returned = {f"{role}_{short}": value for role, values in found.items() for short, value in values.items()}
    wanted = {name: value for name, (dummy, value) in AS_TEXT.items() if value is not None}
    assert {name: returned[name] for name in wanted} == wanted
    # Text is returned, too, where it can hold no secret.
    texts = {name for name, option in OPTIONS.items() if option["type"] in ("str", "path") and "proxy" not in name[4:]}
    assert "rtf_firewall_backend" in returned and set(returned) - set(wanted) <= texts | {
        "rtf_proxy_pod_cidr",
        "rtf_proxy_service_cidr",
    }
    assert {name: type(value) for name, value in returned.items() if isinstance(value, bool)} == {
        name: bool for name, (dummy, value) in AS_TEXT.items() if isinstance(value, bool)
    }
    assert "correct-horse" not in output and "correct-horse" not in json.dumps(found)


def test_defaults_have_their_types_too(tmp_path):
    """Before ansible-core 2.19 a template that stands for a number is text."""
    tasks = (
        "".join(
            f"""
    - hostprep.runtime_fabric.check_inputs:
        role: {role}
      register: {role}_found
"""
            for role in ROLES
        )
        + """
    - ansible.builtin.assert:
        that:
          - rtf_preflight_found.inputs.min_outbound_bandwidth_mbit == 100
          - rtf_preflight_found.inputs.deadline + rtf_preflight_found.inputs.idle_seconds == 30
          - not rtf_kernel_found.inputs.swap_off
          - rtf_time_sync_found.inputs.wait + 1 == 61
"""
    )
    code, output = play(tmp_path, tasks)
    assert code == 0, output


def test_the_inventory_may_hold_text_everywhere(tmp_path):
    """Also in the values of a dictionary, where a template stands for a number."""
    nested = {"rtf_ntp_servers": [{"host": "ntp.example.com", "minpoll": "{{ 4 }}", "prefer": "{{ true }}"}]}
    (tmp_path / "nested.yml").write_text(yaml.safe_dump(nested))
    words = [
        word
        for values in (INPUTS, AS_TEXT)
        for name, (text, dummy) in values.items()
        if name not in nested
        for word in ("-e", f"{name}='{text}'")
    ]
    code, output = play(tmp_path, "    - hostprep.runtime_fabric.check_inputs:\n", *words, "-e", "@nested.yml")
    assert code == 0, output


def test_a_role_says_what_it_did_not_do_and_names_the_variable(tmp_path):
    tasks = "    - hostprep.runtime_fabric.check_inputs:\n        role: rtf_kernel\n"
    code, output = play(tmp_path, tasks, "-e", "rtf_kernel_swap_off=maybe")
    assert code != 0
    said = "The role rtf_kernel did nothing. rtf_kernel_swap_off: must be true or false, not 'maybe'"
    assert said in " ".join(output.split())


@pytest.mark.parametrize(
    "arguments, begin",
    [
        ("\n        role: rtf_preflight", "The role rtf_preflight did nothing. "),
        ("", "Nothing was touched. "),
    ],
)
def test_a_strategy_in_which_nodes_run_ahead_is_refused_in_one_line(tmp_path, arguments, begin):
    tasks = f"    - hostprep.runtime_fabric.check_inputs:{arguments}\n"
    code, output = play(tmp_path, tasks, ANSIBLE_STRATEGY="free")
    assert code != 0
    assert f"{begin}the strategy 'free' lets nodes run ahead of each other" in " ".join(output.split())


GLOBS = selection.globs(checks.load(), catalog.load())
OF_INPUTS = {
    **inputs.checks_by_name(["1.4"], ["us"]),
    **site_inputs.checks_by_name(catalog.load()),
    "rtf_checks": GLOBS,
    "rtf_skip_checks": GLOBS,
    "rtf_waivers": waivers.checked(GLOBS),
    **firewall_inputs.CHECKS,
    **kernel_inputs.CHECKS,
    **proxy_inputs.CHECKS,
}
CHECKS = role_options.checks_by_name(ROLES, OF_INPUTS)


@pytest.mark.parametrize("name", sorted(TYPED))
def test_what_cannot_be_converted_is_refused(name):
    with pytest.raises(ValueError):
        CHECKS[name](BROKEN[KINDS[name]])


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_inputs_get_their_types(name):
    text, value = INPUTS[name]
    found = OF_INPUTS[name](text)
    assert found == (value if value is not None else [{"id": 7, "type": "SHA1", "secret": "correct-horse"}])
    assert OF_INPUTS[name](found) == found


def test_an_option_may_tell_unset_from_empty():
    options = {
        "rtf_time_sync_servers": {"type": "raw", "default": "{{ rtf_ntp_servers | default('unchanged') }}"},
        "rtf_time_sync_wait": {"type": "int", "default": 60},
    }
    found = role_options.checks_by_name({"rtf_time_sync": {"main": options}}, OF_INPUTS)
    assert found["rtf_time_sync_servers"]("unchanged") == "unchanged"
    assert found["rtf_time_sync_servers"]("") == [] and found["rtf_time_sync_servers"]("a.example") == ["a.example"]
    with pytest.raises(ValueError):
        found["rtf_time_sync_wait"]("unchanged")
