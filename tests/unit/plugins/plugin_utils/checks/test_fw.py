# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the host's firewall, each with evidence in which one thing is wrong."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()


def judged(**changes):
    """Return {check id: result} of the firewall's checks; changes: parts of the evidence that are otherwise."""
    evidence = samples.evidence("n1")
    evidence["host"]["firewall"].update(changes)
    return {entry["id"]: entry for entry in judge_node(CHECKS, samples.subject(), evidence, ["fw.*"])}


def drift(**sides):
    clean = {"missing": [], "extra": []}
    return {"backend": "nftables", "runtime": clean, "permanent": clean, **sides}


@pytest.mark.parametrize(
    "changes, check, said, remedy",
    [
        (
            {"active": {"firewalld": "it runs", "nftables": "the chain inet filter input filters"}},
            "fw.regime",
            "2 are active: firewalld (it runs), nftables",
            "with `nft delete table`",
        ),
        (
            {"active": {"ufw": "it is enabled", "iptables": "INPUT has rules"}},
            "fw.regime",
            "2 are active: ufw",
            "systemctl disable --now ufw",
        ),
        ({"pending": True}, "fw.rules", "is not confirmed", "Wait until"),
        (
            {"ours": drift(runtime={"missing": ["a", "b", "c", "d"], "extra": []})},
            "fw.rules",
            "missing now: a; b; c; d",
            "rtf_firewall",
        ),
        (
            {"ours": drift(permanent={"missing": [], "extra": ["x"]})},
            "fw.rules",
            "unexpected after a reboot: x",
            "Another program changed nftables",
        ),
        ({"forward": {"ip filter FORWARD": False}}, "fw.forward_policy", "ip filter FORWARD drops", "rtf_pod_cidr"),
        (
            {"forward": {"ip filter FORWARD": False}, "forward_owners": {"ip filter FORWARD": "Docker"}},
            "fw.forward_policy",
            "Docker set this policy",
            "rtf_kernel",
        ),
        (
            {"iptables": {"in_use": "nf_tables", "rules": {"nf_tables": True, "legacy": True}}},
            "fw.backend",
            "both iptables-nft and iptables-legacy",
            "iptables-legacy-save",
        ),
        (
            {"iptables": {"in_use": "legacy", "rules": {"nf_tables": True, "legacy": False}}},
            "fw.backend",
            "the rules are in nf_tables, but `iptables` uses legacy",
            "update-alternatives",
        ),
        (
            {"installer": {"version": None, "unit": True, "platform": "el7"}},
            "fw.rtf_iptables_unit",
            "iptables.service does",
            "/etc/rtf-iptables.rules",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(changes, check, said, remedy):
    results = judged(**changes)
    assert results[check]["status"] == "fail"
    assert said in results[check]["observed"]
    assert remedy in results[check]["remedy"]


@pytest.mark.parametrize(
    "version, platform, status, said",
    [
        ("20200427-0000000", "el8", "fail", "replaces the filter table"),
        ("20200728-136beef", "el8", "pass", "init.sh 20200728-136beef leaves it alone"),
        ("20210129-aaaaaaa", "el8", "fail", "starts firewalld"),
        ("20220310-0094759", "el8", "fail", "replaces the filter table"),
        ("20210129-aaaaaaa", "debian", "pass", "leaves it alone"),
        ("20220310-0094759", "debian", "fail", "disables ufw"),
        (None, "debian", "fail", "as last published"),
        (None, None, "unknown", "does not support this system"),
    ],
)
def test_what_the_installer_of_each_version_will_do(version, platform, status, said):
    installer = {"version": version, "unit": False, "platform": platform}
    result = judged(installer=installer)["fw.installer"]
    assert (result["status"], result["severity"]) == (status, "info")
    assert said in result["observed"]


def test_a_host_without_a_firewall_has_nothing_to_keep():
    results = judged(active={}, ours=None, applied=None, forward={})
    assert results["fw.regime"]["observed"] == "none: the host blocks no port"
    assert {entry["status"] for entry in results.values()} == {"pass"}


def test_rules_of_the_site_alone_are_not_judged_here():
    assert judged(ours=None, applied=None)["fw.rules"]["status"] == "skipped"


def test_a_front_end_forwards_in_its_own_way():
    ours = {**drift(), "backend": "firewalld"}
    assert judged(ours=ours, forward={"inet firewalld filter_FORWARD": False})["fw.forward_policy"]["status"] == "pass"


def test_without_evidence_nothing_passes():
    evidence = samples.evidence("n1")
    evidence["host"]["firewall"] = {"error": "only root can read the rules of a firewall"}
    results = judge_node(CHECKS, samples.subject(), evidence, ["fw.*"])
    assert {entry["status"] for entry in results} == {"unknown"}
