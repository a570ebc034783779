# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the host's firewall, each with evidence in which one thing is wrong."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
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


def dropped(where, rule, owner, **changes):
    entry = {
        "verdict": "drop",
        "transport": "tcp",
        "ports": ["443", "2379-2380"],
        "sources": ["192.0.2.21", "192.0.2.22"],
        "where": where,
        "rule": rule,
        "owner": owner,
        **changes,
    }
    return {"packets": {"hidden": [], "asked": "applied", "answers": [entry], "forward": []}}


@pytest.mark.parametrize(
    "changes, said, remedy",
    [
        (
            {
                **dropped("inet own input", "", ""),
                "active": {"ufw": "it is enabled"},
                "ours": {**drift(), "backend": "ufw"},
            },
            "tcp 443, 2379-2380 from 192.0.2.21, 192.0.2.22 dropped by the policy of inet own input (the site)",
            "ufw does not decide there. Accept the packets before that rule (`nft -a list chain inet own input`",
        ),
        (
            dropped("inet firewalld filter_IN_policy_shut", "drop", "firewalld"),
            "by the rule `drop` of inet firewalld filter_IN_policy_shut (firewalld)",
            "`firewall-cmd --policy=shut --add-port=PORT/tcp`, and again with --permanent",
        ),
        (
            dropped("inet firewalld filter_IN_public_deny", "drop", "firewalld"),
            "firewalld",
            "--zone=public --list-rich-rules",
        ),
        (dropped("inet f2b-table f2b-chain", "drop", "fail2ban"), "fail2ban", "fail2ban-client unban"),
        (dropped("iptables filter ufw-user-input", "-A x -j DROP", "ufw"), "ufw", "ufw status numbered"),
        (dropped("iptables-legacy mangle PREROUTING", "x", ""), "legacy", "`iptables-legacy -t mangle -S PREROUTING`"),
        (dropped("inet runtime_fabric deny", "drop", "runtime_fabric"), "(runtime_fabric)", "run the role"),
        (
            {
                **dropped("inet own input", "", ""),
                "ours": drift(runtime={"missing": ["a"], "extra": []}),
            },
            "the policy of inet own input",
            "To restore the rules that let them in, run the role",
        ),
    ],
)
def test_what_drops_packets_of_the_port_table_is_named_with_a_remedy_for_its_owner(changes, said, remedy):
    result = judged(**changes)["fw.packets"]
    assert result["status"] == "fail"
    assert said in result["observed"]
    assert remedy in result["remedy"]


def forwarded(where, rule, owner):
    packets = dropped(where, rule, owner)["packets"]
    return {"packets": {**packets, "answers": [], "forward": packets["answers"]}}


@pytest.mark.parametrize(
    "changes, said, remedy",
    [
        (
            forwarded("ip filter FORWARD", "", "Docker"),
            "what pods send is dropped by the policy of ip filter FORWARD (Docker)",
            "ip-forward-no-drop",
        ),
        (
            forwarded("inet own forward", "drop", ""),
            "the rule `drop` of inet own forward",
            "`nft -a list chain inet own forward`",
        ),
        (
            {
                "forward": {"ip filter FORWARD": False},
                "forward_owners": {"ip filter FORWARD": "libvirt"},
                "active": {},
                "ours": None,
            },
            "(libvirt)",
            "the role writes nothing into chains of libvirt",
        ),
    ],
)
def test_what_drops_packets_of_pods_has_a_remedy_that_works_after_the_role_ran(changes, said, remedy):
    result = judged(**changes)["fw.forward_policy"]
    assert result["status"] == "fail"
    assert said in result["observed"]
    assert remedy in result["remedy"]
    assert "run the role hostprep.runtime_fabric.rtf_firewall" not in result["remedy"]


def test_a_service_without_endpoints_is_no_matter_of_the_firewall():
    translated = dropped("ip nat KUBE-NODEPORTS", "dnat", "Kubernetes", verdict="unknown")
    assert judged(**translated)["fw.packets"]["status"] == "pass"
    assert (
        judged(**dropped("iptables filter KUBE-EXTERNAL-SERVICES", "x", "Kubernetes"))["fw.packets"]["status"] == "pass"
    )


def test_what_is_not_understood_is_never_a_pass():
    """It weighs nothing by itself: the port matrix sends real packets."""
    for changes in (
        dropped("iptables nat CNI-DN-1", "-j DNAT", "CNI plugins", verdict="unknown"),
        {"packets": {"hidden": ["nft is not installed"], "asked": "applied", "answers": [], "forward": []}},
        {"packets": {"error": "ip: No such file or directory"}},
    ):
        result = judged(**changes)["fw.packets"]
        assert result["status"] == "unknown"


def test_chains_that_could_not_be_read_are_not_taken_for_none():
    hidden = {
        "hidden": ["nft -j list ruleset: JSON support not compiled-in"],
        "asked": "applied",
        "answers": [],
        "forward": [],
    }
    results = judged(packets=hidden, forward={})
    assert {results[name]["status"] for name in ("fw.packets", "fw.forward_policy")} == {"unknown"}


def test_a_rule_that_drops_where_no_firewall_was_recognized_is_named():
    """Not for what a program drops on its own, and not for ports that the table does not have."""
    known = {"active": {}, "ours": None, "applied": None}
    found = dropped("ip filter INPUT", "", "")
    found["packets"]["asked"] = "everything"
    results = judged(**found, **known)
    assert results["fw.packets"]["status"] == "fail"
    assert (
        "fw.packets names" in results["fw.regime"]["observed"] and "fw.packets names" in results["fw.rules"]["observed"]
    )
    assert judged(**found, **{**known, "active": {"nftables": "it filters"}})["fw.packets"]["status"] == "skipped"
    found["packets"]["answers"][0]["owner"] = "Docker"
    assert judged(**found, **known)["fw.packets"]["status"] == "pass"


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
