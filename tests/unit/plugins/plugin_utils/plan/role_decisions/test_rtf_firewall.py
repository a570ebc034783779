# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the port table and an inventory to the rules of a node's firewall."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import durations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import Addresses
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_firewall
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Cluster,
    Plan,
    Refusal,
    for_check_mode,
)

NODES = [
    Addresses("c1", "controller", "192.0.2.11", "2001:db8::11"),
    Addresses("w1", "worker", "192.0.2.21"),
]


def planned(role, phase="install", internal=(), ingress=(), extra=()):
    rows = with_site_rows(catalog.load(), [], list(extra))
    return rtf_firewall.firewall(rows, ("1.4", phase), NODES, role, list(internal), list(ingress))


def by_comment(found):
    return {rule["comment"]: rule for rule in found.rules}


def test_a_worker_opens_nothing_of_a_controller_and_nobody_opens_ports_of_localhost():
    controller, worker = by_comment(planned("controller")), by_comment(planned("worker"))
    assert set(controller) - set(worker) == {
        "etcd",
        "ops-center-internal",
        "container-registry",
        "kubernetes-api",
        "ingress-https",
    }
    assert set(worker) <= set(controller)
    opened = {port for rule in controller.values() for port in rule["ports"]}
    assert not opened & {"53", "7373", "123", "5044"}


def test_sources_are_sets_networks_or_anybody():
    found = by_comment(planned("controller", internal=["10.0.0.0/8", "2001:db8::/32"], ingress=["198.51.100.0/24"]))
    assert (found["etcd"]["from_set"], found["etcd"]["ports"]) == ("nodes", ["2379-2380", "4001", "7001"])
    assert found["ops-center-api"]["from_set"] == "controllers"
    assert found["ops-center-ui"]["networks"] == ["10.0.0.0/8", "2001:db8::/32"]
    assert found["ingress-https"]["networks"] == ["198.51.100.0/24"]
    anybody = by_comment(planned("controller"))["ingress-https"]
    assert (anybody["from_set"], anybody["networks"]) == (None, [])
    assert planned("worker").sets == {
        "nodes": ["192.0.2.11", "2001:db8::11", "192.0.2.21"],
        "controllers": ["192.0.2.11", "2001:db8::11"],
    }


def test_what_only_the_installation_needs_expires_and_is_gone_in_operation():
    expiring = {name for name, rule in by_comment(planned("worker")).items() if rule["expires"]}
    assert expiring == {"install-bandwidth-checker", "install-internal", "install-agents"}
    assert set(by_comment(planned("worker"))) - set(by_comment(planned("worker", "operate"))) == expiring


def test_a_row_of_the_site_is_opened_too():
    found = planned("worker", extra=[{"id": "metrics", "ports": [9100], "from": "10.20.0.0/16", "to": "nodes"}])
    assert by_comment(found)["metrics"]["networks"] == ["10.20.0.0/16"]


def test_a_source_that_is_not_set_is_named_where_it_would_be_opened():
    assert planned("controller").left_out == {"rtf_internal_networks": ["ops-center-ui"]}
    assert planned("worker").left_out == {}


METRICS = {"id": "metrics", "ports": [9100], "from": "10.20.0.0/16", "to": "nodes"}
ALL = ("rtf_internal_networks", "rtf_ingress_sources", "rtf_extra_ports")


def continued(former, unset, role="controller", phase="install", **given):
    """What is planned where a node holds what `former` says, and some inputs are not set now."""
    rows = with_site_rows(catalog.load(), [], list(given.get("extra", ())))
    return rtf_firewall.with_former(planned(role, phase, **given), former.rules, ("1.4", phase), rows, unset)


def test_what_was_opened_for_an_input_that_is_not_set_now_stays_open_to_the_same():
    former = planned("controller", internal=["10.0.0.0/8"], ingress=["198.51.100.0/24"], extra=[METRICS])
    found = continued(former, ALL)
    assert (found.rules, found.removals, found.left_out) == (former.rules, [], {})
    found = continued(former, ALL[1:], internal=["10.0.0.0/16"])
    assert found.removals == ["32009/tcp from 10.0.0.0/8"]
    assert by_comment(found)["ops-center-ui"]["networks"] == ["10.0.0.0/16"]
    assert by_comment(found)["ingress-https"]["networks"] == ["198.51.100.0/24"] and "metrics" in by_comment(found)


