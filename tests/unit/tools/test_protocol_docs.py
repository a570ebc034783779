# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import protocol_registry
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Evidence, Protocol
from ansible_collections.hostprep.runtime_fabric.tools import protocol_docs


class Echo(Protocol):
    name = "echo"
    title = "Echo"
    outcome = "the same bytes, " + "and a long explanation of why that is enough, " * 3 + "sent back"
    layer = "echo"
    evidence = Evidence("echo", "description: What came back.\nreturned: always\ntype: str\n")
    failures = {"echo_failed": "other bytes"}
    in_catalogue = True


TEXTS = {
    path: (protocol_docs.ROOT / path).read_text(encoding="utf-8")
    for path in (protocol_docs.MODULE, protocol_docs.SCHEMA, protocol_docs.README)
}


def test_a_new_protocol_reaches_documentation_and_catalogue_by_itself():
    protocols = [*protocol_registry.PROTOCOLS.values(), Echo()]
    evidence = [*protocol_registry.evidence().values(), Echo.evidence]
    written = protocol_docs.documents(protocols, evidence, TEXTS)
    module = {}
    exec(written[protocol_docs.MODULE].partition("import collections")[0], module)
    option = yaml.safe_load(module["DOCUMENTATION"])["options"]["endpoints"]["suboptions"]["protocol"]
    assert option["choices"][-1] == "echo"
    assert f"V(echo) ends with {Echo.outcome}." in option["description"]
    returned = yaml.safe_load(module["RETURN"])["endpoints"]["contains"]
    assert returned["echo"] == {"description": "What came back.", "returned": "always", "type": "str"}
    assert "V(echo_failed) - other bytes." in returned["verdict"]["description"]
    new = set(written[protocol_docs.MODULE].splitlines()) - set(TEXTS[protocol_docs.MODULE].splitlines())
    assert max(map(len, new)) <= 120
    schema = json.loads(written[protocol_docs.SCHEMA])
    assert schema["$defs"]["fields"]["properties"]["protocol"]["enum"][-1] == "echo"
    assert "`echo` (Echo)" in written[protocol_docs.README]


def test_a_block_that_is_gone_is_an_error():
    texts = {**TEXTS, protocol_docs.MODULE: TEXTS[protocol_docs.MODULE].replace("# protocols: layers", "#")}
    with pytest.raises(ValueError, match="protocols: layers' appears 0 times"):
        protocol_docs.documents(protocol_registry.PROTOCOLS.values(), [], texts)
