# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A diff shows the structure of a block, and no secret, without knowing which words of it are secrets."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_lines

# Without the letters of what is shown around them.
SECRET = st.text(st.sampled_from("QWZ789 #@:/%?'\"\\$&;=[]"), min_size=1, max_size=14)


@pytest.mark.parametrize(
    "line, shown",
    [
        ("7 SHA256 HEX:0A0B", "7 SHA256 ********"),
        ("7 secret", "7 ********"),
        ("7 SHA1", "7 ********"),
        ("server ntp.example.com iburst key 7 minpoll -6", "server ntp.example.com iburst key 7 minpoll -6"),
        ("pool 192.0.2.1 maxsources 4", "pool 192.0.2.1 maxsources 4"),
        ("server ntp.example.com secret", "********"),
        ("sourcedir /etc/chrony/sources.d", "sourcedir /etc/chrony/sources.d"),
        ("include /etc/chrony/conf.d/*.conf", "include /etc/chrony/conf.d/*.conf"),
        ("http_proxy=http://p:1", "http_proxy=http://p:1"),
        ("export HTTPS_PROXY='http://u:pw@p:1'", "export HTTPS_PROXY='http://********@p:1'"),
        ("export HTTPS_PROXY='http://u:pw@p", "export HTTPS_PROXY='********"),
        ("http_proxy=http://u:p w@p:1", "http_proxy=********"),
        ("https_proxy=http://t0ken@p:1", "https_proxy=http://********@p:1"),
        ("no_proxy=localhost,10.0.0.0/8,.svc", "no_proxy=localhost,10.0.0.0/8,.svc"),
        ("NO_PROXY=a,u:pw@p", "NO_PROXY=(hidden)"),
        ("proxy=http://u:pw@p:1", "proxy=http://********@p:1"),
        ("proxy_password = pw", "proxy_password = ********"),
        ("RTF_TOKEN=''", "RTF_TOKEN=''"),
        ("RTF_TOKEN='t0ken'", "RTF_TOKEN='********'"),
        ('DefaultEnvironment="http_proxy=http://u:pw@p:1"', 'DefaultEnvironment="http_proxy=http://********@p:1"'),
        ("EnvironmentFile=-/etc/systemd/a.env", "EnvironmentFile=-/etc/systemd/a.env"),
        ("EnvironmentFile=s3cret", "EnvironmentFile=********"),
        ('Acquire::http::Proxy "http://u:pw@p:1";', 'Acquire::http::Proxy "http://********@p:1";'),
        ('Acquire::https::Proxy::10.0.0.1 "DIRECT";', 'Acquire::https::Proxy::10.0.0.1 "DIRECT";'),
        ('Acquire::http::Proxy "s3cret";', 'Acquire::http::Proxy "********";'),
        ("[main]", "[main]"),
        ("", ""),
        ("Proxy-Authorization: Basic dTpwdw==", "********"),
        ("# dTpwdw==", "********"),
    ],
)
def test_what_is_shown_of_a_line(line, shown):
    assert masked_lines.shown(line + "\n") == shown + "\n"


def test_lines_of_the_template_without_a_secret_are_shown():
    template = "timeout = 5\npassword = @{one}\nmail = a@example.com"
    assert masked_lines.shown("timeout = 5\npassword = s3cret\nmail = a@example.com\n", template) == (
        "timeout = 5\npassword = ********\nmail = ********\n"
    )
    assert masked_lines.shown("timeout = 5\n") == "timeout = ********\n"


LINES = (
    "3 SHA1 {0}",
    "3 {0}",
    "http_proxy=http://{0}@h:1",
    "http_proxy={0}",
    "http_proxy=http://u:{0}@h:1",
    "export https_proxy='http://u:{0}@h:1'",
    'DefaultEnvironment="http_proxy=http://u:{0}@h:1"',
    "proxy=http://u:{0}@h:1",
    'Acquire::http::Proxy "http://u:{0}@h:1";',
    "RTF_HTTP_PROXY='http://u:{0}@h:1'",
    "no_proxy=u:{0}@h",
    "password {0}",
    "Proxy-Authorization: Basic {0}",
)


@given(SECRET, st.sampled_from(LINES), st.booleans())
def test_no_part_of_a_secret_is_shown_whatever_it_is(secret, line, encoded):
    line = line.format(quote(secret, safe="") if encoded else secret)
    shown = masked_lines.shown(line + "\n")
    assert not set("QWZ789%?\\$&#") & set(shown)
