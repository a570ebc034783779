# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server written in Go that wants a client certificate: its alert is another than that of OpenSSL."""

import os
import shutil
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

SERVER = """
package main

import ("crypto/tls"; "fmt"; "io"; "net"; "os")

// Serves TLS with the certificate and key of one file, and wants a certificate of every client.
func main() {
    pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[1])
    if err != nil { panic(err) }
    config := &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert}
    version := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[os.Args[2]]
    config.MinVersion, config.MaxVersion = version, version
    listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
    if err != nil { panic(err) }
    fmt.Println(listener.Addr().(*net.TCPAddr).Port)
    for {
        connection, err := listener.Accept()
        if err != nil { panic(err) }
        go func() { io.Copy(io.Discard, connection); connection.Close() }()
    }
}
"""
AUTHORITY = loopback.Authority()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The program, and the file of its certificate."""
    go = shutil.which("go")
    assert go, "go is missing: `make unit` installs it"
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(SERVER)
    environment = {"GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
    subprocess.run(
        [go, "build", "-o", str(folder / "serve"), str(folder / "main.go")],
        check=True,
        env={**os.environ, **environment},
    )
    with AUTHORITY.certificate().private_key_and_cert_chain_pem.tempfile() as pem:
        yield str(folder / "serve"), pem


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_in_go_that_misses_the_certificate_is_the_far_end(server, version):
    """Go ends TLS 1.3 with alert 42, bad_certificate, as Java does (openjdk/jdk#17645); OpenSSL with 116."""
    program, pem = server
    with subprocess.Popen([program, pem, version], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        prober = Prober(5, AUTHORITY.contexts())
        [row] = prober.probe_all([loopback.endpoint(port, mutual_tls=True)], 1, 20, deadlines.Deadline(20))
        process.terminate()
    assert (row["verdict"], row["passthrough"], row["tls"]["version"]) == ("reachable", "passthrough", f"TLSv{version}")