def test_an_empty_list_closes_what_was_opened_and_that_is_named():
    former = planned("controller", internal=["10.0.0.0/8"], ingress=["198.51.100.0/24"], extra=[METRICS])
    found = continued(former, [])
    assert found.removals == ["32009/tcp from 10.0.0.0/8", "9100/tcp from 10.20.0.0/16"]  # 443 is open to anybody
    assert found.left_out == {"rtf_internal_networks": ["ops-center-ui"]}
    assert found.rules == planned("controller").rules


def test_without_a_former_run_what_is_not_set_is_open_to_anybody_or_left_out():
    assert continued(rtf_firewall.Rules({}, [], {}), ALL) == planned("controller")


def test_what_only_the_installation_needs_is_closed_in_operation_whatever_is_not_set():
    row = {"id": "setup", "ports": [9999], "from": "nodes", "to": "nodes", "phase": "install"}
    former = planned("worker", extra=[METRICS, row])
    assert by_comment(former)["setup"]["expires"]
    found = by_comment(continued(former, ALL, "worker", "operate"))
    assert "metrics" in found and "setup" not in found
    assert not any(rule["expires"] for rule in found.values())


INPUTS = {
    "backend": "auto",
    "release": "1.4",
    "phase": "install",
    "cluster_profile": "unchanged",
    "install_ports_expire": "24h",
    "default_deny": "unchanged",
    "rollback_timeout": 60,
    "internal_networks": ["192.0.2.0/24"],
    "ingress_sources": "unchanged",
    "extra_ports": "unchanged",
    "pod_cidr": "10.244.0.0/16",
    "service_cidr": "10.100.0.0/16",
}
CLUSTER = Cluster(
    "c1",
    {"rtf_nodes": ["c1", "w1"], "rtf_controllers": ["c1"], "rtf_workers": ["w1"]},
    {"c1": {"ansible_host": "192.0.2.11"}, "w1": {"rtf_node_address": "192.0.2.21"}},
)
EVIDENCE = {
    "backends": {"firewalld": False, "nftables": True, "ufw": False, "iptables": True},
    "active": {"nftables": "the chain inet filter input filters"},
    "applied": None,
    "holds": False,
    "leftover": [],
    "pending": False,
}
MISSING = "rtf_internal_networks is not set, so no firewall opens: ops-center-ui"


def plan(evidence=None, inputs=None, cluster=CLUSTER):
    return rtf_firewall.plan({**INPUTS, **(inputs or {})}, {"firewall": {**EVIDENCE, **(evidence or {})}}, cluster)


def rules_planned(found):
    (change,) = found.changes
    assert change["kind"] == "rules" and "announcement" not in change
    return change["rules"]


def prepared(**changes):
    """The evidence of a node to which the plan for INPUTS was applied."""
    rules = rules_planned(plan())
    return {"applied": {**rules, "backend": "nftables", "expires_at": 9, **changes}, "holds": True}


def test_a_node_gets_the_rules_of_its_role_and_what_it_has_is_nothing_to_change():
    rules = rules_planned(plan())
    assert rules["rules"] == planned("controller", internal=["192.0.2.0/24"]).rules
    assert rules["sets"] == {"nodes": ["192.0.2.11", "192.0.2.21"], "controllers": ["192.0.2.11"]}
    assert rules["trusted_networks"] == ["10.244.0.0/16", "10.100.0.0/16"]
    assert (rules["default_deny"], rules["expire_after"], rules["rollback_timeout"]) == (False, 86400, 60)
    assert plan(prepared()) == Plan()
    assert plan(prepared(), {"backend": "nftables", "rollback_timeout": 90}) == Plan()


