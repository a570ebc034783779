# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What files say about proxies is found wherever programs look for it, and never with a password."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import proxy_evidence

FILES = {
    "etc/profile.d/site.sh": "export http_proxy='http://u:s3cret%24@p:1' no_proxy=a,b\nif true; then NO_PROXY=x; fi\n",
    "etc/environment": 'HTTPS_PROXY="http://u:former@p:1" # comment\nPATH=/bin\n',
    "etc/systemd/system.conf.d/a.conf": '[Manager]\nDefaultEnvironment="http_proxy=http://p:1" \\\n  "LANG=C"\n',
    "etc/systemd/system/docker.service.d/p.conf": '[Service]\nEnvironment="HTTP_PROXY=http://u:s3cret%%24@p:1"\n',
    "etc/systemd/system/containerd.service.d/p.conf": "[Service]\nEnvironmentFile=-/etc/p.env\nEnvironmentFile=/etc/no.env\n",
    "etc/p.env": "http_proxy=http://p:1\nno_proxy=.local\n",
    "etc/apt/apt.conf.d/95p": 'Acquire::http::Proxy "http://u@p:1/";\nAcquire::http::Proxy::10.0.0.1 "DIRECT";\n'
    'Acquire::https::Proxy "DIRECT";\nAcquire::http::Pipeline-Depth "5";\n',
    "etc/dnf/dnf.conf": "[main]\nproxy=http://old:1\nproxy=http://p:1\nproxy_username=u\nproxy_password=s3cret$\n[r]\nproxy=x\n",
    "etc/yum.conf": "[main]\nproxy=_none_\n",
    "opt/anypoint/runtimefabric/env": "# c\nRTF_TOKEN='t0ken'\nexport RTF_HTTP_PROXY=http://u:other@p:1\n"
    "RTF_MONITORING_PROXY=\"socks5://u:s3cret%24@s:2\"\nRTF_NO_PROXY='a,b'\n",
}


@pytest.fixture
def found(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "apt").write_text(f'Dir "{tmp_path}";\n')
    return proxy_evidence.proxy_evidence(
        [masked_urls.digest("http://u:s3cret%24@p:1"), masked_urls.digest("socks5://u:s3cret%24@s:2")],
        str(tmp_path) + "/",
        lambda: run_text(["env", f"APT_CONFIG={tmp_path}/apt", "apt-config", "dump"]),
    )


def test_every_reader_is_looked_at(found):
    entries = [
        tuple(entry[name] for name in ("reader", "source", "variable", "value", "password"))
        for entry in found["settings"]
    ]
    masked = "http://********@p:1"
    assert entries == [
        # pam_env drops a quote at the very end only: with the comment, the value is no URL.
        ("sessions", "/etc/environment", "HTTPS_PROXY", "(hidden)", "other"),
        ("login shells", "/etc/profile.d/site.sh", "http_proxy", masked, "expected"),
        ("login shells", "/etc/profile.d/site.sh", "no_proxy", "a,b", "none"),
        ("login shells", "/etc/profile.d/site.sh", "NO_PROXY", "", "none"),
        ("systemd", "/etc/systemd/system.conf.d/a.conf", "http_proxy", "http://p:1", "none"),
        ("docker", "/etc/systemd/system/docker.service.d/p.conf", "HTTP_PROXY", masked, "expected"),
        ("containerd", "/etc/p.env", "http_proxy", "http://p:1", "none"),
        ("containerd", "/etc/p.env", "no_proxy", ".local", "none"),
        ("dnf", "/etc/dnf/dnf.conf", "proxy", masked, "expected"),
        ("installer", "/opt/anypoint/runtimefabric/env", "RTF_HTTP_PROXY", masked, "other"),
        ("installer", "/opt/anypoint/runtimefabric/env", "RTF_MONITORING_PROXY", "socks5://********@s:2", "expected"),
        ("installer", "/opt/anypoint/runtimefabric/env", "RTF_NO_PROXY", "a,b", "none"),
        ("apt", "apt-config", "Acquire::http::Proxy", "http://********@p:1", "other"),
        ("apt", "apt-config", "direct", "10.0.0.1", "none"),
    ]
    assert found["installer_file"] is True and found["unreadable"] == []


def test_no_secret_is_in_it(found):
    text = json.dumps(found)
    for secret in ("s3cret", "former", "other@", "t0ken"):
        assert secret not in text


def test_the_curl_of_this_machine_has_a_version():
    assert int(proxy_evidence.proxy_evidence([])["curl"].split(".")[0]) >= 7


def test_a_host_without_any_of_it_says_nothing(tmp_path):
    found = proxy_evidence.proxy_evidence([], str(tmp_path) + "/")
    assert (found["settings"], found["installer_file"], found["unreadable"]) == ([], False, [])


def test_what_is_no_file_is_named(tmp_path):
    (tmp_path / "etc" / "environment").mkdir(parents=True)
    (unread,) = proxy_evidence.proxy_evidence([], str(tmp_path) + "/")["unreadable"]
    assert "etc/environment: not a regular file" in unread
