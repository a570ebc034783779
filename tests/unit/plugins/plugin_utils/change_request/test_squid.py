# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for squid, read by squid."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import threading

import pytest
import trustme

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import squid
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Scope, build
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node, Site
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import loopback_programs

OTHER = "other.example.com"
# squid looks for these where Debian installs them, not where the tests have them from.
ELSEWHERE = re.compile(r"/usr/(share|lib)/squid/")


@pytest.fixture
def parsed(program, tmp_path):
    """A function that has squid read a request's files between what Debian's squid.conf has around them."""

    def parse(request, *names):
        files = {name: text for name, text in squid.render(request).items() if not names or name in names}
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        main = [
            "http_port 3128",
            "acl SSL_ports port 443",
            "acl CONNECT method CONNECT",
            "http_access deny CONNECT !SSL_ports",
            *(f"include {tmp_path / name}" for name in files),
            "http_access deny all",
        ]
        (tmp_path / "squid.conf").write_text("\n".join(main) + "\n", encoding="utf-8")
        return subprocess.run(
            [program("squid"), "-k", "parse", "-f", str(tmp_path / "squid.conf")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    return parse


def complaints(output):
    return [
        line
        for line in output.splitlines()
        if re.search(r"FATAL|ERROR|WARNING|Bungled", line) and not ELSEWHERE.search(line)
    ]


def test_squid_accepts_the_files(parsed, any_request):
    run = parsed(any_request)
    assert (run.returncode, complaints(run.stdout)) == (0, [])


@pytest.mark.parametrize("name", ["squid-access.conf", "squid-passthrough.conf", "squid-passthrough-containers.conf"])
def test_each_file_is_accepted_without_the_others(parsed, lab_request, name):
    run = parsed(lab_request, name)
    assert (run.returncode, complaints(run.stdout)) == (0, [])
    assert name in squid.render(lab_request)


def test_squid_refuses_what_is_wrong(parsed, make_request, monkeypatch):
    # The test above would be worthless if squid accepted anything.
    broken = "acl rtf_nodes src not-an-address\nhttp_access allow rtf_unknown\n"
    monkeypatch.setattr(squid, "render", lambda request: {"squid-access.conf": broken})
    run = parsed(make_request())
    assert run.returncode != 0 and complaints(run.stdout)


def test_mutual_tls_names_are_spliced(lab_request):
    lines = squid.render(lab_request)["squid-passthrough.conf"].splitlines()
    names = [line.split()[-1] for line in lines if line.startswith("acl rtf_mutual_tls ")]
    assert names == ["transport-layer.prod.cloudhub.io", "configuration-resolver.prod.cloudhub.io"]
    assert "ssl_bump splice rtf_mutual_tls_from rtf_mutual_tls" in lines


def test_every_name_with_tls_is_exempt_once(any_request):
    """The vendor's "Troubleshoot an Unknown Certificate Authority Error" names the same remedy, passthrough."""
    files = squid.render(any_request)
    spliced = [
        re.findall(r"^acl \S+ ssl::server_name (\S+)$", files.get(name, ""), re.MULTILINE)
        for name in ("squid-passthrough.conf", "squid-passthrough-containers.conf")
    ]
    carried = {each.row["host"]: each.row for each in any_request.openings if each.row.get("carrier") == "http_proxy"}
    assert sorted(spliced[0]) == sorted(host for host, row in carried.items() if row["mutual_tls"])
    assert sorted(spliced[0] + spliced[1]) == sorted(host for host, row in carried.items() if row["protocol"] != "tcp")


def test_every_name_that_http_carries_is_allowed_and_no_other(any_request):
    text = squid.render(any_request)["squid-access.conf"]
    carried = {each.row["host"] for each in any_request.openings if each.row.get("carrier") == "http_proxy"}
    assert set(re.findall(r"^acl rtf_names_\S+ dstdomain (\S+)$", text, re.MULTILINE)) == carried


def test_odd_ports_become_ssl_ports(make_request):
    text = squid.render(make_request(scope="2.x in, from 2.x"))["squid-access.conf"]
    assert "acl SSL_ports port 8443\n" in text


SETTINGS = """
http_port 127.0.0.1:{port} {tls}
acl SSL_ports port 443
acl CONNECT method CONNECT
http_access deny CONNECT !SSL_ports
{includes}
http_access deny all
{bump}
hosts_file {folder}/hosts
"""
# An address of the loopback that nothing else on the machine is likely to listen on.
FAR_END = "127.87.65.43"
PASSED, DECRYPTED = "runtime-manager.in1.platform.mulesoft.com", "decrypted.example.com"


@pytest.fixture
def folder():
    with loopback_programs.folder() as path:
        yield path


@pytest.fixture
def run_squid(program, folder):
    """A function that runs squid with what is written for a node at 127.0.0.1, managed from India; returns its port."""
    site = Site([Node("w1", "worker", "127.0.0.1")])
    rows = with_site_rows(catalog.load(), [{"host": DECRYPTED, "port": 8443}])
    files = squid.render(build(rows, Scope("2.x", "in", "install"), site))
    hosts = re.findall(r" dstdomain (\S+)", files["squid-access.conf"])
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "hosts").write_text("".join(f"{FAR_END} {host}\n" for host in [*hosts, OTHER]), encoding="utf-8")
    (folder / "empty").touch()
    started = []

    def run(tls="", bump="", names=("squid-access.conf",), allow=""):
        port = loopback.closed_port()
        includes = "\n".join([allow, *(f"include {folder / name}" for name in names)])
        settings = (SETTINGS + loopback_programs.SQUID).format(
            port=port, folder=folder, tls=tls, bump=bump, includes=includes
        )
        (folder / "squid.conf").write_text(settings, encoding="utf-8")
        started.append(
            subprocess.Popen(
                [program("squid"), "-N", "-f", str(folder / "squid.conf")],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
        loopback_programs.wait_for(started[-1], port)
        return port

    yield run
    for process in started:
        process.kill()  # asked to end, squid takes a second or two
        process.wait(timeout=20)


@contextlib.contextmanager
def connected(port, target):
    """Send CONNECT target through squid; yield the connection and the status of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        yield connection, int(connection.recv(4096).split()[1])


def status(port, target):
    with connected(port, target) as (_connection, found):
        return found


def test_squid_lets_through_what_is_asked_for_and_nothing_else(run_squid):
    port, denied = run_squid(), 403
    assert status(port, "in1.platform.mulesoft.com:443") != denied
    assert status(port, "ingest.in1.platform.mulesoft.com:8443") != denied
    assert status(port, "in1.platform.mulesoft.com:8443") == denied
    assert status(port, f"{OTHER}:443") == denied
    assert status(port, "x.in1.platform.mulesoft.com:443") == denied


def readable(path, *pems):
    """Write PEM blobs to a file that squid can read; return the path."""
    path.write_bytes(b"".join(pem.bytes() for pem in pems))
    path.chmod(0o644)
    return path


@contextlib.contextmanager
def far_end(path):
    """A TLS server at FAR_END port 8443 that shakes hands and waits for the other side to close."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    with socket.create_server((FAR_END, 8443)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    plain, _address = listener.accept()
                    with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def passes(port, host, authority, server_name=None, named=True):
    """Whether a client of squid sees the certificate that the far end shows for a host.

    host: what it asks squid for. server_name: what it asks the far end for, where that is another name; named: whether it does.
    """
    context = ssl.create_default_context()
    context.check_hostname = named
    authority.configure_trust(context)
    with connected(port, f"{host}:8443") as (connection, found):
        assert found == 200
        try:
            with context.wrap_socket(connection, server_hostname=(server_name or host) if named else None):
                return True
        except ssl.SSLError:
            return False


@pytest.fixture
def decrypt(run_squid, folder):
    """A function that starts a squid which decrypts, and the far end; yields (squid's port, the far end's authority)."""

    @contextlib.contextmanager
    def decrypting(names, rules="ssl_bump bump all", allow=""):
        vendor, proxy = trustme.CA(), trustme.CA()
        shown = vendor.issue_cert(PASSED, DECRYPTED, OTHER).private_key_and_cert_chain_pem
        served = readable(folder / "served.pem", shown)
        trusted = readable(folder / "trusted.pem", vendor.cert_pem)
        signing = readable(folder / "signing.pem", proxy.private_key_pem, proxy.cert_pem)
        # Without its helper that makes up certificates, squid takes the connection and then has nothing to show: enough
        # to tell what it would decrypt.
        port = run_squid(
            tls=f"ssl-bump tls-cert={signing} generate-host-certificates=off",
            bump=f"{rules}\ntls_outgoing_options cafile={trusted}",
            names=names,
            allow=allow,
        )
        with far_end(served):
            yield port, vendor

    return decrypting


ANY_PORT = "acl SSL_ports port 8443\nhttp_access allow CONNECT"


def test_a_decrypting_squid_passes_mutual_tls_through_and_nothing_else(decrypt):
    with decrypt(("squid-access.conf", "squid-passthrough.conf")) as (port, vendor):
        assert passes(port, PASSED, vendor)
        assert not passes(port, DECRYPTED, vendor)


@pytest.mark.parametrize("names", [("containers",), ("access", "containers"), ("access", "passthrough", "containers")])
def test_a_decrypting_squid_passes_what_containers_need_through(decrypt, names):
    """https://github.com/docker/docs/issues/14200: otherwise the CA has to be in each and every container."""
    files = {"access": "squid-access.conf", "passthrough": "squid-passthrough.conf"}
    listed = [files.get(name, f"squid-passthrough-{name}.conf") for name in names]
    with decrypt(listed, allow=ANY_PORT) as (port, vendor):
        assert passes(port, DECRYPTED, vendor)
        assert passes(port, PASSED, vendor) is ("passthrough" in names)
        assert not passes(port, OTHER, vendor)


# {report: what the site's own configuration does with all that is left}
OWN_RULES = {
    "https://wiki.squid-cache.org/Features/SslPeekAndSplice": "ssl_bump bump all",
    # Looks at the server first, and can then splice nothing.
    "http://lists.squid-cache.org/pipermail/squid-users/2018-September/019280.html": (
        "acl rtf_test_hello at_step SslBump2\nssl_bump stare rtf_test_hello\nssl_bump bump all"
    ),
}


@pytest.mark.parametrize("report", OWN_RULES)
def test_a_decrypting_squid_knows_a_name_however_the_client_gives_it(decrypt, report):
    """A client may ask for an address, send no server name, or write it in capitals.

    http://lists.squid-cache.org/pipermail/squid-users/2018-September/019261.html is about the first of these.
    """
    names = ("squid-access.conf", "squid-passthrough.conf")
    with decrypt(names, OWN_RULES[report], ANY_PORT) as (port, vendor):
        assert passes(port, PASSED, vendor)
        assert passes(port, PASSED.upper(), vendor, server_name=PASSED)
        assert passes(port, FAR_END, vendor, server_name=PASSED)
        assert passes(port, PASSED, vendor, named=False)
        assert not passes(port, FAR_END, vendor, server_name=OTHER)
        assert not passes(port, OTHER, vendor)


def test_without_the_passthrough_file_everything_is_decrypted(run_squid, folder):
    vendor, proxy = trustme.CA(), trustme.CA()
    served = readable(folder / "served.pem", vendor.issue_cert(PASSED).private_key_and_cert_chain_pem)
    signing = readable(folder / "signing.pem", proxy.private_key_pem, proxy.cert_pem)
    port = run_squid(tls=f"ssl-bump tls-cert={signing} generate-host-certificates=off", bump="ssl_bump bump all")
    with far_end(served):
        assert not passes(port, PASSED, vendor)
