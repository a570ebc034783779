# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of Persistence Gateway and the private registry: what is said of each, and who has to act."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_services
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()
DATABASE = site_services.DATABASE.of_input({"host": "db.example.com"})
REGISTRY = site_services.REGISTRY.of_input({"host": "registry.example.com", "port": "5000"})


def judge(service, services=(DATABASE, REGISTRY), **probe):
    evidence = samples.evidence()
    others = [each for each in evidence["egress"] if each["id"] != service.kind.row]
    evidence["egress"] = others
    if probe:
        row = {"id": service.kind.row, "path": "direct", "detail": None, "tls": None, **probe}
        evidence["egress"] = [*others, row]
    check = {DATABASE: "egress.persistence_database", REGISTRY: "egress.registry"}[service]
    results = judge_node(CHECKS, samples.subject(services=services), evidence, [check])
    return results[0]


@pytest.mark.parametrize("service", [DATABASE, REGISTRY])
def test_a_service_that_is_not_set_is_not_missed(service):
    result = judge(service, services=())
    assert (result["status"], result["observed"]) == ("pass", f"{service.kind.variable} is not set, so none is used")


@pytest.mark.parametrize("service", [DATABASE, REGISTRY])
def test_a_service_that_was_not_probed_is_unknown(service):
    assert judge(service)["status"] == "unknown"
    assert judge(service, verdict="untested")["status"] == "unknown"


def test_services_that_answer():
    assert judge(DATABASE, verdict="reachable")["observed"] == "reachable"
    found = judge(REGISTRY, verdict="reachable", path="http_proxy", detail="clients get their tokens from https://a")
    assert (found["status"], found["observed"]) == (
        "pass",
        "reachable through the HTTP proxy; clients get their tokens from https://a",
    )
    assert found["expected"] == "registry.example.com:5000 answers as a registry, trusted by container runtimes"


@pytest.mark.parametrize("in_clear, status", [(True, "pass"), (None, "pass"), (False, "fail")])
def test_a_database_that_takes_only_tls_is_of_no_use_to_persistence_gateway(in_clear, status):
    """The vendor's page "Configuring Persistence Gateway with Runtime Fabric" supports connections in plain text alone."""
    result = judge(DATABASE, verdict="reachable", postgresql={"tls": True, "in_clear": in_clear})
    assert result["status"] == status
    if status == "fail":
        assert result["observed"] == "reachable, but it accepts only TLS connections"
        assert result["remedy"].startswith(
            "Persistence Gateway connects without TLS. Ask the database team to accept connections without TLS from n1"
        )


@pytest.mark.parametrize(
    "service, probe, remedy",
    [
        (DATABASE, {"verdict": "dropped"}, "Ask the network team to allow TCP 5432 from n1 to db.example.com"),
        (DATABASE, {"verdict": "refused"}, "Ask the database team whether db.example.com listens on TCP 5432 for n1"),
        (DATABASE, {"verdict": "database_failed"}, "Ask the database team what answers on db.example.com port 5432"),
        (
            DATABASE,
            {"verdict": "unresolved", "cause": "sinkhole"},
            "Ask the team that runs the DNS filter to exempt db",
        ),
        (
            REGISTRY,
            {"verdict": "registry_failed"},
            "Ask the team of the registry what answers on https://registry.example.com:5000/v2/",
        ),
        (
            REGISTRY,
            {"verdict": "tls_untrusted", "cause": "unknown_issuer"},
            "Install the CA of the certificate of registry.example.com:5000",
        ),
        (
            REGISTRY,
            {"verdict": "tls_untrusted", "cause": "incomplete_chain"},
            "Ask the owner of registry.example.com:5000 to send",
        ),
        (
            REGISTRY,
            {"verdict": "tls_name_mismatch", "cause": "common_name_only"},
            "Ask the owner of registry.example.com:5000",
        ),
        (REGISTRY, {"verdict": "proxy_denied", "path": "http_proxy"}, "Add registry.example.com to rtf_no_proxy_extra"),
        (REGISTRY, {"verdict": "http_failed"}, "Run the audit again; if the result is the same"),
    ],
)
def test_who_has_to_act(service, probe, remedy):
    result = judge(service, **probe)
    assert (result["status"], result["remedy"].startswith(remedy)) == ("fail", True), result["remedy"]


@pytest.mark.parametrize("kind, port", [(site_services.DATABASE, 5432), (site_services.REGISTRY, 443)])
def test_inputs(kind, port):
    assert kind.of_input({}) is None
    assert kind.of_input({"host": "a.example.com"}).port == port
    assert kind.of_input({"host": "192.0.2.1", "port": "70"}).port == 70


@pytest.mark.parametrize(
    "value, words",
    [
        ([], "must be a dictionary {host, port}"),
        ({"port": 1}, "is not a valid host name"),
        ({"host": "a b"}, "is not a valid host name"),
        ({"host": "a", "port": 0}, "is not a number from 1 to 65535"),
        ({"host": "a", "port": "many"}, "is not a number from 1 to 65535"),
        ({"host": "a", "user": "x"}, "user is unknown; valid: host, port"),
    ],
)
def test_inputs_that_are_wrong(value, words):
    with pytest.raises(ValueError, match=".") as caught:
        site_services.REGISTRY.check(value)
    assert words in str(caught.value)


@given(st.sampled_from([DATABASE, REGISTRY]), st.text(max_size=12), st.one_of(st.none(), st.text(max_size=12)))
def test_only_what_is_reachable_passes(service, verdict, cause):
    assert (judge(service, verdict=verdict, cause=cause)["status"] == "pass") == (verdict == "reachable")
