# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of a proxy setting only a scheme, a host and a port that parse cleanly are ever shown."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import HIDDEN, Display
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    apt_options,
    dnf_options,
    pam_environment,
    shell_environment,
    systemd_environment_file,
    systemd_unit_directives,
)

# The letters of secrets, which nothing else in these tests has.
SECRET = st.text(st.sampled_from("XYZ0789 #@:/%?'\"\\$&;=[]()"), min_size=1, max_size=14)
USER, HOST = "svc", "proxy.example.com"


@pytest.mark.parametrize(
    "value, shown",
    [
        ("http://p:1", "http://p:1"),
        ("HTTP://p:1/", "HTTP://p:1"),
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("socks5h://[2001:db8::1]:1080", "socks5h://[2001:db8::1]:1080"),
        ("proxy.example.com:3128", "proxy.example.com:3128"),
        ("192.0.2.1:3128", "192.0.2.1:3128"),
        ("http://t0ken@proxy.example", "http://********@proxy.example"),
        ("http://t0ken@[::1]", "http://********@[::1]"),
        ("http://u:pw@p:1", "http://********@p:1"),
        ("http://u:@p:1", "http://********@p:1"),
        ("http://@p:1", "http://********@p:1"),
        ("u:pw@p:1", "********@p:1"),
        # What is no plain URL.
        ("http://u:p@ss@p:1", HIDDEN),
        ("http://u:p/ss@p:1", HIDDEN),
        ("http://u:12/ss@p:1", HIDDEN),
        ("http://u:p ss@p:1", HIDDEN),
        ("http://u:p#ss@p:1", HIDDEN),
        ("http://u:p?ss@p:1", HIDDEN),
        ("http://svc:Top", HIDDEN),
        ("http://svc:Top@Secret9", HIDDEN),
        ("http://svc:123456", HIDDEN),
        ("http://svc:0", HIDDEN),
        ("http://p:1/path", HIDDEN),
        ("http://1.2.3", HIDDEN),
        ("t0ken://p:1", HIDDEN),
        ("http://t0ken%20x", HIDDEN),
        ("svc:12345", HIDDEN),
        ("t0ken", HIDDEN),
        ("t0ken.t0ken", HIDDEN),
        ("$SECRET", HIDDEN),
        ("http://$PROXY:1", HIDDEN),
        ("http://p:1\n", HIDDEN),
        ("", HIDDEN),
    ],
)
def test_what_is_shown_of_a_url(value, shown):
    assert masked_urls.shown(value) == shown


@pytest.mark.parametrize(
    "value, shown",
    [
        ("localhost,127.0.0.1,.svc,*.corp.example,10.0.0.0/8", "localhost,127.0.0.1,.svc,*.corp.example,10.0.0.0/8"),
        ("a, b  c:8080", "a, b  c:8080"),
        ("::1,[fe80::1],fd00::/8,192.168.*.*", "::1,[fe80::1],fd00::/8,192.168.*.*"),
        ("*", "*"),
        ("", ""),
        ("a,$B,c", "a,(hidden),c"),
        ("a,u:pw,c", "a,(hidden),c"),
        ("a,http://u:12", HIDDEN),
        ("a,34@p:1", HIDDEN),
    ],
)
def test_what_is_shown_of_a_list_of_hosts(value, shown):
    assert masked_urls.shown_hosts(value) == shown


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("http://u:a%40b@p:1", "http://u:a@b@p:1/", True),
        ("HTTP://u:a%20b@P:1", "http://u:a b@p:1", True),
        ("http://u:@p:1", "http://u@p:1", False),
        ("http://@p:1", "http://p:1", False),
        ("http://u:a@p:1", "http://u:b@p:1", False),
        ("http://u:a@p:1", "http://v:a@p:1", False),
        ("http://u:a@p:1", "socks5://u:a@p:1", False),
    ],
)
def test_the_digest_does_not_depend_on_how_credentials_are_encoded(one, other, same):
    assert (masked_urls.digest(one) == masked_urls.digest(other)) is same


def test_a_url_that_is_expected_is_shown_though_its_line_goes_on():
    display = Display([masked_urls.digest("http://u:a%40b@p:1"), masked_urls.digest("http://q:1")])
    assert display.url("http://u:a@b@p:1") == ("http://********@p:1", "expected")
    assert display.url("http://q:1/", cut=True) == ("http://q:1", "none")
    assert display.url("http://u:other@p:1") == ("http://********@p:1", "other")


def test_what_was_cut_off_in_one_place_is_hidden_in_every_other():
    display = Display()
    assert display.url("http://svc:1234") == ("http://svc:1234", "none")
    assert display.setting("http_proxy", "http://svc:1234", cut=True) == (HIDDEN, "other")
    assert display.setting("HTTP_PROXY", "http://svc:1234") == (HIDDEN, "other")


def lines(secret):
    """The lines of a file of settings that may hold a URL with this secret, right or wrong, and how each is read."""
    for url in (
        f"http://{USER}:{secret}@{HOST}:3128",
        f"http://{secret}@{HOST}:3128",
        f"{USER}:{secret}@{HOST}:3128",
        f"http://{USER}:{quote(secret, safe='')}@{HOST}:3128",
    ):
        for line in (f"http_proxy={url}", f'export http_proxy="{url}"', f"http_proxy='{url}' # it's ours"):
            found = [each for _source, each in shell_environment.environment([("", line)], exported_only=False)]
            found += pam_environment.environment(line + "\n") + systemd_environment_file.environment(line)
            yield from ((each.name, each.value, each.cut) for each in found)
        for value in (f"http_proxy={url}", f'"http_proxy={url}" LANG=C'):
            yield from ((each.name, each.value, each.cut) for each in systemd_unit_directives.environment(value))
        yield "proxy", dnf_options.main_section(f"[main]\nproxy={url}\n").get("proxy", ""), False
        for name, value in apt_options.apt_options(f'Acquire::http::Proxy "{url}";\n'):
            yield name, value, False


@given(SECRET)
def test_no_part_of_a_secret_is_shown_however_it_is_written_and_read(secret):
    for name, value, cut in lines(secret):
        shown, _credentials = Display().setting(name, value, cut)
        left = shown.replace(HIDDEN, "").replace("3128", "").replace("://", "").replace("@", "").replace(":", "")
        assert not set(left) & set("XYZ0789#%?'\"\\$&;=[]() /"), (value, shown)
