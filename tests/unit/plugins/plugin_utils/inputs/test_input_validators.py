# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each input may hold, and what a person reads when it does not."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    credentials,
    input_validators,
    role_variables,
)

DECLARED = input_declarations.load()
VALIDATORS = input_validators.by_variable(DECLARED.variables, catalog.load())
GOOD = {"rtf_control_plane": "us"}


def problems_of(variables, mandatory=()):
    """What is wrong with the variables of one host, alone or together."""
    values, problems = role_variables.typed(variables, VALIDATORS, mandatory)
    return problems or credentials.disagreements({"rtf_ntp_keys": [], **values})


@pytest.mark.parametrize(
    "name, value",
    [
        ("rtf_release", "1.13"),
        ("rtf_phase", "operate"),
        ("rtf_ntp_servers", []),
        ("rtf_ntp_servers", ["ntp.example.com", "192.0.2.1", "2001:db8::1", "ntp.example.com.", "localhost"]),
        ("rtf_http_proxy", ""),
        ("rtf_http_proxy", "http://proxy.example.com:3128"),
        ("rtf_http_proxy", "http://user:p%40ss%2Fword@192.0.2.7:3128/"),
        ("rtf_http_proxy", "http://[2001:db8::7]:3128"),
        ("rtf_monitoring_proxy", "socks5://user:secret@socks.example.com:1080"),
        ("rtf_http_proxy", "http://user:p@ss:w0rd@proxy.example.com:3128"),
        ("rtf_http_proxy", "http://user:100%25@proxy.example.com:3128"),
        ("rtf_no_proxy_extra", ["mirror.example.com", ".corp.example", "192.0.2.7", "192.0.2.0/24", "mirror"]),
        ("rtf_pod_cidr", "10.244.0.0/16"),
        ("rtf_service_cidr", "172.20.0.0/24"),
        ("rtf_load_balancer", ""),
        ("rtf_load_balancer", "lb.example.com"),
        ("rtf_load_balancer", "192.0.2.7:8443"),
        ("rtf_max_latency_ms", 0.5),
        ("rtf_min_node_bandwidth_mbit", "8000"),
        ("rtf_spare_addresses", 0),
        ("rtf_spare_addresses", "5"),
        ("rtf_report_dir", "reports"),
        ("rtf_node_address", "192.168.1.5"),
        ("rtf_extra_endpoints", []),
        ("rtf_extra_endpoints", [{"host": "registry.example.com", "port": 443}]),
        ("rtf_extra_ports", [{"ports": 9100, "from": "internal_network", "to": "nodes"}]),
        ("rtf_internal_networks", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]),
        ("rtf_ingress_sources", []),
        ("rtf_previous_release", "1.4"),
        ("rtf_change_request_dir", "out"),
    ],
)
def test_a_valid_value_is_accepted(name, value):
    assert problems_of({**GOOD, name: value}) == []


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("rtf_release", "1.44", "'1.44' is unknown; valid: 1.4, 1.5, "),
        ("rtf_release", 1.4, "1.4 is a number, not a string; write it in quotes"),
        ("rtf_control_plane", "mars", "valid: us, eu, ca, jp, in"),
        ("rtf_phase", None, "a null, not a string"),
        ("rtf_ntp_servers", 5, 'must be a list, not a number; for example ["ntp.example.com", '),
        ("rtf_ntp_servers", "ntp.example.com ntp2.example.com", "is not a valid host name or address"),
        ("rtf_ntp_servers", ["ntp.example.com:123"], "'ntp.example.com:123' is not a valid host name"),
        ("rtf_ntp_servers", ["http://ntp.example.com"], "is not a valid host name or address"),
        ("rtf_ntp_servers", ["ntp.exa mple.com"], "is not a valid host name or address"),
        ("rtf_ntp_servers", ["192.0.2.300"], "is not a valid host name or address"),
        ("rtf_ntp_servers", [None], "is not a valid host name or address"),
        ("rtf_ntp_servers", [""], "is not a valid host name or address"),
        ("rtf_http_proxy", "proxy.example.com:3128", "must start with http://"),
        ("rtf_http_proxy", "https://proxy.example.com:3128", "must start with http://"),
        ("rtf_http_proxy", "http://proxy.example.com", "has no port"),
        ("rtf_http_proxy", "http://proxy.example.com:many", "percent-encoded"),
        ("rtf_http_proxy", "http://proxy.example.com:3128/path", "text after the port"),
        ("rtf_http_proxy", "http://proxy example:3128", "contains spaces"),
        ("rtf_http_proxy", {"host": "x"}, "must be a URL http://[user:password@]host:port, not a dictionary"),
        ("rtf_monitoring_proxy", "socks4://socks.example.com:1080", "must start with socks5://"),
        ("rtf_http_proxy_user", "user:name", "contains a colon"),
        ("rtf_http_proxy_user", 7, "must be a string"),
        ("rtf_http_proxy", "http://us%3Aer:x@proxy.example.com:3128", "contains a colon"),
        ("rtf_monitoring_proxy_user", "us\ner", "contains a line break or another control character"),
        ("rtf_no_proxy_extra", {"mirror": 1}, "must be a list"),
        ("rtf_no_proxy_extra", ["*.corp.example"], "write '.corp.example'"),
        ("rtf_no_proxy_extra", ["mirror:8080"], "is not a valid name"),
        ("rtf_no_proxy_extra", ["a,b"], "is not a valid name"),
        ("rtf_no_proxy_extra", ["192.0.2.1/24"], "is not a valid name"),
        ("rtf_no_proxy_extra", ["$(id)"], "is not a valid name"),
        ("rtf_pod_cidr", "10.244.0.0", "is not a valid network; write an IPv4 network such as 10.244.0.0/16"),
        ("rtf_pod_cidr", "10.244.1.0/16", "has host bits set"),
        (
            "rtf_pod_cidr",
            "10.244.0.0/28",
            "10.244.0.0/28 is not a valid size for a network of the cluster; valid: /8 to /24",
        ),
        ("rtf_service_cidr", "0.0.0.0/0", "is not a valid size"),
        ("rtf_service_cidr", "fd00::/64", "is not a valid network"),
        ("rtf_service_cidr", ["10.100.0.0/16"], "is not a valid network"),
        (
            "rtf_load_balancer",
            "https://lb.example.com",
            "'https://lb.example.com' has no port from 1 to 65535 after the colon",
        ),
        ("rtf_load_balancer", "a lb:443", "has no host name or IPv4 address before the port"),
        ("rtf_load_balancer", "lb.example.com:https", "has no port from 1 to 65535 after the colon"),
        ("rtf_load_balancer", ["lb.example.com"], "must be host or host:port, not a list"),
        ("rtf_max_latency_ms", "fast", "must be a number of milliseconds, above 0 and at most 1000000000, not 'fast'"),
        ("rtf_max_latency_ms", 0, "must be a number of milliseconds, above 0 and at most 1000000000, not 0"),
        ("rtf_min_node_bandwidth_mbit", True, "must be a number of Mbit/s, above 0 and at most 1000000000, not True"),
        ("rtf_min_node_bandwidth_mbit", float("nan"), "must be a number of Mbit/s, above 0"),
        ("rtf_spare_addresses", -1, "must be a whole number of addresses, at least 0, not -1"),
        ("rtf_spare_addresses", True, "must be a whole number of addresses, at least 0, not True"),
        ("rtf_spare_addresses", "many", "must be a whole number of addresses, at least 0, not 'many'"),
        ("rtf_report_dir", "", "must be a path"),
        ("rtf_node_address", "node-1", "is not a valid IPv4 address"),
        ("rtf_node_address", 5, "is not a valid IPv4 address"),
        ("rtf_extra_endpoints", {}, "must be a list, not a dictionary"),
        ("rtf_extra_endpoints", "registry.example.com", "as a string, write it in JSON, [{...}, ...]"),
        ("rtf_extra_endpoints", [{"host": "x.example.com"}], "entry 1: port is missing"),
        ("rtf_extra_ports", [{"ports": [0], "from": "nodes", "to": "nodes"}], "entry 1: ports: '0' is not a port"),
        ("rtf_internal_networks", {}, 'must be a list, not a dictionary; for example ["10.0.0.0/8", "192.0.2.0/24"]'),
        ("rtf_internal_networks", ["10.0.0.1/8"], "10.0.0.1/8 has host bits set"),
        ("rtf_ingress_sources", ["office"], "'office' is not an address or a network"),
        ("rtf_previous_release", "1.3", "'1.3' is unknown; valid: 1.4, 1.5"),
        ("rtf_previous_release", 1.10, "write it in quotes"),
        ("rtf_change_request_dir", "", "must be a path"),
    ],
)
def test_an_invalid_value_is_refused_by_the_name_of_its_variable(name, value, said):
    (problem,) = problems_of({**GOOD, name: value})
    assert problem.startswith(f"{name}: ") and said in problem


