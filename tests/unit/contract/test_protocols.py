# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An endpoint protocol is declared once: its file, its line in the registry, and nothing else names it by hand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import (
    EVIDENCE,
    LINES,
    PROTOCOLS,
    evidence,
    sent_to_hosts,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    connection_paths,
    verdict_causes,
    verdicts,
)
from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import protocol_docs

FOLDER = checkout.CHECKOUT / "plugins" / "module_utils" / "egress" / "protocols"
RESULT = yaml.safe_load(egress_info.RETURN)["endpoints"]["contains"]
# What fails the same way for every protocol, or for all of them that use TLS or a proxy.
COMMON = {
    "reachable", "unresolved", "refused", "rejected", "dropped", "blocked", "certificate_refused", "idle_cut", "untested",
    "error",
}  # fmt: skip


def test_a_file_of_the_folder_is_a_protocol_of_the_registry():
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted(PROTOCOLS)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_lies_in_the_file_of_its_name_and_declares_itself(name):
    protocol = PROTOCOLS[name]
    assert type(protocol).__module__.endswith(f".protocols.{name}")
    assert protocol.title and protocol.outcome and not protocol.outcome.endswith(".")
    assert protocol.transport in ("tcp", "udp")
    assert protocol.carrier in connection_paths.PATHS[1:]
    assert protocol.transport == "tcp" or not protocol.in_catalogue
    assert all(meaning and not meaning.endswith(".") for meaning in protocol.failures.values())


def test_ansible_sends_every_protocol_to_a_host():
    assert {module.__name__.rpartition(".")[2] for module in sent_to_hosts()} == set(PROTOCOLS)


def test_a_host_imports_only_the_protocols_of_its_endpoints_and_what_its_options_ask_for():
    """Nothing is cached on a host: what a module imports is compiled at every call."""
    call = (
        "import sys; from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info;"
        "egress_info.endpoint_options.protocol_registry.PROTOCOLS['https'];"
        "print(*[name.rpartition('.')[2] for name in sys.modules if '.runtime_fabric.plugins.module_utils.' in name])"
    )
    imported = set(
        subprocess.run([sys.executable, "-c", call], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    )
    assert "https" in imported
    assert imported & (set(PROTOCOLS) - {"https"}) == set()
    assert imported & {"pod_paths", "dns_survey", "registry_trust", "socks5", "http_connect", "masked_urls"} == set()


def test_documentation_and_catalogue_follow_the_registry():
    for path, text in protocol_docs.written(checkout.CHECKOUT).items():
        assert (checkout.CHECKOUT / path).read_text(encoding="utf-8") == text, f"{path}: run `make docs`"


def test_a_result_has_the_fields_that_are_documented():
    assert set(evidence()) <= set(RESULT)


def test_the_registry_names_the_evidence_that_protocols_declare():
    assert list(evidence()) == list(EVIDENCE)
    declared = {name: protocol.evidence and protocol.evidence.name for name, protocol in PROTOCOLS.items()}
    assert declared == {name: line.evidence for name, line in LINES.items()}


def test_every_verdict_is_documented():
    text = " ".join(RESULT["verdict"]["description"])
    documented = set(re.findall(r"V\((\w+)\) -", text))
    known = {value for name, value in vars(verdicts).items() if name.isupper() and isinstance(value, str)}
    of_protocols = {verdict for protocol in PROTOCOLS.values() for verdict in protocol.failures}
    assert documented == (known - {verdicts.OK}) | of_protocols
    assert {name for name in documented if not name.startswith(("tls_", "proxy_"))} == COMMON | of_protocols


@pytest.mark.parametrize(
    "folder", ["plugins/module_utils/egress", "plugins/module_utils/net", "plugins/plugin_utils/catalog"]
)
def test_no_code_compares_with_the_name_of_a_protocol(folder):
    """Names belong to the classes; `tcp` and `udp` are transports as well."""
    names = set(PROTOCOLS) - {"tcp", "https", "http"}
    found = [
        f"{path.relative_to(checkout.CHECKOUT)}:{node.lineno}"
        for path in sorted((checkout.CHECKOUT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and any(isinstance(part, ast.Constant) and part.value in names for part in ast.walk(node))
    ]
    assert found == []


def test_every_cause_is_documented_and_no_other():
    documented = re.findall(r"V\((\w+)\) -", " ".join(RESULT["cause"]["description"]))
    assert sorted(documented) == sorted(value for name, value in vars(verdict_causes).items() if name.isupper())
