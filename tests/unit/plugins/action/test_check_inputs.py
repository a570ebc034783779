# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`-e name=value` and an INI inventory hand over text: every input has a type, and gets it.

These run ansible-playbook, with the ansible-core of whichever environment runs the tests.
"""

import json

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import input_validators
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import CHECKOUT, play

DECLARED = input_declarations.load()
ROLES = list(DECLARED.roles)

SERVERS = '["ntp.example.com", {"host": "192.0.2.1", "minpoll": "4", "iburst": "no"}]'
ENDPOINTS = '[{"host": "registry.example.com", "port": "443", "mutual_tls": "false"}]'
PORTS = '[{"ports": "9100,9200-9210", "from": "internal_network", "to": "nodes"}]'
WAIVERS = '[{"checks": "net.*", "reason": "r", "expires": "2999-12-31"}]'
WAIVED = [{"checks": "net.*", "reason": "r", "expires": "2999-12-31"}]
# {variable: (text, the value that it stands for)}. That every variable takes text is tested with the declaration.
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
    "rtf_preflight_persistence_database": ('{"host": "db.example.com"}', {"host": "db.example.com"}),
    "rtf_preflight_registry": ('{"host": "r.example.com", "port": "5000"}', {"host": "r.example.com", "port": "5000"}),
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
    "rtf_persistence_database": AS_TEXT["rtf_preflight_persistence_database"],
    "rtf_registry": AS_TEXT["rtf_preflight_registry"],
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
    # Whatever the role takes is there, but for secrets.
    shown = {
        name for name, variable in DECLARED.variables.items() if variable.input.credentials != input_declarations.SECRET
    }
    assert set(returned) == {name for name in shown if DECLARED.variables[name].role}
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
    said = "The role rtf_kernel changed nothing. rtf_kernel_swap_off: must be true or false, not 'maybe'"
    assert said in " ".join(output.split())


@pytest.mark.parametrize(
    "arguments, begin",
    [
        ("\n        role: rtf_preflight", "The role rtf_preflight changed nothing. "),
        ("", "Nothing was changed. "),
    ],
)
def test_a_strategy_in_which_nodes_run_ahead_is_refused_in_one_line(tmp_path, arguments, begin):
    tasks = f"    - hostprep.runtime_fabric.check_inputs:{arguments}\n"
    code, output = play(tmp_path, tasks, ANSIBLE_STRATEGY="free")
    assert code != 0
    assert f"{begin}the strategy 'free' lets nodes run ahead of each other" in " ".join(output.split())


VALIDATORS = input_validators.by_variable(DECLARED.variables, catalog.load())


@pytest.mark.parametrize("name", sorted(AS_TEXT))
def test_what_cannot_be_converted_is_refused(name):
    with pytest.raises(ValueError):
        VALIDATORS[name](BROKEN[KINDS[name]])


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_inputs_get_their_types(name):
    text, value = INPUTS[name]
    found = VALIDATORS[name](text)
    assert found == (value if value is not None else [{"id": 7, "type": "SHA1", "secret": "correct-horse"}])
    assert VALIDATORS[name](found) == found


def as_words(variables):
    return [word for name, text in variables.items() for word in ("-e", f"{name}='{text}'")]


def test_every_input_may_be_text_in_the_inventory(tmp_path):
    """Each with the example of its declaration, as a person writes it behind -e."""
    texts = {}
    for name, variable in DECLARED.variables.items():
        value = variable.default if variable.input.example is None else variable.input.example
        if "{{" not in str(value) and not variable.follows:
            texts[name] = value if isinstance(value, str) else json.dumps(value)
    texts["rtf_release"] = "2.x"  # the only one with kinds of clusters and features
    code, output = play(tmp_path, "    - hostprep.runtime_fabric.check_inputs:\n", *as_words(texts))
    assert code == 0, output


@pytest.mark.parametrize("role", ["", "rtf_kernel"])
def test_a_misspelt_variable_of_a_role_is_noticed(tmp_path, role):
    tasks = f"    - hostprep.runtime_fabric.check_inputs:\n        role: {json.dumps(role)}\n"
    code, output = play(tmp_path, tasks, "-e", "rtf_kernel_swap_of=true")
    assert code == 0, output
    said = "rtf_kernel_swap_of is not an input of this collection; did you mean rtf_kernel_swap_off?"
    assert said in " ".join(output.split())


def test_a_role_gets_the_url_of_a_proxy_without_its_credentials(tmp_path):
    tasks = """
    - hostprep.runtime_fabric.check_inputs:
        role: rtf_preflight
      register: found
    - ansible.builtin.debug:
        msg: "proxy {{ found.inputs.http_proxy }} release {{ found.inputs.release }}"
"""
    code, output = play(tmp_path, tasks, "-e", "rtf_http_proxy=http://user:correct-horse@proxy.example.com:3128")
    assert code == 0, output
    assert "proxy http://********@proxy.example.com:3128 release 1.4" in output
    assert "correct-horse" not in output
