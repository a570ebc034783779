# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of servers, judged by Go's own verification: whatever a container runtime refuses is not reachable here."""

import base64
import json
import os
import shutil
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import chains, loopback

VERIFY = """
package main

import ("crypto/x509"; "encoding/json"; "os")

// Standard input: [[certificates that a server sends, its own first], [those that are trusted], name of the server], ...
// Standard output: a list of what Go has against each, "" for nothing.
func main() {
    var cases []struct { Sent, Trusted [][]byte; Name string }
    if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil { panic(err) }
    said := []string{}
    for _, each := range cases {
        options := x509.VerifyOptions{DNSName: each.Name, Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
        for _, der := range each.Trusted { options.Roots.AddCert(parsed(der)) }
        for _, der := range each.Sent[1:] { options.Intermediates.AddCert(parsed(der)) }
        _, err := parsed(each.Sent[0]).Verify(options)
        if err == nil { said = append(said, "") } else { said = append(said, err.Error()) }
    }
    json.NewEncoder(os.Stdout).Encode(said)
}

func parsed(der []byte) *x509.Certificate {
    certificate, err := x509.ParseCertificate(der)
    if err != nil { panic(err) }
    return certificate
}
"""
GONE = chains.NOW - chains.DAY
ROOT = chains.Certificate("Root", authority=True)
OTHER_ROOT = chains.Certificate("Other Root", authority=True)
OLD_ROOT = chains.Certificate("Root", authority=True, last=GONE)
OLD_ROOT_OF_ALL = chains.Certificate("Old Root", authority=True, last=GONE)
CROSS_SIGNED = chains.Certificate("Root", OLD_ROOT_OF_ALL, authority=True)
MIDDLE = chains.Certificate("Middle", ROOT, authority=True)
LEAF = chains.Certificate("leaf", MIDDLE, [loopback.NAME])
ALONE = chains.Certificate("box.example.com", names=[loopback.NAME])
# {situation: (what the server sends, what is trusted, what Go says of it)}
CHAINS = {
    "whole": ([LEAF, MIDDLE], [ROOT], ""),
    "with the root": ([LEAF, MIDDLE, ROOT], [ROOT], ""),
    "out of order": ([LEAF, ROOT, MIDDLE], [ROOT], ""),
    "cross-signed by a root that has expired": ([LEAF, MIDDLE, CROSS_SIGNED, OLD_ROOT_OF_ALL], [ROOT], ""),
    "intermediate trusted by itself": ([LEAF], [MIDDLE], ""),
    "certificate trusted by itself": ([ALONE], [ALONE], ""),
    "any name below": ([chains.Certificate("leaf", MIDDLE, ["*.example.com"]), MIDDLE], [ROOT], ""),
    "any name two below": (
        [chains.Certificate("leaf", MIDDLE, ["*.com"]), MIDDLE],
        [ROOT],
        "certificate is valid for *.com, not",
    ),
    "any name that begins so": (
        [chains.Certificate("leaf", MIDDLE, ["pe*.example.com"]), MIDDLE],
        [ROOT],
        "certificate is valid for pe*.example.com, not",
    ),
    "name in capitals": ([chains.Certificate("leaf", MIDDLE, [loopback.NAME.upper()]), MIDDLE], [ROOT], ""),
    "common name only": ([chains.Certificate(loopback.NAME, MIDDLE), MIDDLE], [ROOT], "relies on legacy Common Name"),
    "another name": (
        [chains.Certificate(loopback.NAME, MIDDLE, ["other.example.org"]), MIDDLE],
        [ROOT],
        "certificate is valid for other.example.org, not",
    ),
    "expired": ([chains.Certificate("leaf", MIDDLE, [loopback.NAME], last=GONE), MIDDLE], [ROOT], "has expired"),
    "expired intermediate": (
        [LEAF, chains.Certificate("Middle", ROOT, authority=True, last=GONE)],
        [ROOT],
        "has expired or is not yet valid",
    ),
    "expired root": ([LEAF, MIDDLE], [OLD_ROOT], "has expired or is not yet valid"),
    "no intermediate": ([LEAF], [ROOT], "signed by unknown authority"),
    "unknown root": ([LEAF, MIDDLE, ROOT], [OTHER_ROOT], "signed by unknown authority"),
    "self-signed": ([ALONE], [ROOT], "signed by unknown authority"),
    "issuer that is no authority": (
        [chains.Certificate("leaf", LEAF, [loopback.NAME]), LEAF, MIDDLE],
        [ROOT],
        "signed by unknown authority",
    ),
    "for clients only": (
        [chains.Certificate("leaf", MIDDLE, [loopback.NAME], of_client=True), MIDDLE],
        [ROOT],
        "incompatible key usage",
    ),
    "SHA-1": (
        [chains.Certificate("leaf", MIDDLE, [loopback.NAME]).with_sha1(), MIDDLE],
        [ROOT],
        "insecure algorithm SHA1-RSA",
    ),
    "SHA-1 in the intermediate": (
        [LEAF, chains.Certificate("Middle", ROOT, authority=True).with_sha1()],
        [ROOT],
        "insecure algorithm SHA1-RSA",
    ),
    "root with SHA-1": ([LEAF, MIDDLE], [chains.Certificate("Root", authority=True).with_sha1()], ""),
}


@pytest.fixture(scope="module")
def by_go(tmp_path_factory):
    """{situation: what Go has against the certificates}."""
    go = shutil.which("go")
    assert go, "go is missing: `make unit` installs it"
    source = tmp_path_factory.mktemp("go") / "main.go"
    source.write_text(VERIFY)

    def ders(certificates):
        return [base64.b64encode(each.der).decode() for each in certificates]

    question = [
        {"Sent": ders(sent), "Trusted": ders(trusted), "Name": loopback.NAME}
        for sent, trusted, _said in CHAINS.values()
    ]
    done = subprocess.run(
        [go, "run", str(source)],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0"},
    )
    return dict(zip(CHAINS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("situation", CHAINS)
def test_what_go_refuses_is_not_reachable_and_what_it_accepts_is(by_go, situation):
    sent, trusted, said = CHAINS[situation]
    assert said in by_go[situation] and bool(said) == bool(by_go[situation])
    with chains.server(sent) as port:
        prober = Prober(5, chains.contexts(*trusted))
        [row] = prober.probe_all([loopback.endpoint(port)], 1, 20, deadlines.Deadline(20))
    assert (row["verdict"] == "reachable") == (not said), row