@pytest.mark.parametrize(
    "url",
    [
        "http://user:s3cret#x@proxy.example.com:3128",
        "http://user:s3cret/x@proxy.example.com:3128",
        "http://user:s3cret x@proxy.example.com:3128",
        "https://user:s3cret@proxy.example.com:3128",
        "user:s3cret@proxy.example.com:3128",
        "http://user:s3cret@proxy.example.com",
        "http://user:s3cret@:3128",
    ],
)
def test_a_refused_proxy_url_never_shows_its_password(url):
    (problem,) = problems_of({**GOOD, "rtf_http_proxy": url})
    assert "s3cret" not in problem


def test_every_problem_is_named_at_once_and_a_missing_control_plane_is_one():
    problems = problems_of({"rtf_release": "9", "rtf_phase": "x"}, ["rtf_control_plane"])
    assert [problem.partition(":")[0] for problem in problems] == ["rtf_control_plane", "rtf_phase", "rtf_release"]
    assert (
        problems[0]
        == "rtf_control_plane: not set for the group rtf_nodes, in the inventory or its group_vars; valid: us, eu, ca, jp, in"
    )


@pytest.mark.parametrize(
    "name, value",
    [
        ("rtf_kernel_sysctl_file", "/etc/sysctl.d/zz-runtime-fabric.conf"),
        ("rtf_kernel_sysctl_file", "/etc/sysctl.d/99-site.conf"),
        ("rtf_kernel_modules_file", "/etc/modules-load.d/runtime-fabric.conf"),
    ],
)
def test_a_file_of_its_own_is_accepted(name, value):
    assert VALIDATORS[name](value) == value


