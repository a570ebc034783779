# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repositories of apt, dnf and yum as their files have them, and the proxy that each goes through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages import repository_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages.repository_evidence import (
    repository_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.dnf_options import dnf_proxy

ONE_LINE = """# deb http://commented.example/ x main
deb http://a.example/debian bookworm main # trailing
deb [ arch=amd64 signed-by=/usr/share/keyrings/x.gpg ] https://b.example:8443/x bookworm main
deb-src [trusted=yes]http://c.example/ ./
  deb\tftp://d.example/ x main
deb cdrom:[Debian 12]/ bookworm main
debug http://no.example/ x
"""
STANZAS = """# comment
Types: deb deb-src
URIs: http://a.example/debian
# between
  https://b.example/debian
Suites: bookworm

Types: deb
URIs: http://off.example/
Enabled: no

uris: file:/srv/mirror
enabled: yes
"""
REPO = """[main]
proxy=http://x:1
[base]
name=Base
mirrorlist=http://mirrors.example/?release=$releasever&arch=$basearch
#baseurl=http://commented.example/
[two]
baseurl=https://one.example/$basearch/,
        http://two.example:8080/os
enabled=1
[off]
baseurl=http://off.example/
enabled = 0
[variable]
baseurl=http://yum$region.${domain}/x
[unknown]
baseurl=http://$nobody.example/x
[own-ca]
metalink=https://cdn.example/x
sslcacert=/etc/rhsm/ca.pem
proxy=_none_
[local]
baseurl=file:///srv/repo
"""


def test_one_line_sources():
    assert list(repository_files.apt_lines(ONE_LINE)) == [
        "http://a.example/debian",
        "https://b.example:8443/x",
        "http://c.example/",
        "ftp://d.example/",
        "cdrom:[Debian",
    ]


def test_deb822_sources():
    assert list(repository_files.apt_stanzas(STANZAS)) == [
        "http://a.example/debian",
        "https://b.example/debian",
        "file:/srv/mirror",
    ]


@pytest.mark.parametrize(
    "url, place",
    [
        ("http://a.example/x", ("http", "a.example", 80)),
        ("HTTPS://jo:pw@A.example/$basearch", ("https", "a.example", 443)),
        ("http://[2001:db8::1]:8080/", ("http", "2001:db8::1", 8080)),
        ("mirror+http://a.example/list", ("http", "a.example", 80)),
        ("mirror://a.example/list", ("http", "a.example", 80)),
        ("file:/x", None),
        ("cdrom:[Debian", None),
        ("copy:/x", None),
    ],
)
def test_only_scheme_host_and_port_matter(url, place):
    assert repository_files.place_of(url) == (place and dict(zip(("scheme", "host", "port"), place)))


@pytest.mark.parametrize(
    "url",
    [
        "http://$host/x",
        "ftp://a.example/",
        "mirror+file:/etc/apt/mirrors.txt",
        "http:///x",
        "http://a.example:s3cret/",
        "http://a.example:99999/",
        "http://jo:s3cret/x@a.example/",
        "nonsense",
        "s3cret word://x",
    ],
)
def test_a_place_that_cannot_be_told_is_an_error_that_quotes_no_secret(url):
    with pytest.raises(ValueError) as caught:
        repository_files.place_of(url)
    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    for parse in (repository_files.apt_lines, repository_files.apt_stanzas):
        for uri in parse(text):
            try:
                repository_files.place_of(uri)
            except ValueError:
                pass
    try:
        for options in repository_files.repo_sections(text).values():
            repository_files.repo_urls(options, {})
            dnf_proxy(options)
    except ValueError:
        pass


@pytest.mark.parametrize(
    "options, scheme, proxy",
    [
        ([], "http", ""),
        ([("Acquire::http::Proxy", "http://p:1")], "http", "http://p:1"),
        ([("Acquire::http::Proxy", "http://p:1")], "https", "http://p:1"),
        ([("Acquire::http::Proxy", "http://p:1"), ("Acquire::https::Proxy", "DIRECT")], "https", "DIRECT"),
        ([("Acquire::https::Proxy", "http://p:1")], "http", ""),
        ([("Acquire::http::Proxy", "http://p:1"), ("Acquire::http::Proxy::a.example", "DIRECT")], "http", "DIRECT"),
        (
            [("Acquire::http::Proxy", "http://p:1"), ("Acquire::http::Proxy::else.example", "DIRECT")],
            "http",
            "http://p:1",
        ),
    ],
)
def test_the_proxy_that_apt_takes(options, scheme, proxy):
    assert repository_files.apt_proxy(options, {"scheme": scheme, "host": "a.example"}) == proxy


