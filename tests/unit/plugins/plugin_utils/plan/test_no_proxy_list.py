# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NO_PROXY as it is computed, and the URL of a proxy as it is written."""

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.filter.proxy_parts import proxy_parts
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import proxy_url
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import (
    no_proxy_list,
    no_proxy_program_rules,
    no_proxy_truth_table,
)

NODES = {
    "n1": {"ansible_host": "192.0.2.11"},
    "n2": {"ansible_host": "n2.corp.example", "rtf_node_address": "192.0.2.21"},
    "odd name": {},
}


def test_every_part_of_the_cluster_is_in_it_once():
    assert no_proxy_list.compute(NODES, "10.244.0.0/16", "10.100.0.0/16", [".corp.example", "n1"]) == [
        "localhost",
        "127.0.0.1",
        "169.254.169.254",
        "192.0.2.11",
        "192.0.2.21",
        "n1",
        "n2",
        "n2.corp.example",
        "10.244.0.0/16",
        "10.100.0.0/16",
        "10.100.0.1",
        "kubernetes.default.svc",
        "leader.telekube.local",
        ".svc",
        ".local",
        ".corp.example",
    ]


def test_a_cluster_of_the_site_has_no_leader_of_the_appliance():
    networks = ("10.244.0.0/16", "10.96.0.0/12")
    ours = no_proxy_list.compute(NODES, *networks, line="self_managed")
    assert set(no_proxy_list.compute(NODES, *networks)) - set(ours) == {"leader.telekube.local"}
    wanted = no_proxy_truth_table.destinations(NODES, *networks, line="self_managed")
    assert "leader.telekube.local" not in [one.host for one in wanted]
    assert no_proxy_truth_table.proxied(",".join(ours), wanted, no_proxy_program_rules.by_name()) == []


@pytest.mark.parametrize("curl", [None, "7.29.0", "7.74.0", "7.88.1", "8.5.0"])
def test_nothing_of_the_cluster_goes_through_the_proxy(curl):
    wanted = no_proxy_truth_table.destinations(NODES, "10.200.0.0/20", "172.20.16.0/20")
    value = ",".join(no_proxy_list.compute(NODES, "10.200.0.0/20", "172.20.16.0/20"))
    programs = no_proxy_program_rules.by_name(curl)
    assert no_proxy_truth_table.proxied(value, wanted, programs) == []
    assert ("Go", wanted[2]) in no_proxy_truth_table.proxied("", wanted, programs)


def test_a_curl_before_networks_is_known_by_its_version():
    (pod,) = [
        one for one in no_proxy_truth_table.destinations(NODES, "10.244.0.0/16", "10.100.0.0/16") if "pod" in one.what
    ]
    assert (
        no_proxy_truth_table.rows("10.244.0.0/16", [pod], no_proxy_program_rules.by_name("7.85.0"))[pod.host][
            "curl 7.85.0"
        ]
        == "proxied"
    )
    assert (
        no_proxy_truth_table.rows("10.244.0.0/16", [pod], no_proxy_program_rules.by_name("7.86.0"))[pod.host][
            "curl 7.86.0"
        ]
        == "direct"
    )


@pytest.mark.parametrize(
    "network, patterns",
    [
        ("10.0.0.0/8", "10.*"),
        ("10.244.0.0/16", "10.244.*"),
        ("10.4.0.0/15", "10.4.*|10.5.*"),
        ("192.0.2.0/31", "192.0.2.0|192.0.2.1"),
        (".local", "*.local"),
        ("corp.example", "corp.example|*.corp.example"),
    ],
)
def test_java_is_told_in_its_own_way(network, patterns):
    assert no_proxy_list.java_pattern([network]) == patterns


@given(
    st.text(st.characters(min_codepoint=32, exclude_characters=":\x7f", exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1),
)
def test_credentials_come_back_from_the_url_as_they_went_in(user, password):
    written = proxy_url.ProxyUrl("http", "p.example", 3128, user, password).text()
    assert all(character.isalnum() and character.isascii() or character in "-._~%:/@" for character in written)
    assert proxy_url.parse(written) == ("http", "p.example", 3128, user, password)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("",), ("", "", "")),
        (("http://p:1",), ("http://p:1", "http://p:1", "")),
        (("http://p:1/", "u", "a b"), ("http://********@p:1", "http://u:a%20b@p:1", "u:a%20b@")),
        (("http://u:a@b@p:1",), ("http://********@p:1", "http://u:a%40b@p:1", "u:a%40b@")),
        (("http://u:a%40b@p:1", "", "", "X/"), ("http://X/p:1", "http://u:a%40b@p:1", "u:a%40b@")),
        (("http://p:1", "", "", "X/"), ("http://p:1", "http://p:1", "")),
        (("http://t0ken@p:1",), ("http://********@p:1", "http://t0ken@p:1", "t0ken@")),
        (
            ("socks5://[2001:db8::1]:1080", "u"),
            ("socks5://********@[2001:db8::1]:1080", "socks5://u@[2001:db8::1]:1080", "u@"),
        ),
    ],
)
def test_the_credentials_are_separated_from_the_url(arguments, expected):
    parts = proxy_parts(*arguments)
    assert (parts["url"], parts["secret_url"], parts["credentials"]) == expected


@pytest.mark.parametrize(
    "url", ["http://u:s3/cret@p:1", "http://s3cret", "http://u:s3cret@", "s3cret", "http://[s3cret"]
)
def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url):
    with pytest.raises(AnsibleFilterError, match="no readable scheme, host and port") as problem:
        proxy_parts(url)
    assert "s3" not in str(problem.value)


def test_credentials_twice_are_refused_without_showing_them():
    with pytest.raises(AnsibleFilterError, match="others are set in separate variables") as problem:
        proxy_parts("http://u:s3cret@p:1", "u", "other")
    assert "s3cret" not in str(problem.value)
