# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries of container images, what answers in their place, and whom a container runtime trusts for one of them."""

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import (
    containerd_registry_trust,
    containerd_toml,
    registry_trust,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_response_head, registry_answers
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import chains, loopback

ROOT = chains.Certificate("Registry root", authority=True)
OTHER = chains.Certificate("Other", organisation="Other", authority=True)
LEAF = chains.Certificate("registry", ROOT, ["localhost"])
VERSION = "Docker-Distribution-Api-Version: registry/2.0"
DISTRIBUTION = (
    f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n{VERSION}\r\nContent-Length: 2\r\n\r\n{{}}"
)
HARBOR = (
    "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
    'Www-Authenticate: Bearer realm="https://auth.example.com/service/token",service="harbor-registry"\r\n\r\n{}'
)
READ = registry_trust.host_files.read_bytes
ECR = 'HTTP/1.1 401 Unauthorized\r\nDocker-Distribution-Api-Version: registry/2.0\r\nWww-Authenticate: Basic realm="x"\r\n\r\n'


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The folders of docker, containerd, and podman with CRI-O, below tmp_path."""
    docker, containers, containerd = (str(tmp_path / name) for name in ("docker", "containers", "containerd"))
    monkeypatch.setattr(registry_trust, "FOLDERS", (docker, containers))
    monkeypatch.setattr(containerd_registry_trust, "FOLDERS", (containerd,))
    monkeypatch.setattr(containerd_registry_trust, "_configuration", lambda: None)
    return tmp_path


def probe(answer, trusted=ROOT, prepare=None):
    """The row of a registry; prepare(port) is called before it is probed."""
    asked = []

    def handle(sock):
        asked.append(sock.recv(65536).split(b"\r\n")[0])
        sock.sendall(answer.encode("ascii"))

    with chains.server([LEAF], handle) as port:
        if prepare is not None:
            prepare(port)
        prober = Prober(2, chains.contexts(trusted))
        endpoint = loopback.endpoint(port, host="localhost", server_name=None, protocol="registry")
        (row,) = prober.probe_all([endpoint], 4, 10, deadlines.Deadline(10))
    assert {line for line in asked if line} <= {b"GET /v2/ HTTP/1.1"}
    return row


@pytest.mark.parametrize(
    "answer, detail",
    [(DISTRIBUTION, None), (HARBOR, "clients get their tokens from https://auth.example.com"), (ECR, None)],
)
def test_registries_are_reached_with_and_without_credentials(folders, answer, detail):
    row = probe(answer)
    assert (row["verdict"], row["detail"], row["layer"]) == ("reachable", detail, "http")


@pytest.mark.parametrize(
    "headers, detail",
    [
        # The Kerberos module of nginx, with Basic to fall back on: google/go-containerregistry#1075.
        (["Negotiate", 'Basic realm="x"'], None),
        # Clients that read the first header alone: eclipse-ee4j/jersey#5883.
        (
            ['Basic realm="https://registry.example.com"', 'Bearer realm="https://auth.example.com/t"'],
            "https://auth.example.com",
        ),
        # Both in one header, in which the first realm is that of Basic: prowler-cloud/prowler#12691.
        (
            ['Basic realm="https://registry.example.com", Bearer service="r", realm="https://auth.example.com/t"'],
            "https://auth.example.com",
        ),
    ],
)
def test_every_challenge_of_a_registry_counts(folders, headers, detail):
    lines = "".join(f"Www-Authenticate: {value}\r\n" for value in headers)
    row = probe(f"HTTP/1.1 401 Unauthorized\r\n{lines}\r\n")
    assert row["verdict"] == "reachable"
    assert row["detail"] == (detail and f"clients get their tokens from {detail}")


@pytest.mark.parametrize(
    "answer, words",
    [
        ("HTTP/1.1 404 Not Found\r\n\r\n", "GET /v2/ was answered with 404 Not Found, but a registry answers"),
        # A web server that has a page for everything.
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Welcome</title>", 'with the page "Welcome"'),
        ("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", "302 Found"),
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", "401 Unauthorized"),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "503 Service Unavailable"),
    ],
)
def test_what_is_no_registry(folders, answer, words):
    row = probe(answer)
    assert (row["verdict"], row["layer"]) == ("registry_failed", "http")
    assert words in row["detail"]


def test_a_filter_in_front_of_a_registry_is_a_filter(folders):
    page = "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n"
    assert probe(page)["verdict"] == "blocked"


def settle(folders, runtime, files):
    """Write the files of a container runtime for the registry: {name: content}."""

    def prepare(port):
        folder = folders / runtime / f"localhost:{port}"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content.replace(b"PORT", str(port).encode("ascii")))

    return prepare


@pytest.mark.parametrize(
    "runtime, files",
    [
        ("docker", {"ca.crt": ROOT.pem}),
        ("containers", {"site.crt": ROOT.pem}),
        (
            "containerd",
            {"hosts.toml": b'[host."https://localhost:PORT"]\n  ca = "own.pem"\n', "own.pem": ROOT.pem},
        ),
        (
            "containerd",
            {"hosts.toml": b"ca = ['other.pem', \"own.pem\"]\n[host]\n", "own.pem": ROOT.pem, "other.pem": OTHER.pem},
        ),
    ],
)
def test_an_authority_that_only_a_container_runtime_trusts_counts(folders, runtime, files):
    """As in goharbor/harbor-helm#458: the host does not trust the registry, docker does, by certs.d."""
    assert probe(DISTRIBUTION, OTHER)["verdict"] == "tls_untrusted"
    assert probe(DISTRIBUTION, OTHER, settle(folders, runtime, files))["verdict"] == "reachable"


def test_what_the_host_trusts_counts_besides(folders):
    assert probe(DISTRIBUTION, ROOT, settle(folders, "docker", {"ca.crt": OTHER.pem}))["verdict"] == "reachable"


def test_a_file_that_a_runtime_cannot_read_is_named(folders):
    row = probe(DISTRIBUTION, ROOT, settle(folders, "docker", {"ca.crt": b"no certificate"}))
    assert row["verdict"] == "tls_untrusted"
    assert row["detail"].startswith("a container runtime cannot read ") and "ca.crt" in row["detail"]


def test_a_fifo_in_place_of_a_certificate_is_named(folders):
    """Whoever opens one to read waits for a writer."""

    def prepare(port):
        settle(folders, "docker", {})(port)
        os.mkfifo(next(folders.glob("*/*")) / "ca.crt")

    row = probe(DISTRIBUTION, ROOT, prepare)
    assert row["verdict"] == "tls_untrusted"
    assert row["detail"].endswith("ca.crt: not a regular file")


@pytest.mark.parametrize("text", ["gr\u00fcn\n".encode(), b"\xff\r\n"])
def test_what_stands_around_a_certificate_does_not_matter(folders, text):
    """As `openssl x509 -text` writes a subject."""
    files = {"ca.crt": text + ROOT.pem + text}
    assert probe(DISTRIBUTION, OTHER, settle(folders, "docker", files))["verdict"] == "reachable"


@pytest.mark.parametrize("trusted, verdict", [(ROOT, "reachable"), (OTHER, "tls_untrusted")])
def test_the_files_of_a_runtime_are_read_once_for_an_attempt(folders, monkeypatch, trusted, verdict):
    read = []
    monkeypatch.setattr(
        registry_trust.host_files, "read_bytes", lambda path, *limit: read.append(path) or READ(path, *limit)
    )
    files = {"hosts.toml": b'[host."https://localhost:PORT"]\n  ca = "own.pem"\n', "own.pem": OTHER.pem}
    assert probe(DISTRIBUTION, trusted, settle(folders, "containerd", files))["verdict"] == verdict
    assert sorted(path.rpartition("/")[2] for path in read if str(folders) in path) == ["hosts.toml", "own.pem"]


def test_the_folder_of_the_default_port_may_lack_it(folders):
    (folders / "docker" / "registry.example.com").mkdir(parents=True)
    (folders / "docker" / "registry.example.com" / "ca.crt").write_bytes(ROOT.pem)
    assert len(registry_trust.of_registry("registry.example.com", 443).authorities) == 1
    assert registry_trust.of_registry("registry.example.com", 5000).authorities == {}
    assert registry_trust.of_registry("*", 443).authorities == {}


def test_what_containerd_is_not_configured_to_read_is_named(folders, monkeypatch):
    """containerd/containerd#6285; and what it is configured with instead counts."""
    site = folders / "site.pem"
    site.write_bytes(ROOT.pem)
    known = containerd_toml.Configuration([], False, {"registry.example.com": str(site)})
    monkeypatch.setattr(containerd_registry_trust, "_configuration", lambda: known)
    row = probe(DISTRIBUTION, OTHER, settle(folders, "containerd", {"ca.crt": ROOT.pem}))
    assert row["verdict"] == "tls_untrusted"
    assert row["detail"].endswith("; containerd ignores {}: config_path is not set".format(next(folders.glob("*/*"))))
    assert row["layers"][-1]["detail"] == row["detail"]
    assert registry_trust.of_registry("registry.example.com", 443) == ({str(site): ROOT.pem.decode()}, None)


@pytest.mark.parametrize("root_level, verdict", [(False, "tls_untrusted"), (True, "reachable")])
def test_a_hosts_file_without_a_host_is_for_containerd_2(folders, monkeypatch, root_level, verdict):
    """containerd/containerd#10027 and 13212."""
    known = containerd_toml.Configuration([str(folders / "containerd")], root_level, {})
    monkeypatch.setattr(containerd_registry_trust, "_configuration", lambda: known)
    files = {"hosts.toml": b'server = "https://localhost:PORT"\nca = "own.pem"\n', "own.pem": ROOT.pem}
    assert probe(DISTRIBUTION, OTHER, settle(folders, "containerd", files))["verdict"] == verdict


@pytest.mark.parametrize("version, root_level", [(2, False), (3, True)])
def test_the_version_of_the_configuration_tells_the_containerd(version, root_level):
    text = f"version = {version}\n[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = '/a:/b'\n"
    assert containerd_toml.configuration(text) == (["/a", "/b"], root_level, {})


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(['[host."', '"]', "ca = ", "'x'", "\n", "#", "[", "{", "\\"])).map("".join)
)
def test_any_text_is_read_or_refused(text):
    for root_level in (True, False):
        hosts = containerd_toml.hosts_file(text, "a", 443, root_level)
        assert hosts.paths is None or isinstance(hosts.paths, list) and not hosts.lacks_host
    with contextlib.suppress(ValueError):
        containerd_toml.configuration(text)


HEADERS = ["content-type", "www-authenticate", "docker-distribution-api-version"]


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(HEADERS), st.lists(st.text(max_size=30), min_size=1, max_size=3), max_size=3),
)
def test_no_answer_raises_and_no_refusal_is_a_registry(status, headers):
    head = http_response_head.Head(status, "x", {name: values[0] for name, values in headers.items()}, headers)
    problem = registry_answers.problem(head, None)
    assert problem is not None or status in (200, 401)
    registry_answers.remark(head)