@pytest.mark.parametrize(
    "value",
    [
        "/",
        "",
        None,
        ["/etc/sysctl.d/x.conf"],
        "/etc/sysctl.d",
        "/etc/sysctl.d/",
        "/etc/sysctl.d/../passwd",
        "/etc/sysctl.conf",
        "/etc/sysctl.d/x/y.conf",
        "/etc/sysctl.d/..conf",
        "/home/ops/x.conf",
        "/etc/sysctl.d/x",
        "/etc/sysctl.d/x.conf\n",
    ],
)
def test_any_other_path_is_refused(value):
    """Root replaces and removes these files: they are where only root writes."""
    with pytest.raises(ValueError, match="a separate file in /etc/sysctl.d, such as"):
        VALIDATORS["rtf_kernel_sysctl_file"](value)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("rtf_firewall_backend", "iptable", "'iptable' is unknown; valid: auto, firewalld, nftables, ufw, iptables"),
        ("rtf_firewall_default_deny", "maybe", "must be true or false"),
        ("rtf_firewall_rollback_timeout", 5, "must be a whole number of seconds, at least 10 and at most 3600, not 5"),
        ("rtf_firewall_rollback_timeout", True, "at least 10 and at most 3600"),
        ("rtf_node_ipv6_address", "192.0.2.1", "is not a valid IPv6 address"),
        ("rtf_firewall_install_ports_expire", "soon", "is not a valid duration"),
        ("rtf_proxy_consumers", ["docker", "podman"], "podman is unknown; valid: login_shells, sessions, "),
        ("rtf_proxy_restart_services", "installer", "installer is unknown; valid: docker, containerd"),
        ("rtf_time_sync_wait", "unchanged", "must be a whole number, not 'unchanged'"),
    ],
)
def test_variables_of_roles_are_validated(name, value, said):
    with pytest.raises(ValueError, match=said):
        VALIDATORS[name](value)


def test_a_variable_may_tell_unset_from_empty():
    validate = VALIDATORS["rtf_time_sync_servers"]
    assert validate("unchanged") == "unchanged"
    assert validate("") == [] and validate("a.example") == ["a.example"]


@pytest.mark.parametrize(
    "unit, said", [("", "must be a whole number, at least 1"), ("MB", "must be a whole number of MB, at least 1")]
)
def test_a_limit_is_stated_with_its_unit_where_it_has_one(unit, said):
    declared = input_declarations.Input("rtf_x", "cluster", "int", "", minimum=1, unit=unit)
    with pytest.raises(ValueError, match=f"{said}, not 0"):
        input_validators.within(declared)(0)