@pytest.mark.parametrize(
    "evidence, inputs",
    [
        ({"holds": False}, {}),
        ({"pending": True}, {}),
        ({}, {"backend": "iptables"}),
        ({}, {"phase": "operate"}),
        ({}, {"default_deny": True}),
        ({}, {"pod_cidr": "10.245.0.0/16"}),
        ({}, {"install_ports_expire": "7d"}),
        ({"applied": None, "holds": False, "active": {}, "leftover": ["iptables"]}, {}),
    ],
)
def test_whatever_differs_is_a_change(evidence, inputs):
    rules_planned(plan({**prepared(), **evidence}, inputs))


def test_an_address_of_another_node_that_is_new_is_a_change():
    variables = {**CLUSTER.variables, "w2": {"rtf_node_address": "192.0.2.22"}}
    assert (
        rules_planned(plan(prepared(), cluster=CLUSTER._replace(variables=variables)))["sets"]["nodes"][-1]
        == "192.0.2.22"
    )


def test_without_a_firewall_nothing_is_changed_and_that_is_reported():
    assert plan({"active": {}}) == Plan(notices=[rtf_firewall.NO_FIREWALL])
    dropped = {"answers": [{"verdict": "drop", "owner": ""}]}
    assert plan({"active": {}, "packets": dropped}) == Plan(notices=[rtf_firewall.UNRECOGNIZED])
    dropped["answers"][0]["owner"] = "Docker"
    assert plan({"active": {}, "packets": dropped}) == Plan(notices=[rtf_firewall.NO_FIREWALL])


def test_a_firewall_that_is_named_and_missing_is_installed_and_a_dry_run_announces_both():
    found = plan({"active": {}}, {"backend": "firewalld"})
    assert [(change["step"], change["kind"]) for change in found.changes] == [
        ("Install firewalld", "packages"),
        ("Configure the firewall for the port table", "rules"),
    ]
    assert [change["kind"] for change in for_check_mode(found.changes)] == ["announcement", "announcement"]
    assert found.changes[0]["packages"] == ["firewalld"]


def test_what_the_node_loses_and_what_cannot_be_opened_is_reported():
    found = plan(prepared(default_deny=True), {"internal_networks": [], "default_deny": False})
    assert found.removals == ["The firewall no longer has 32009/tcp from 192.0.2.0/24, the default deny"]
    assert found.warnings == [MISSING]
    assert rules_planned(plan(prepared(default_deny=True), {"phase": "operate"}))["default_deny"] is True


@pytest.mark.parametrize(
    "inputs, variables, reason",
    [
        ({}, {"w1": {}}, "rtf_node_address: not set for w1, and ansible_host is not an IPv4 address there"),
        ({"internal_networks": ["10.0.0.0/8"]}, {}, "rtf_internal_networks: 192.0.2.11 of c1 is in none of 10.0.0.0/8"),
        (
            {"default_deny": True, "release": "2.x"},
            {},
            "rtf_firewall_default_deny: refused with rtf_release 2.x unless rtf_cluster_profile is set",
        ),
        (
            {"default_deny": True, "release": "2.x", "cluster_profile": "kubeadm-calico"},
            {},
            "rtf_firewall_default_deny: refused with rtf_release 2.x and rtf_cluster_profile kubeadm-calico. "
            "The nodes also exchange IP-in-IP",
        ),
    ],
)
def test_what_would_lock_nodes_out_is_refused_before_anything_is_changed(inputs, variables, reason):
    with pytest.raises(Refusal, match="The firewall was not changed. " + reason):
        plan(inputs=inputs, cluster=CLUSTER._replace(variables={**CLUSTER.variables, **variables}))


def test_evidence_that_could_not_be_collected_is_a_reason_not_to_change_anything():
    with pytest.raises(Refusal, match="firewall: only root can read the rules"):
        rtf_firewall.plan(INPUTS, {"firewall": {"error": "only root can read the rules of a firewall"}}, CLUSTER)