def test_a_program_that_tells_apt_its_proxy_is_not_run():
    with pytest.raises(ValueError):
        repository_files.apt_proxy([("Acquire::http::Proxy-Auto-Detect", "/bin/x")], {"scheme": "http", "host": "a"})


def of_files(root, files, said="", hashes=()):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return repository_evidence(hashes, str(root) + "/", lambda: said)


def hosts(found):
    return [
        (row["name"], [f"{place['scheme']}://{place['host']}:{place['port']}" for place in row["places"]])
        for row in found["repositories"]
    ]


def test_a_host_with_apt(tmp_path):
    files = {
        "etc/apt/sources.list": ONE_LINE,
        "etc/apt/sources.list.d/x.sources": STANZAS,
        "etc/apt/sources.list.d/x.sources.save": "URIs: http://backup.example/",
        "etc/yum.repos.d/x.repo": REPO,
    }
    found = of_files(
        tmp_path, files, 'Acquire::http::Proxy "http://jo:s3cret@p:1";\n', [masked_urls.digest("http://jo:s3cret@p:1")]
    )
    assert found["manager"] == "apt" and found["local"] == 2 and found["unreadable"] == []
    assert hosts(found) == [
        ("a.example", ["http://a.example:80"]),
        ("b.example", ["https://b.example:8443"]),
        ("c.example", ["http://c.example:80"]),
        ("a source", []),
        ("a.example", ["http://a.example:80"]),
        ("b.example", ["https://b.example:443"]),
    ]
    assert found["repositories"][3]["unknown"] == "ftp is not supported by the probe"
    assert found["repositories"][0]["source"] == "/etc/apt/sources.list"
    assert found["repositories"][0]["places"][0]["proxy"] == "http://********@p:1"
    assert found["repositories"][0]["places"][0]["password"] == "expected"
    assert "s3cret" not in json.dumps(found)


def test_a_host_with_dnf(tmp_path):
    files = {
        "etc/dnf/dnf.conf": "[main]\nproxy=http://p:1\nproxy_username=jo\nproxy_password=s3cret\n",
        "etc/yum.repos.d/x.repo": REPO,
        "etc/dnf/vars/domain": "vendor.example\n",
        "etc/yum/vars/region": "-eu\n",
    }
    found = of_files(tmp_path, files)
    assert found["manager"] == "dnf" and found["local"] == 1
    assert hosts(found) == [
        ("base", ["http://mirrors.example:80"]),
        ("two", ["https://one.example:443", "http://two.example:8080"]),
        ("variable", ["http://yum-eu.vendor.example:80"]),
        ("unknown", []),
        ("own-ca", ["https://cdn.example:443"]),
    ]
    by_name = {row["name"]: row for row in found["repositories"]}
    assert by_name["unknown"]["unknown"] == "its host is a variable"
    assert (by_name["base"]["places"][0]["proxy"], by_name["base"]["places"][0]["verified"]) == (
        "http://********@p:1",
        True,
    )
    assert (by_name["own-ca"]["places"][0]["proxy"], by_name["own-ca"]["places"][0]["verified"]) == ("direct", False)
    assert "s3cret" not in json.dumps(found)


def test_a_host_with_neither(tmp_path):
    assert repository_evidence([], str(tmp_path) + "/", None) == {
        "manager": None,
        "repositories": [],
        "local": 0,
        "unreadable": [],
        "dangling": [],
    }


def test_what_cannot_be_read_is_told_and_the_rest_is_there(tmp_path):
    files = {"etc/yum.repos.d/a.repo": "no section\n", "etc/yum.repos.d/c.repo": "[c]\nbaseurl=http://c.example/\n"}
    (tmp_path / "etc/yum.repos.d").mkdir(parents=True)
    (tmp_path / "etc/yum.repos.d/b.repo").mkdir()
    found = of_files(tmp_path, files)
    assert hosts(found) == [("c", ["http://c.example:80"])]
    assert len(found["unreadable"]) == 2 and all("/etc/yum.repos.d/" in text for text in found["unreadable"])


def test_apt_that_does_not_answer_leaves_a_reason(tmp_path):
    def broken():
        raise Unreadable("apt-config: command not found")

    (tmp_path / "etc/apt").mkdir(parents=True)
    with pytest.raises(Unreadable):
        repository_evidence([], str(tmp_path) + "/", broken)


def test_more_repositories_than_anybody_has_are_bounded_and_said(tmp_path):
    lines = "".join(f"deb http://{number}.example/ x main\n" for number in range(300))
    found = of_files(tmp_path, {"etc/apt/sources.list": lines})
    assert len(found["repositories"]) == 200
    assert found["unreadable"] == ["only 200 of 300 repositories are listed"]
