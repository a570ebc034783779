# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each input may hold, and what a person reads when it does not."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inputs

CHECKS = inputs.checks_by_name(["1.4", "1.13"], ["us", "eu"])
GOOD = {"rtf_control_plane": "us"}


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
    ],
)
def test_a_value_that_can_be_meant_is_accepted(name, value):
    assert inputs.value_problems({**GOOD, name: value}, CHECKS) == []


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("rtf_release", "1.44", "'1.44' is unknown; valid: 1.4, 1.13"),
        ("rtf_release", 1.4, "1.4 is a number, not a string; write it in quotes"),
        ("rtf_control_plane", "mars", "valid: us, eu"),
        ("rtf_phase", None, "a null, not a string"),
        ("rtf_ntp_servers", 5, "must be a list of host names or addresses, not a number"),
        ("rtf_ntp_servers", "ntp.example.com ntp2.example.com", "no host name"),
        ("rtf_ntp_servers", ["ntp.example.com:123"], "'ntp.example.com:123' is no host name"),
        ("rtf_ntp_servers", ["http://ntp.example.com"], "no host name"),
        ("rtf_ntp_servers", ["ntp.exa mple.com"], "no host name"),
        ("rtf_ntp_servers", ["192.0.2.300"], "no host name"),
        ("rtf_ntp_servers", [None], "no host name"),
        ("rtf_ntp_servers", [""], "no host name"),
        ("rtf_http_proxy", "proxy.example.com:3128", "must start with http://"),
        ("rtf_http_proxy", "https://proxy.example.com:3128", "must start with http://"),
        ("rtf_http_proxy", "http://proxy.example.com", "has no port"),
        ("rtf_http_proxy", "http://proxy.example.com:many", "percent-encoded"),
        ("rtf_http_proxy", "http://proxy.example.com:3128/path", "text behind the port"),
        ("rtf_http_proxy", "http://proxy example:3128", "has blanks"),
        ("rtf_http_proxy", {"host": "x"}, "must be a URL http://[user:password@]host:port, not a dictionary"),
        ("rtf_monitoring_proxy", "socks4://socks.example.com:1080", "must start with socks5://"),
        ("rtf_http_proxy_user", "user:name", "has a colon in it"),
        ("rtf_http_proxy_user", 7, "must be a string"),
        ("rtf_http_proxy", "http://us%3Aer:x@proxy.example.com:3128", "has a colon in it"),
        ("rtf_monitoring_proxy_user", "us\ner", "has a line break or another control character"),
        ("rtf_no_proxy_extra", {"mirror": 1}, "must be a list"),
        ("rtf_no_proxy_extra", ["*.corp.example"], "write '.corp.example'"),
        ("rtf_no_proxy_extra", ["mirror:8080"], "is not a name"),
        ("rtf_no_proxy_extra", ["a,b"], "is not a name"),
        ("rtf_no_proxy_extra", ["192.0.2.1/24"], "is not a name"),
        ("rtf_no_proxy_extra", ["$(id)"], "is not a name"),
        ("rtf_pod_cidr", "10.244.0.0", "is no network; write an IPv4 network such as 10.244.0.0/16"),
        ("rtf_pod_cidr", "10.244.1.0/16", "has host bits set"),
        ("rtf_pod_cidr", "10.244.0.0/28", "10.244.0.0/28 is no size for a cluster; valid: /8 to /24"),
        ("rtf_service_cidr", "0.0.0.0/0", "is no size for a cluster"),
        ("rtf_service_cidr", "fd00::/64", "is no network"),
        ("rtf_service_cidr", ["10.100.0.0/16"], "is no network"),
        (
            "rtf_load_balancer",
            "https://lb.example.com",
            "'https://lb.example.com' has no port from 1 to 65535 behind the colon",
        ),
        ("rtf_load_balancer", "a lb:443", "has no host name or IPv4 address before the port"),
        ("rtf_load_balancer", "lb.example.com:https", "has no port from 1 to 65535 behind the colon"),
        ("rtf_load_balancer", ["lb.example.com"], "must be host or host:port, not a list"),
        ("rtf_max_latency_ms", "fast", "'fast' is no number of milliseconds"),
        ("rtf_max_latency_ms", 0, "0 is no number of milliseconds above 0"),
        ("rtf_min_node_bandwidth_mbit", True, "True is no number of Mbit/s above 0"),
        ("rtf_min_node_bandwidth_mbit", float("nan"), "is no number of Mbit/s above 0"),
        ("rtf_spare_addresses", -1, "-1 is no number of addresses"),
        ("rtf_spare_addresses", True, "is no number of addresses"),
        ("rtf_spare_addresses", "many", "'many' is no number of addresses"),
        ("rtf_report_dir", "", "must be a path"),
        ("rtf_node_address", "node-1", "no IPv4 address"),
        ("rtf_node_address", 5, "no IPv4 address"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_the_name_of_its_variable(name, value, said):
    (problem,) = inputs.value_problems({**GOOD, name: value}, CHECKS)
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
    (problem,) = inputs.value_problems({**GOOD, "rtf_http_proxy": url}, CHECKS)
    assert "s3cret" not in problem


PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "u", "rtf_http_proxy_password": "$(touch pwned) '\"%"}, None),
        ({"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "u"}, None),
        ({"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "", "rtf_http_proxy_password": ""}, None),
        (
            {"rtf_http_proxy": PROXY, "rtf_http_proxy_password": "s3cret"},
            "rtf_http_proxy: has a password apart and no user",
        ),
        ({"rtf_monitoring_proxy_user": "u"}, "rtf_monitoring_proxy: there are credentials and no proxy"),
        (
            {"rtf_http_proxy": "http://u:s3cret@proxy.example.com:3128", "rtf_http_proxy_user": "u"},
            "rtf_http_proxy: has credentials in it, and there are others apart; set one of them",
        ),
        (
            {"rtf_http_proxy": "http://u:s3cret%@proxy.example.com:3128"},
            "rtf_http_proxy: has a % in its credentials that begins no code; write % itself as %25",
        ),
        (
            {"rtf_http_proxy": "http://u:s3cret%0A@proxy.example.com:3128"},
            "rtf_http_proxy: has a line break or another control character in it, which no file of settings can hold",
        ),
        (
            {"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "u", "rtf_http_proxy_password": "s3cret\nx"},
            "rtf_http_proxy_password: has a line break or another control character in it, which no file of settings can hold",
        ),
    ],
)
def test_credentials_are_taken_inside_the_url_or_apart(variables, said):
    assert inputs.value_problems({**GOOD, **variables}, CHECKS) == ([said] if said else [])


def test_every_problem_is_named_at_once_and_a_missing_control_plane_is_one():
    problems = inputs.value_problems({"rtf_release": "9", "rtf_phase": "x"}, CHECKS)
    assert [problem.partition(":")[0] for problem in problems] == ["rtf_control_plane", "rtf_phase", "rtf_release"]
    assert (
        problems[0]
        == "rtf_control_plane: not set for the group rtf_nodes, in the inventory or its group_vars; valid: us, eu"
    )


@pytest.mark.parametrize(
    "groups, said",
    [
        ({}, "rtf_nodes: the inventory has no such group"),
        ({"rtf_nodes": []}, "rtf_nodes: the inventory has no such group or it is empty"),
        ({"rtf_nodes": ["a", "b"], "rtf_controllers": ["a"]}, "b is in neither rtf_controllers nor rtf_workers"),
        ({"rtf_nodes": ["a"], "rtf_workers": ["a"]}, "rtf_controllers: the group is empty"),
        (
            {"rtf_nodes": ["a"], "rtf_controllers": ["a"], "rtf_workers": ["a"]},
            "a is in rtf_controllers and in rtf_workers",
        ),
        (
            {"rtf_nodes": ["a"], "rtf_controllers": ["a"], "rtf_workers": ["b"]},
            "b is a controller or worker but not in",
        ),
    ],
)
def test_groups_that_leave_a_nodes_role_open_are_refused(groups, said):
    problems = inputs.group_problems(groups)
    assert len(problems) == 1 and said in problems[0]


def test_good_groups_are_accepted():
    assert inputs.group_problems({"rtf_nodes": ["a", "b"], "rtf_controllers": ["a"], "rtf_workers": ["b"]}) == []


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"ansible_host": "192.0.2.1"}, []),
        ({"ansible_host": "10.244.0.1"}, []),
        (
            {"rtf_pod_cidr": "10.64.0.0/10"},
            ["rtf_pod_cidr: 10.64.0.0/10 and the network of the services, 10.100.0.0/16, overlap"],
        ),
        (
            {"rtf_pod_cidr": "10.0.0.0/16", "ansible_host": "10.0.3.1"},
            ["rtf_pod_cidr: 10.0.0.0/16 holds the address of a, 10.0.3.1; choose a network nothing else uses"],
        ),
        (
            {
                "ansible_host": "bastion.example.com",
                "rtf_node_address": "10.100.3.1",
                "rtf_service_cidr": "10.100.0.0/16",
            },
            ["rtf_service_cidr: 10.100.0.0/16 holds the address of a, 10.100.3.1; choose a network nothing else uses"],
        ),
    ],
)
def test_networks_of_the_cluster_keep_clear_of_each_other_and_of_the_nodes(variables, said):
    assert inputs.network_problems({"a": variables}) == said


def test_what_must_hold_for_the_cluster_must_be_the_same_on_every_node():
    found = inputs.disagreements({"a": {"rtf_release": "1.4"}, "b": {"rtf_release": "1.13"}, "c": {}})
    assert found == ["rtf_release: must be the same for the whole cluster, found '1.4' on a; '1.13' on b"]


def test_a_misspelt_input_is_pointed_out_and_a_sites_own_variable_is_not():
    hints = inputs.misspellings(["rtf_ntp_server", "rtf_release", "rtf_building", "ntp_servers"], CHECKS)
    assert hints == ["rtf_ntp_server is no input of this collection; did you mean rtf_ntp_servers?"]
