# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Package repositories that answer, do not, or cannot be asked; and over which path each is asked."""

import pytest
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import repository_probes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.host_samples import (
    packages,
    place,
    repository_probe,
)

MIRROR, OTHER, PROXY = "mirror.example.com", "other.example.com", "http://p.example.com:3128"
SITE = "http://jo:********@p.example.com:3128"


def judged(probes=None, settings=(), repositories_of=None, **changes):
    evidence = samples.evidence()
    evidence["host"]["packages"] = {**packages(), **changes}
    if repositories_of is not None:
        evidence["host"]["packages"]["repositories"] = repositories_of
    evidence["host"]["proxy"]["settings"] = list(settings)
    if probes is not None:
        evidence["repositories"] = probes
    [result] = judge_node(checks.load(), samples.subject(), evidence, ["host.repos_reachable"])
    return result


def repository(*places, unknown=None):
    return [{"name": "base", "source": "/etc/yum.repos.d/a.repo", "places": list(places), "unknown": unknown}]


def setting(variable, value, reader="sessions", password="none"):
    return {"reader": reader, "source": "/etc/environment", "variable": variable, "value": value, "password": password}


def test_all_that_answer_pass_and_are_named():
    result = judged()
    assert (result["status"], result["severity"]) == ("pass", "recommended")
    assert result["observed"] == f"http://{MIRROR}:80, http://{OTHER}:80"


@pytest.mark.parametrize(
    "verdict, remedy",
    [
        (
            "rejected",
            "allow TCP 80 from n1 to other.example.com; if a proxy is required, configure it for dnf: `proxy` in",
        ),
        ("dropped", "Ask the network team"),
        ("unresolved", "getent hosts other.example.com"),
        ("tls_untrusted", "exempt other.example.com from TLS inspection"),
        ("http_failed", "Ask the network team"),
    ],
)
def test_one_that_does_not_answer_is_named_with_who_must_act(verdict, remedy):
    result = judged([repository_probe(MIRROR), repository_probe(OTHER, verdict, "1.2.3.4 says no")])
    assert result["status"] == "fail"
    assert result["observed"] == f"http://{OTHER}:80: {verdict} (1.2.3.4 says no)"
    assert remedy in result["remedy"]


@pytest.mark.parametrize(
    "verdict, remedy",
    [
        ("proxy_unreachable", "Correct the proxy in the settings of dnf"),
        ("proxy_auth", "user name and password"),
        ("proxy_denied", "Ask the proxy team to allow n1 to fetch http://mirror.example.com port 80"),
        ("http_failed", "Ask the proxy team which device answers"),
    ],
)
def test_what_a_proxy_does_is_for_its_team(verdict, remedy):
    result = judged([repository_probe(MIRROR, verdict)], repositories_of=repository(place(MIRROR, proxy=PROXY)))
    assert result["status"] == "fail" and remedy in result["remedy"], result
    assert PROXY in result["observed"]


@pytest.mark.parametrize(
    "proxy, mirror",
    [
        (PROXY, place(MIRROR)),
        # A cache that is the repository's host and the proxy alike.
        ("http://cache.example.com:3142", place("cache.example.com", port=3142)),
    ],
)
def test_what_ansible_masks_in_the_result_of_the_module_hides_no_probe(proxy, mirror):
    """The proxy is an option with no_log: its URL is masked wherever a result has it, in an id as well."""
    there = repository({**mirror, "proxy": proxy}, {**mirror, "host": OTHER, "proxy": "direct"})
    asked = repository_probes.probes(host(*there[0]["places"]))
    told = [{**row, "verdict": "reachable", "detail": None} for row in asked]
    result = judged(remove_values(told, {proxy}), repositories_of=there)
    assert result["status"] == "pass" and f" via {proxy}" in result["observed"], result


def test_one_of_several_places_of_a_repository_is_enough():
    two = repository(place(MIRROR), place(OTHER))
    assert (
        judged([repository_probe(MIRROR, "dropped"), repository_probe(OTHER)], repositories_of=two)["status"] == "pass"
    )
    assert (
        judged([repository_probe(MIRROR, "dropped"), repository_probe(OTHER, "dropped")], repositories_of=two)["status"]
        == "fail"
    )


@pytest.mark.parametrize(
    "case",
    [
        {"unreadable": ["/etc/yum.repos.d/x.repo: Permission denied"]},
        {"repositories": [], "unreadable": ["/etc/yum.repos.d/x.repo: Permission denied"]},
        {"manager": None, "repositories": []},
        {"repositories": repository(unknown="its host is a variable")},
        {"repositories": repository(place("new.example.com")), "probes": []},
        {"repositories": repository(place(MIRROR, proxy=PROXY)), "probes": []},
    ],
)
def test_what_is_not_known_is_unknown(case):
    result = judged(**case)
    assert result["status"] == "unknown" and result["observed"], result


@pytest.mark.parametrize("verdict", ["untested", "error"])
def test_a_probe_that_did_not_end_proves_nothing(verdict):
    assert judged([repository_probe(MIRROR, verdict, "late"), repository_probe(OTHER)])["status"] == "unknown"


def test_a_failure_outweighs_what_is_unknown():
    result = judged([repository_probe(MIRROR, "dropped"), repository_probe(OTHER)], unreadable=["x: no"])
    assert result["status"] == "fail"


