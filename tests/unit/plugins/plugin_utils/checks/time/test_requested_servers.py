# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether chrony uses the servers of rtf_ntp_servers, and what keeps it from them; time services beside chrony."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time import chrony_causes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

A, B = "a.example.com", "192.0.2.2"
OWN, OURS = "/etc/chrony/chrony.conf", "/etc/chrony/sources.d/runtime-fabric.sources"


def source(name, address="192.0.2.1", mode="none", key=None, **changes):
    authentication = {"mode": mode, "key": key, "attempts": 0, "naks": 0, "cookies": 8}
    known = {"name": name, "address": address, "mode": "server", "state": "selected", "reach": 255, "offset": 0.0}
    return {**known, "authentication": authentication, **changes}


def named(host, path=OURS):
    return {"directive": "server", "host": host, "key": None, "block": None, "path": path}


def configuration(*sources, **changes):
    known = {
        "path": OWN,
        "files": [],
        "sources": list(sources),
        "keys": [],
        "newer": [],
        "option": False,
        "directives": False,
    }
    return {**known, **changes}


def judged(sources, found, authentication=None, servers=(A, B), check="time.requested_servers", units=None):
    evidence = samples.evidence()
    evidence["host"]["time"]["chrony"]["sources"] = list(sources)
    evidence["host"]["time"]["configuration"] = found
    evidence["host"]["time"]["units"].update(units or {})
    subject = samples.subject()._replace(ntp_servers=list(servers), ntp_authentication=authentication or {})
    [result] = judge_node(checks.load(), subject, evidence, [check])
    return result


BOTH = (source(A), source(B, B))


@pytest.mark.parametrize(
    "sources, found, status, words",
    [
        (BOTH, configuration(named(A), named(B)), "pass", "all are"),
        (BOTH, configuration(), "pass", "all are"),  # whatever names them
        # linux-system-roles/timesync#92: what DHCP gives is in files of /run.
        (
            [*BOTH, source("192.0.2.9", "192.0.2.9")],
            configuration(named(A), named("192.0.2.9", "/run/chrony-dhcp/eth0.sources")),
            "pass",
            "all are; besides 192.0.2.9; 192.0.2.9 by /run/chrony-dhcp/eth0.sources",
        ),
        # linux-system-roles/timesync#246: on EL 8 a helper adds them with chronyc, and no file names them.
        (
            [*BOTH, source("192.0.2.9", "192.0.2.9")],
            configuration(named(A), named(B)),
            "pass",
            "all are; besides 192.0.2.9",
        ),
        # ... and none of the requested ones is there.
        (
            [source("192.0.2.9", "192.0.2.9")],
            configuration(),
            "fail",
            f"chrony does not use {A}, {B}: neither {OWN} nor a file",
        ),
        # L13: another file, which includes nothing of ours.
        (
            [source("pool.example.org")],
            configuration(
                named("pool.example.org", "/etc/chrony/site.conf"), path="/etc/chrony/site.conf", option=True
            ),
            "fail",
            f"chrony does not use {A}, {B}: neither /etc/chrony/site.conf, which the option -f of chronyd names, nor a file",
        ),
        (
            [],
            configuration(path=None, directives=True),
            "fail",
            "started with directives instead of a configuration file",
        ),
        (
            [source(A)],
            configuration(named(A), named(B), newer=[OURS]),
            "fail",
            f"chronyd has run since before {OURS} changed",
        ),
        # sonic-net/sonic-buildimage#22855: "Could not add source".
        ([source(A)], configuration(named(A), named(B)), "fail", f"{OURS} names them, but chronyd does not use them"),
        ([source(A)], None, "fail", f"chrony does not use {B}: its configuration is not known"),
        (
            [source(A, None, reach=0), source(B, B)],
            configuration(),
            "pass",
            "all are",
        ),  # its name does not resolve: egress.ntp
    ],
)
def test_the_sources_that_chronyc_lists_count(sources, found, status, words):
    result = judged(sources, found)
    assert (result["status"], words in result["observed"]) == (status, True), result["observed"]
    assert bool(result["remedy"]) is (status == "fail")


