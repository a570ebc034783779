# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle holds a run, and nothing in it has a secret, or, on wish, an address or a name of the site."""

import html.parser
import ipaddress
import json
import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle import contents
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.support_bundle import planted_run

VERSIONS = {"collection": "1.0.0", "ansible-core": "2.19.0", "python": "3.11.2"}


def bundle(key, planted_texts=True):
    run = planted_run.run(planted_texts)
    return contents.of_run(run, planted_run.site(), catalog.load(), VERSIONS, planted_run.SECRETS, key)


@pytest.fixture(scope="module")
def plain():
    return bundle(None)


@pytest.fixture(scope="module")
def hidden():
    return bundle(b"k" * 32)


def test_what_is_planted_is_found_where_nothing_is_replaced():
    assert len(planted_run.left_in(json.dumps(planted_run.run()), True)) > 20


def test_no_file_has_a_secret(plain, hidden):
    for texts in (plain.texts, hidden.texts):
        assert {name: found for name, text in texts.items() if (found := planted_run.left_in(text, False))} == {}
    assert planted_run.V4 in plain.texts["report.json"] and planted_run.PROXY in plain.texts["inputs.json"]


def test_no_file_has_an_address_or_a_name_where_they_are_hidden(hidden):
    assert {name: found for name, text in hidden.texts.items() if (found := planted_run.left_in(text, True))} == {}


def test_the_same_address_has_one_pseudonym_in_all_files(hidden):
    report, evidence = (json.loads(hidden.texts[name]) for name in ("report.json", "evidence.json"))
    inputs = json.loads(hidden.texts["inputs.json"])
    for node in report["nodes"]:
        name, address = node["name"], inputs[node["name"]]["ansible_host"]
        assert evidence["nodes"][name]["inventory"]["ansible_host"].split()[0] == address == node["address"].split()[0]
        for file in ("report.html", "report.md", "change-request/change-request.md"):
            text = hidden.texts[file].replace("\\", "")
            assert address in text and name in text
    network = ipaddress.ip_network(inputs[name]["rtf_internal_networks"][0])
    assert ipaddress.ip_address(inputs[name]["rtf_ntp_servers"][1]) in network and network.prefixlen == 24


def test_the_bundle_stays_readable(hidden):
    report = json.loads(hidden.texts["report.json"])
    assert [node["role"] for node in report["nodes"]] == ["controller", "worker", "worker"]
    assert "anypoint.mulesoft.com" in hidden.texts["evidence.json"]
    assert len(re.findall(r"^## ", hidden.texts["report.md"], re.M)) >= len(report["causes"])
    html.parser.HTMLParser().feed(hidden.texts["report.html"])


def test_the_contents_say_what_there_is_and_what_was_replaced(plain, hidden):
    listed = json.loads(hidden.texts["contents.json"])
    assert listed["files"] == sorted(hidden.texts) and listed["versions"] == VERSIONS
    assert {"report.json", "report.html", "report.md", "evidence.json", "inputs.json"} < set(listed["files"])
    assert set(listed["replaced"]) == {"secrets", "IPv4 addresses", "IPv6 addresses", "host names"}
    assert (listed["addresses"], json.loads(plain.texts["contents.json"])["addresses"]) == ("pseudonyms", "as they are")
    assert set(json.loads(plain.texts["contents.json"])["replaced"]) == {"secrets"}
    assert listed["replaced"] == hidden.replaced and min(hidden.replaced.values()) > 0


def test_the_same_run_makes_the_same_bundle():
    assert bundle(b"k" * 32, False) == bundle(b"k" * 32, False)


def test_a_host_whose_name_is_a_word_of_the_report_is_named_as_kept():
    run, site = planted_run.run(False), planted_run.site()
    found = contents.of_run(run, site._replace(hosts=["worker", "host", "kx9"]), catalog.load(), {}, (), b"k" * 32)
    assert json.loads(found.texts["contents.json"])["kept"] == ["host", "worker"]
    assert json.loads(found.texts["report.json"])["nodes"][1]["role"] == "worker"


def test_an_inventory_without_addresses_has_no_change_request_and_says_why():
    site = planted_run.site()._replace(inputs={node.name: {} for node in planted_run.NODES})
    found = contents.of_run(planted_run.run(False), site, catalog.load(), {}, ())
    assert "rtf_node_address: not set for kx1-planted" in found.texts["change-request/missing.txt"]