def test_reverting_removes_the_rules_from_whatever_holds_them():
    (change,) = rtf_firewall.revert({"rollback_timeout": 90}, {}, {}).changes
    assert (change["kind"], change["rules"]) == ("rules", {"state": "absent", "rollback_timeout": 90})


def test_many_rows_make_a_comment_that_nft_accepts():
    text = rtf_firewall.comment([f"a-row-with-a-long-name-{number}" for number in range(9)])
    assert len(text) <= 120 and text.endswith(",and-5-more")


@pytest.mark.parametrize("text, seconds", [("24h", 86400), ("90m", 5400), ("7d", 604800), ("30s", 30)])
def test_durations(text, seconds):
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("value", ["", "24", "0h", "1 h", 24, None, "h", "-1h"])
def test_what_is_not_a_duration_is_refused(value):
    with pytest.raises(ValueError, match="is not a valid duration"):
        durations.seconds(value)


OWN = {
    "release": "2.x",
    "phase": "operate",
    "pod_cidr": "auto",
    "service_cidr": "auto",
    "internal_networks": "unchanged",
}
CANAL = {**OWN, "cluster_profile": "rke2-canal", "default_deny": True}


def opened(found):
    """`{row id: (ports, who)}` of a plan, without those that the release alone has."""
    rows = {rule["comment"]: (rule["ports"], rule["from_set"]) for rule in rules_planned(found)["rules"]}
    return {name: entry for name, entry in rows.items() if name != "ingress-https"}


def test_the_kind_of_a_cluster_opens_its_ports_and_trusts_its_networks():
    found = plan(inputs=CANAL)
    assert opened(found) == {
        "rke2-api-server": (["6443"], "nodes"),
        "rke2-supervisor": (["9345"], "nodes"),
        "rke2-etcd": (["2379-2381"], "controllers"),
        "rke2-kubelet": (["10250"], "nodes"),
        "rke2-node-ports": (["30000-32767"], "nodes"),
        "rke2-canal-vxlan": (["8472"], "nodes"),
        "rke2-canal-health": (["9099"], "nodes"),
    }
    rules = rules_planned(found)
    assert rules["default_deny"] and rules["trusted_networks"] == ["10.42.0.0/16", "10.43.0.0/16"]
    set_by_the_site = rules_planned(plan(inputs={**CANAL, "pod_cidr": "10.50.0.0/16"}))
    assert set_by_the_site["trusted_networks"] == ["10.50.0.0/16", "10.43.0.0/16"]


def test_a_worker_of_such_a_cluster_opens_nothing_of_its_controllers():
    worker = CLUSTER._replace(node="w1")
    assert set(opened(plan(inputs=CANAL, cluster=worker))) == {
        "rke2-kubelet",
        "rke2-node-ports",
        "rke2-canal-vxlan",
        "rke2-canal-health",
    }


def test_a_kind_of_cluster_that_is_not_set_now_leaves_its_ports_open_and_none_closes_them():
    rules = rules_planned(plan(inputs=CANAL))
    there = {"applied": {**rules, "backend": "nftables", "expires_at": 9}, "holds": True}
    assert plan(there, {**OWN, "default_deny": "unchanged"}) == Plan()
    closed = plan(there, {**OWN, "cluster_profile": "none", "default_deny": False})
    assert opened(closed) == {}
    assert any("8472/udp from nodes" in text for text in closed.removals)


def test_a_usual_network_that_contains_a_node_is_not_trusted():
    addresses = {name: {"ansible_host": f"192.168.0.{number}"} for number, name in enumerate(("c1", "w1"), 11)}
    calico = {**OWN, "cluster_profile": "kubeadm-calico-vxlan"}
    with pytest.raises(Refusal, match="192.168.0.0/16, the default of kubeadm-calico-vxlan, contains c1, w1"):
        plan(inputs=calico, cluster=CLUSTER._replace(variables=addresses))
    found = plan(inputs={**calico, "pod_cidr": "10.50.0.0/16"}, cluster=CLUSTER._replace(variables=addresses))
    assert rules_planned(found)["trusted_networks"] == ["10.50.0.0/16", "10.96.0.0/12"]
