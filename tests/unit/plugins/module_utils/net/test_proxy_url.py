# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_url


def test_a_url_with_everything():
    found = proxy_url.parse("http://jo:p%40ss%3Aw%2Frd%25@proxy.example.com:3128/", "http")
    assert found == proxy_url.Proxy("http_proxy", "proxy.example.com", 3128, "jo", "p@ss:w/rd%")
    assert proxy_url.label(found) == "the proxy proxy.example.com port 3128"


def test_a_url_with_an_address_and_nobody():
    assert proxy_url.parse("socks5://[2001:db8::1]:1080", "socks5") == proxy_url.Proxy(
        "socks5", "2001:db8::1", 1080, None, None
    )


@pytest.mark.parametrize(
    "url, scheme",
    [
        ("proxy:3128", "http"),
        ("https://secret@proxy:3128", "http"),
        ("http://secret@proxy", "http"),
        ("http://secret@proxy:0", "http"),
        ("http://secret@proxy:99999", "http"),
        ("http://:secret@proxy:3128", "http"),
        ("http://a%3Ab:secret@proxy:3128", "http"),
        ("http://u:secret@proxy:3128/path", "http"),
        ("http://u:secret@proxy:3128?x", "http"),
        ("http://u:se#cret@proxy:3128", "http"),
        ("http://u:secret@[proxy:3128", "http"),
        ("http://u:secret@pro xy:3128", "http"),
        ("socks5://u:%s@proxy:1080" % ("secret" * 50), "socks5"),
        ("", "http"),
    ],
)
def test_what_is_no_proxy_is_refused_without_being_quoted(url, scheme):
    with pytest.raises(proxy_url.ProxyUrlError) as caught:
        proxy_url.parse(url, scheme)
    assert "secret" not in str(caught.value) and "se#cret" not in str(caught.value)


def test_secrets_that_a_proxy_sends_back_are_not_passed_on():
    proxy = proxy_url.parse("http://jo:hunter2@proxy:3128", "http")
    text = f"denied: hunter2, {proxy_url.basic_token(proxy)}"
    assert proxy_url.without_secrets(text, proxy) == "denied: ********, ********"


@pytest.mark.parametrize(
    "url, said, shown",
    [
        ("http://t0ken@proxy:3128", "no t0ken here", "no ******** here"),
        ("http://t0ken-of-a-site:x-oauth@proxy:3128", "no t0ken-of-a-site", "no ********"),
        ("http://jo:a%20b@proxy:3128", "jo, a%20b, a b", "jo, ********, ********"),
    ],
)
def test_a_token_as_the_user_and_an_encoded_password_are_not_passed_on(url, said, shown):
    assert proxy_url.without_secrets(said, proxy_url.parse(url, "http")) == shown
