# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the lab's proxies."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import internet, proxies


def test_every_proxy_has_a_configuration_for_its_own_address():
    files = {file.path: file.content.decode() for file in internet.configuration([], {})}
    for name in proxies.HTTP:
        assert f"http_port {internet.address_of(name)}:3128" in files[f"/etc/lab/squid/{name}.conf"]
    for name in proxies.SOCKS:
        assert f"internal: {internet.address_of(name)} port = 1080\n" in files[f"/etc/lab/dante/{name}.conf"]


@pytest.mark.parametrize("name, asks", [("proxy", False), ("proxy-auth", True)])
def test_squid_asks_for_a_password_where_it_should(name, asks):
    lines = proxies.squid_conf(name, "192.0.2.1", "192.0.2.53").splitlines()
    assert ("http_access allow known" in lines, "http_access allow all" in lines) == (asks, not asks)


@pytest.mark.parametrize("name, method", [("socks", "none"), ("socks-auth", "username")])
def test_dante_asks_for_a_password_where_it_should(name, method):
    assert f"socksmethod: {method}\n" in proxies.dante_conf(name, "192.0.2.1")


def test_the_password_has_what_a_url_a_shell_and_a_unit_file_get_wrong():
    assert set("$ @:/%#?'\"&()") <= set(proxies.password())


def test_only_the_squid_that_decrypts_takes_what_was_meant_for_others():
    taking = [
        name
        for name in proxies.HTTP
        if f"https_port 192.0.2.1:{proxies.INTERCEPT_PORT} intercept ssl-bump "
        in proxies.squid_conf(name, "192.0.2.1", "192.0.2.53")
    ]
    assert taking == list(proxies.INSPECTING)