def test_a_host_without_a_repository_over_the_network():
    assert judged(repositories=[], local=1)["observed"] == "no remote repository, 1 on the host itself"
    result = judged(repositories=[])
    assert result["status"] == "fail" and "subscription-manager register" in result["remedy"]


class TestPaths:
    """What the package manager itself would do."""

    def ways(self, manager, place_of, settings=()):
        return repository_probes.way_to(place_of, manager, list(settings))

    def test_its_own_proxy_goes_before_the_environment(self):
        way = self.ways("apt", place(MIRROR, proxy=PROXY), [setting("http_proxy", "http://else:1")])
        assert (way.proxy, way.source) == (PROXY, "the settings of apt")
        assert self.ways("apt", place(MIRROR, proxy="direct"), [setting("http_proxy", "http://else:1")]).proxy == ""

    @pytest.mark.parametrize(
        "variable, scheme, used",
        [
            ("http_proxy", "http", True),
            ("HTTP_PROXY", "http", True),
            ("https_proxy", "http", False),
            ("https_proxy", "https", True),
            ("all_proxy", "https", True),
        ],
    )
    def test_the_environment_counts_where_it_has_none(self, variable, scheme, used):
        way = self.ways("dnf", place(MIRROR, scheme=scheme), [setting(variable, PROXY)])
        assert way.proxy == (PROXY if used else "")

    @pytest.mark.parametrize("reader, used", [("login shells", True), ("docker", False), ("systemd", False)])
    def test_only_that_of_sessions_and_shells(self, reader, used):
        assert bool(self.ways("dnf", place(MIRROR), [setting("http_proxy", PROXY, reader)]).proxy) is used

    def test_but_for_what_its_no_proxy_names(self):
        found = [setting("http_proxy", PROXY), setting("no_proxy", ".example.com")]
        assert self.ways("dnf", place(MIRROR), found).proxy == ""
        assert self.ways("dnf", place("mirror.example.org"), found).proxy == PROXY


def host(*places, manager="dnf", settings=()):
    return {
        "packages": {"manager": manager, "repositories": repository(*places)},
        "proxy": {"settings": list(settings)},
    }


def test_repositories_become_endpoints_each_once():
    found = repository_probes.probes(host(place(MIRROR), place(MIRROR), place(OTHER, scheme="https", port=8443)))
    assert found == [
        {"id": "repository:1", "host": MIRROR, "port": 80, "protocol": "http", "paths": ["direct"]},
        {"id": "repository:2", "host": OTHER, "port": 8443, "protocol": "https", "paths": ["direct"]},
    ]


def test_servers_of_an_own_ca_are_not_for_this_hosts_trust_store():
    found = repository_probes.probes(host(place(MIRROR, scheme="https", port=443, verified=False)))
    assert [row["protocol"] for row in found] == ["tcp"]


@pytest.mark.parametrize("proxy, password", [(SITE, "expected"), (SITE + "/", "expected")])
def test_repositories_behind_the_proxy_of_the_site_name_no_proxy_of_their_own(proxy, password):
    found = repository_probes.probes(host(place(MIRROR, proxy=proxy, password=password)), SITE)
    assert [(row["paths"], row.get("http_proxy")) for row in found] == [(["http_proxy"], None)]


@pytest.mark.parametrize(
    "proxy, password, used",
    [
        (PROXY, "none", PROXY),
        (PROXY + "/", "none", PROXY),
        ("p.example.com:3128", "none", PROXY),
        (SITE, "other", ""),
        ("http://jo:********@else:3128", "expected", ""),
        ("socks5h://p:1080", "none", ""),
        ("http://p", "none", ""),
        ("http://p:x", "none", ""),
    ],
)
def test_another_proxy_is_used_where_it_asks_for_no_password(proxy, password, used):
    found = repository_probes.probes(host(place(MIRROR, proxy=proxy, password=password)), SITE)
    assert [(row["paths"], row["http_proxy"]) for row in found] == ([(["http_proxy"], used)] if used else [])


def test_a_proxy_of_the_site_without_a_password_is_no_other_one():
    found = repository_probes.probes(host(place(MIRROR, proxy="p.example.com:3128")), PROXY)
    assert [(row["id"], row.get("http_proxy")) for row in found] == [("repository:1", None)]


def test_each_repository_is_dialled_through_its_own_proxy():
    found = repository_probes.probes(
        host(
            place(MIRROR, proxy=PROXY),
            place(OTHER, proxy="http://q:1"),
            place("x.example"),
            place("y.example", proxy=SITE, password="expected"),
        ),
        SITE,
    )
    assert [(row["host"], row["paths"], row.get("http_proxy")) for row in found] == [
        (MIRROR, ["http_proxy"], PROXY),
        (OTHER, ["http_proxy"], "http://q:1"),
        ("x.example", ["direct"], None),
        ("y.example", ["http_proxy"], None),
    ]


def test_a_host_name_that_is_not_valid_has_no_endpoint():
    assert repository_probes.probes(host(place("not a host"), place(MIRROR))) == [
        {"id": "repository:2", "host": MIRROR, "port": 80, "protocol": "http", "paths": ["direct"]}
    ]