@pytest.mark.parametrize(
    "sources, found, status",
    [
        ([source(None)], configuration(named(A), named(B)), "pass"),
        ([source(None)], configuration(named(A)), "fail"),
        ([source(None)], configuration(named(A), named(B), newer=[OURS]), "unknown"),
    ],
)
def test_a_chronyc_without_names_leaves_it_to_the_files(sources, found, status):
    assert judged(sources, found)["status"] == status


@pytest.mark.parametrize(
    "sources, status",
    [
        ([source(A, mode="key", key=7)], "pass"),
        ([source(A, mode="key", key=8)], "fail"),
        ([source(A), source(A, None)], "fail"),  # the line of the site won, and ours has no address
        ([source(A, None)], "pass"),
        ([source(A, authentication=None)], "pass"),
    ],
)
def test_a_server_that_is_asked_without_its_key_is_not_the_requested_one(sources, status):
    found = configuration(named(A, OWN), named(A))
    result = judged(sources, found, {A: "key 7"}, [A])
    assert result["status"] == status
    if status == "fail":
        assert result["observed"] == f"chrony asks {A} without key 7, because {OWN} names it first"


def test_over_nts_and_without_any_request():
    assert judged([source(A)], configuration(), {A: "nts"}, [A])["observed"] == f"chrony asks {A} without nts"
    assert judged([source(A, mode="nts")], configuration(), {A: "nts"}, [A])["status"] == "pass"
    assert judged([], configuration(), servers=[])["observed"] == "rtf_ntp_servers is not set"


def test_a_node_that_was_prepared_with_servers_of_its_own_is_named_and_not_held_back():
    """The list of an audit is that of the cluster; host_vars of a node may have another one."""
    ours = configuration({**named(A), "block": "runtime-fabric"})
    result = judged([source(A)], ours, servers=[B])
    assert (result["status"], result["severity"]) == ("fail", "recommended")
    assert result["observed"] == f"chrony uses {A}, which the role wrote for this node, and not {B}"
    assert judged([source("other.example")], ours, servers=[B])["severity"] == "required"
    assert judged([source(A)], ours, servers=[A])["status"] == "pass"


def test_a_chronyc_that_does_not_answer_leaves_it_open():
    evidence = samples.evidence()
    evidence["host"]["time"]["chrony"] = {"error": "chronyc: exit code 1: 506 Cannot talk to daemon"}
    subject = samples.subject()._replace(ntp_servers=[A])
    [result] = judge_node(checks.load(), subject, evidence, ["time.requested_servers"])
    assert (result["status"], "Cannot talk to daemon" in result["observed"]) == ("unknown", True)


@pytest.mark.parametrize(
    "unit", ["chronyd-restricted.service", "phc2sys.service", "ntpd-rs.service", "timemaster.service"]
)
def test_whatever_else_sets_the_clock_is_named(unit):
    """L14, and its siblings."""
    result = judged(BOTH, configuration(), check="time.no_competitor", units={unit: {"active": False, "enabled": True}})
    assert (result["status"], unit in result["observed"]) == ("fail", True)


def test_texts_of_nodes_that_differ_by_a_sign_of_nothing_are_equal():
    """Broken lab 10."""
    causes = [
        chrony_causes.causes({"sources": [source(A, state="falseticker", offset=offset)], "unresolved": 0}, ())
        for offset in (0.0004, -0.0004, 0.0, -0.0)
    ]
    assert {chrony_causes.observed_text(found) for found in causes} == {
        f"rejected as falseticker, no majority agrees: {A} (+0.000 s off this clock)"
    }


def test_the_requested_servers_are_told_before_those_of_the_package():
    sources = [source("pool.example.org", None, state="unusable"), source(A, state="falseticker", offset=0.5)]
    found = chrony_causes.causes({"sources": sources, "unresolved": 0}, ())
    assert chrony_causes.observed_text(found, [A]) == (
        f"rejected as falseticker, no majority agrees: {A} (-0.500 s off this clock); cannot resolve pool.example.org"
    )
