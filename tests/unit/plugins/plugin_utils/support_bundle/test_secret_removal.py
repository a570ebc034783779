# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Known secrets in every form, and what looks like a secret, are replaced; nothing else is."""

import base64
from urllib.parse import quote

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.secret_removal import Secrets
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted


def without(text, *known):
    return Secrets(known, Tally()).without(text)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("secret", planted.SECRETS.values(), ids=list(planted.SECRETS))
def test_a_known_secret_is_found_in_every_form(secret):
    credentials = f"{planted.USER}:{secret}"
    for text in (
        f"x {secret} y",
        f"{quote(secret, safe='')}|{quote(secret, safe='').lower()}",
        f"Proxy-Authorization: Basic {encoded(credentials)}",
        f"GET /?q={encoded(secret).rstrip('=')}&r=1",
        f"https://x.example/a/{base64.urlsafe_b64encode(credentials.encode()).decode()}",
        "http%3A%2F%2F" + quote(f"{planted.USER}:{quote(secret, safe='')}@p.example", safe=""),
    ):
        assert planted.found_in(without(text, secret)) == []


@pytest.mark.parametrize(
    "text",
    [
        "http://joe:Kq1xKq1v@proxy.example.com:3128/",
        "http://joe:Kq5x/Kq5v@proxy.example.com",
        "https://Kq1xKq1v@example.com",
        "Authorization: Bearer Kq1x.Kq1v",
        "proxy-authorization=Basic S3ExeEtxMXY6S3ExeA==",
        "RTF_ACTIVATION_DATA='Kq1x Kq1v'",
        'export RTF_TOKEN="Kq1x Kq1v"',
        "db_password: Kq1xKq1v, next",
        '{"api_key": "Kq1x"}',
        "curl -U joe:Kq1xKq1v http://x.example",
        "--proxy-user=joe:Kq1xKq1v",
        "-----BEGIN RSA PRIVATE KEY-----\nKq1x\nKq1v\n-----END RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1Kq1x.eyJzdWIiOiIxMjM0Kq1v.Kq1xKq1v",
        "root:$6$Kq1xKq1v$Kq1v/abc:19000:0",
    ],
)
def test_what_looks_like_a_secret_is_replaced(text):
    found = without(text)
    assert planted.MARK not in found and "S3Ex" not in found and "********" in found


def test_what_looks_like_a_secret_is_replaced_in_base64():
    found = base64.b64decode(without(encoded("proxy_password=Kq1xKq1v and more"))).decode()
    assert found == "proxy_password=******** and more"


@pytest.mark.parametrize(
    "text",
    [
        "the proxy refuses the credentials",
        "password authentication is off",
        "https://example.com/a",
        "ops@example.com",
        "/etc/systemd/system/chronyd.service",
        "token ring",
        "chronyd -u _chrony",
        "2027-01-31T12:00:00+00:00",
    ],
)
def test_other_texts_stay(text):
    assert without(text, "correct-horse") == text


def test_a_short_secret_is_replaced_as_a_word_alone():
    assert without("abc abcd xabc 'abc'", "abc") == "******** abcd xabc '********'"


def test_fields_with_the_name_of_a_secret_are_replaced_whole():
    secrets = Secrets((), Tally())
    assert secrets.is_field("db_password", "x") and secrets.is_field("RTF_TOKEN", "x")
    assert not secrets.is_field("credentials", "none") and not secrets.is_field("password", "")
