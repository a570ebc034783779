# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry itself, and whom containerd and skopeo trust for it: the probe trusts the same authorities."""

import os
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import (
    containerd_registry_trust,
    containerd_toml,
    registry_trust,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_url
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import (
    chains,
    loopback,
    loopback_proxies,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import loopback_programs as programs

ROOT = chains.Certificate("Registry root", authority=True)
OTHER = chains.Certificate("Other", organisation="Other", authority=True)
LEAF = chains.Certificate("registry", ROOT, [loopback.NAME])
# No authority of this machine counts.
OWN_ENVIRONMENT = {"PATH": os.environ["PATH"], "SSL_CERT_DIR": "/nonexistent"}
BASIC = "auth: {htpasswd: {realm: site, path: /nonexistent/htpasswd}}"
TOKENS = """auth:
  token: {{realm: "https://auth.example.com/token", service: registry, issuer: site, rootcertbundle: {bundle}}}"""


@pytest.fixture(scope="module")
def registry():
    with programs.registry([LEAF]) as port:
        yield port


@pytest.fixture(scope="module")
def proxy():
    """The URL of a proxy by which the name leads to the registry; containerd does not verify who answers on loopback."""
    with loopback.tcp_server(loopback_proxies.HttpProxy({loopback.NAME: "127.0.0.1"})) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def containerd():
    with programs.containerd() as socket:
        yield socket


def probe(port, proxy, trusted):
    prober = Prober(5, chains.contexts(trusted), {"http_proxy": proxy_url.parse(proxy, "http")})
    endpoint = loopback.endpoint(port, host=loopback.NAME, protocol="registry", paths=["http_proxy"])
    [row] = prober.probe_all([endpoint], 1, 20, deadlines.Deadline(20))
    return row


def pulled(socket, folders, port, proxy):
    """What containerd says of an image that the registry does not have."""
    with loopback.text_file(OTHER.pem.decode()) as trusted:
        done = subprocess.run(
            ["ctr", "--address", socket, "content", "fetch", "--hosts-dir", folders, f"{loopback.NAME}:{port}/x:1"],
            env={**OWN_ENVIRONMENT, "https_proxy": proxy, "SSL_CERT_FILE": trusted},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.stdout


# An image that is not there is looked for at the next server of a hosts.toml as well.
ANSWERED = ("response was http.StatusNotFound", ": not found")
OWN, HOSTS = "@name@:@port@/", "@name@:@port@/hosts.toml"
URL = "https://@name@:@port@"
# {situation: ({path below the folder: text}, whether containerd 1.6 trusts the registry)}
SITUATIONS = {
    "nothing": ({}, False),
    "containerd/containerd#7118: the entry of the registry itself": (
        {HOSTS: f'server = "{URL}"\n[host."{URL}"]\n  capabilities = ["pull", "resolve"]\n  ca = "own.pem"\n'},
        True,
    ),
    "containerd/containerd#13206: without a server": ({HOSTS: f'[host."{URL}"]\nca = ["own.pem"]\n'}, True),
    "containerd/containerd#10027: nothing but the top level": ({HOSTS: 'ca = "own.pem"\n'}, False),
    "k3s-io/k3s#9853: the top level, and an empty table": ({HOSTS: "ca = ['own.pem']\n[host]\n"}, True),
    "k3s-io/k3s#9983: the top level, and the folder's own certificates": (
        {HOSTS: "skip_verify = false\n", OWN + "a.crt": "@root@"},
        True,
    ),
    "containerd/containerd#4904: as docker has it": ({OWN + "ca.crt": "@root@"}, True),
    "certificates beside an entry": ({HOSTS: f'[host."{URL}"]\n', OWN + "ca.crt": "@root@"}, False),
    "the authority of a mirror": ({HOSTS: '[host."https://mirror.example.com"]\n  ca = "own.pem"\n'}, False),
    "the authority of another server": ({HOSTS: 'server = "https://a.example.com"\nca = "own.pem"\n[host]\n'}, False),
    "another port": ({HOSTS: '[host."https://@name@:1"]\n  ca = "own.pem"\n'}, False),
    "a list over lines": (
        {HOSTS: f'[host."{URL}"] # own\n  ca = [ # both\n    "other.pem",\n    \'own.pem\', # "x"\n  ]\n'},
        True,
    ),
    "a table of headers behind": (
        {HOSTS: f'[host."{URL}"]\n  ca = "other.pem"\n[host."{URL}".header]\n  ca = "own.pem"\n'},
        False,
    ),
    "not TOML": ({HOSTS: f'[host."{URL}"]\nca = own.pem\n', OWN + "ca.crt": "@root@"}, True),
    "containerd/containerd#10144: a bracket too many": (
        {HOSTS: f'[host."{URL}"]\n  ["{URL}"\n  ca = "own.pem"\n'},
        False,
    ),
    "the other name of the folder": ({"@name@_@port@_/ca.crt": "@root@", OWN + "x": ""}, True),
    "the other name comes first": ({"@name@_@port@_/x": "", OWN + "ca.crt": "@root@"}, False),
    "the folder of all": ({"_default/ca.crt": "@root@"}, True),
    "the folder of all, and one of its own": ({"_default/ca.crt": "@root@", OWN + "x": ""}, False),
}


def write(files, folder, port):
    """Write files of a runtime below a folder."""

    def filled(text):
        for word, value in (("name", loopback.NAME), ("port", str(port)), ("root", ROOT.pem.decode())):
            text = text.replace(f"@{word}@", value)
        return text

    for path, text in files.items():
        place = folder / filled(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(filled(text))
        (place.parent / "own.pem").write_bytes(ROOT.pem)
        (place.parent / "other.pem").write_bytes(OTHER.pem)


@pytest.fixture
def folders(monkeypatch):
    """A function that sets where the probe looks: the folders of other runtimes, and those of containerd."""

    def look(others, of_containerd):
        known = containerd_toml.Configuration([str(folder) for folder in of_containerd], False, {})
        monkeypatch.setattr(registry_trust, "FOLDERS", tuple(str(folder) for folder in others))
        monkeypatch.setattr(containerd_registry_trust, "_configuration", lambda: known)

    return look


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_probe_trusts_whom_containerd_trusts(registry, proxy, containerd, folders, situation, tmp_path):
    files, trusted = SITUATIONS[situation]
    write(files, tmp_path, registry)
    folders([], [tmp_path])
    said = pulled(containerd, tmp_path, registry, proxy)
    assert any(words in said for words in ANSWERED) == trusted, said
    assert trusted or any(words in said for words in ("unknown authority", "Service Unavailable")), said
    row = probe(registry, proxy, OTHER)
    assert row["verdict"] == ("reachable" if trusted else "tls_untrusted"), row
    assert ("has no line [host]" in str(row["detail"])) == ("#10027" in situation)


@pytest.mark.parametrize(
    "files, trusted",
    [
        ({}, False),
        ({OWN + "ca.crt": "@root@"}, True),
        ({OWN + "a.crt": "", OWN + "b.crt": "@root@"}, True),
        ({OWN + "ca.pem": "@root@"}, False),
        ({"@name@/ca.crt": "@root@"}, False),
        ({HOSTS: f'[host."{URL}"]\nca = "own.pem"\n'}, False),
    ],
    ids=["nothing", "one", "several", "another ending", "without the port", "a file of containerd"],
)
def test_the_probe_trusts_whom_skopeo_trusts(registry, proxy, folders, files, trusted, tmp_path):
    """With the library with which podman and CRI-O pull."""
    place = tmp_path / ".config" / "containers" / "certs.d"
    write(files, place, registry)
    folders([place], [])
    with loopback.text_file(OTHER.pem.decode()) as others:
        done = subprocess.run(
            ["skopeo", "inspect", "--no-creds", f"docker://{loopback.NAME}:{registry}/x:1"],
            env={**OWN_ENVIRONMENT, "HOME": str(tmp_path), "https_proxy": proxy, "SSL_CERT_FILE": others},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert ("manifest unknown" in done.stdout, "unknown authority" in done.stdout) == (trusted, not trusted), (
        done.stdout
    )
    row = probe(registry, proxy, OTHER)
    assert row["verdict"] == ("reachable" if trusted else "tls_untrusted"), row


def test_registries_that_want_a_password_or_a_token(proxy, tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(ROOT.pem)
    (tmp_path / "htpasswd").write_text("")
    for more, detail in (
        (BASIC.replace("/nonexistent", str(tmp_path)), None),
        (TOKENS.format(bundle=bundle), "clients get their tokens from https://auth.example.com"),
    ):
        with programs.registry([LEAF], more) as port:
            row = probe(port, proxy, ROOT)
        assert (row["verdict"], row["detail"], row["http"]["status"]) == ("reachable", detail, 401)


CRI = '[plugins."io.containerd.grpc.v1.cri".registry'
SET = f'{CRI}]\n  config_path = "/etc/containerd/certs.d:/etc/docker/certs.d"\n'
# containerd/containerd#3804 and 5407 have this form, which is older than hosts.toml.
OLDER = (
    f'{CRI}.configs."registry.example.com:5000".tls]\n  ca_file = "/etc/site.pem"\n'
    f'{CRI}.configs."registry.example.com:5000".auth]\n  password = "s3\\"]#cret"\n'
)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ([], False, {})),
        (SET, (["/etc/containerd/certs.d", "/etc/docker/certs.d"], False, {})),
        (OLDER, ([], False, {"registry.example.com:5000": "/etc/site.pem"})),
    ],
    ids=["defaults", "config_path", "older"],
)
def test_what_containerd_says_of_its_configuration(text, expected, tmp_path):
    """containerd/containerd#6285: without config_path no folder is read."""
    path = tmp_path / "config.toml"
    path.write_text(f"version = 2\n{text}")
    words = [programs.program("containerd"), "--config", str(path), "config", "dump"]
    shown = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert containerd_toml.configuration(shown) == expected
