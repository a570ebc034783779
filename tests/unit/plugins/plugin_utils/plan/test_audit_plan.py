# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is selected decides what is collected."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.modules import host_info
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_plan, egress_probes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

CATALOG = catalog.load()
GROUPS = {"rtf_nodes": ["c1", "w1", "w2"], "rtf_controllers": ["c1"], "rtf_workers": ["w1", "w2"]}
ADDRESSES = {"c1": "10.1.0.1", "w1": "10.2.0.1", "w2": "10.2.0.2"}
# What a site sets that names everything there is to name.
INPUTS = {
    **clusters.INPUTS,
    "control_plane": "us",
    "checks": ["*"],
    "skip_checks": [],
    "ntp_servers": ["ntp.example.com"],
    "http_proxy": "http://proxy.example.com:3128",
    "monitoring_proxy": "",
    "no_proxy_extra": [],
    "smtp": {"host": "smtp.example.com"},
    "idle_seconds": 0.0,
    "pod_namespace": "",
    "deadline": 30.0,
    "arp_sweep": False,
    "disk_writes": True,
    "outbound_bandwidth_url": "https://files.example.com/large",
    "outbound_bandwidth_seconds": 5.0,
    "outbound_bandwidth_bytes": 500,
    "load_balancer": "lb.example.com",
    "outside_host": "localhost",
}
ALL_OF_US = [row["id"] for row in catalog.select_endpoints(CATALOG, "1.4", "us", "controller", "install")]
NOTHING_BUT_THE_HOST = {
    "egress_info": None,
    "repositories": False,
    "download_info": None,
    "disk_write_info": None,
    "deadline": 30.0,
}
OF_MATRIX = ("probe", "outside_host", "links", "bandwidth")


def plan(nodes=("c1", "w1"), addresses=None, **inputs):
    every = {name: {**INPUTS, **inputs} for name in nodes}
    return audit_plan.plan_audit(CATALOG, checks.load(), GROUPS, addresses or ADDRESSES, every)


def of(name="c1", **inputs):
    return plan(**inputs)["nodes"][name]


def dialled(planned):
    """The ids of all endpoints outside the cluster that are dialled, and what else leaves a node."""
    egress = planned["egress_info"] or {"endpoints": [], "name_servers": False}
    return [endpoint["id"] for endpoint in egress["endpoints"]] + [
        name
        for name, there in (
            ("name servers", egress["name_servers"]),
            ("repositories", planned["repositories"]),
            ("download", planned["download_info"]),
        )
        if there
    ]


@pytest.mark.parametrize("selection", [{}, {"checks": ["time.*", "egress.*"]}, {"skip_checks": ["kernel.*"]}])
def test_a_play_before_the_audit_collects_for_it_what_it_asks_for(selection):
    inputs = {**INPUTS, **selection}
    options = audit_plan.host_options(CATALOG, checks.load(), GROUPS, "c1", inputs)
    assert options == plan(addresses=ADDRESSES, **selection)["nodes"]["c1"]["host_info"]


def test_everything_is_collected_where_everything_is_selected():
    planned = of()
    assert planned["host_info"]["sections"] == host_info.SECTIONS
    assert [endpoint["id"] for endpoint in planned["egress_info"]["endpoints"]] == [
        *ALL_OF_US,
        "ntp-ntp.example.com",
        "smtp-server",
    ]
    assert planned["egress_info"]["name_servers"] and planned["repositories"]
    assert planned["download_info"] == {
        "url": "https://files.example.com/large",
        "path": "http_proxy",
        "seconds": 5.0,
        "max_bytes": 500,
    }
    assert planned["disk_write_info"]["directories"] == ["/var/lib/gravity", "/var/lib/gravity/planet/etcd"]
    assert of("w1")["disk_write_info"]["directories"] == ["/var/lib/gravity"]
    ports = plan()["ports"]
    assert [ports[name] for name in OF_MATRIX] == [True, "localhost", True, "ring"]
    assert ports["load_balancer"] == {"given": "lb.example.com", "host": "lb.example.com", "port": 443}


def test_without_checks_of_egress_no_connection_leaves_a_node():
    for name in ("c1", "w1"):
        # The package repositories belong to a check of the host.
        assert dialled(of(name, skip_checks=["egress*"])) == ["repositories"]
        assert dialled(of(name, skip_checks=["egress*", "host.repos_reachable"])) == []
        assert dialled(of(name, skip_checks=["egress*"], phase="operate")) == []


def test_for_checks_of_the_kernel_its_section_alone_is_collected():
    for name in ("c1", "w1"):
        planned = of(name, checks=["kernel.*"])
        assert planned.pop("host_info")["sections"] == ["kernel"]
        assert planned == NOTHING_BUT_THE_HOST
    assert plan(checks=["kernel.*"])["ports"] is None


def test_a_run_of_which_nothing_is_selected_asks_for_the_connection_alone():
    planned = of(checks=["access.*"])
    assert planned["host_info"]["sections"] == []
    assert dialled(planned) == []


@pytest.mark.parametrize(
    "check, found",
    [
        ("egress.ntp", ["ntp-ntp.example.com"]),
        ("egress.smtp", ["smtp-server"]),
        ("egress.dns_search", ["name servers"]),
        ("egress.bandwidth", ["download"]),
        ("host.repos_reachable", ["repositories"]),
        (f"egress.{ALL_OF_US[0]}", ALL_OF_US[:1]),
        ("time.*", []),
        ("ports.*", []),
    ],
)
def test_a_check_has_what_it_needs_and_no_more(check, found):
    assert dialled(of(checks=[check])) == found


SERVICES = {"persistence_database": {"host": "db.example.com"}, "registry": {"host": "registry.example.com"}}


def probes_of(**inputs):
    planned = of(checks=["egress.persistence_database", "egress.registry"], **inputs)["egress_info"]
    return [(each["id"], each["protocol"], each["port"], each["paths"]) for each in planned["endpoints"]]


@pytest.mark.parametrize(
    "inputs, paths",
    [
        ({"http_proxy": ""}, ["direct"]),
        ({}, ["http_proxy", "direct"]),
        ({"no_proxy_extra": [".example.com"]}, ["direct"]),
    ],
)
def test_services_of_the_site_are_dialled_as_their_clients_do(inputs, paths):
    assert probes_of(**SERVICES, **inputs) == [
        ("persistence-database", "postgresql", 5432, ["direct"]),
        ("private-registry", "registry", 443, paths),
    ]


def test_services_that_are_not_set_or_not_selected_are_not_dialled():
    assert of(checks=["egress.persistence_database", "egress.registry"])["egress_info"] is None
    assert not {"persistence-database", "private-registry"} & set(dialled(of(checks=["egress.smtp"], **SERVICES)))


def test_a_row_is_dialled_with_the_alternates_that_stand_in_for_it():
    rows = catalog.select_endpoints(CATALOG, "1.11", "us", "controller", "install")
    alternate = next(row for row in rows if row["alternate_of"])
    both = {alternate["id"], alternate["alternate_of"]}
    for row_id in both:
        assert set(dialled(of(release="1.11", checks=[f"egress.{row_id}"]))) == both


def test_a_proxy_is_judged_by_all_endpoints():
    assert dialled(of(checks=["egress.http_proxy"])) == ALL_OF_US


def test_each_node_is_dialled_over_the_paths_of_its_own_proxies():
    every = {"c1": {**INPUTS, "http_proxy": ""}, "w1": INPUTS}
    found = audit_plan.plan_audit(CATALOG, checks.load(), GROUPS, ADDRESSES, every)["nodes"]
    paths = {
        name: {path for endpoint in planned["egress_info"]["endpoints"] for path in endpoint["paths"]}
        for name, planned in found.items()
    }
    assert paths == {"c1": {"direct"}, "w1": {"direct", "http_proxy"}}
    assert found["c1"]["download_info"]["path"] == "direct"


@pytest.mark.parametrize(
    "inputs, part",
    [({"outbound_bandwidth_url": ""}, "download_info"), ({"disk_writes": False}, "disk_write_info")],
)
def test_what_a_site_does_not_name_is_not_measured(inputs, part):
    assert of(**inputs)[part] is None


@pytest.mark.parametrize(
    "inputs, expected",
    [
        ({"checks": ["ports.*"]}, [True, "localhost", False, "none"]),
        ({"checks": ["ports.free"]}, [False, "", False, "none"]),
        ({"checks": ["ports.outside"]}, [False, "localhost", False, "none"]),
        ({"checks": ["net.latency"]}, [True, "", True, "none"]),
        ({"checks": ["net.bandwidth"]}, [True, "", False, "ring"]),
        ({"checks": ["net.load_balancer_tls"]}, [False, "", False, "none"]),
        ({"checks": ["*"], "links": False, "bandwidth": "all"}, [True, "localhost", False, "none"]),
        ({"checks": ["*"], "phase": "operate", "bandwidth": "all"}, [True, "localhost", True, "all"]),
    ],
)
def test_steps_of_the_port_matrix_follow_from_the_checks(inputs, expected):
    ports = plan(**inputs)["ports"]
    assert [ports[name] for name in OF_MATRIX] == expected


@pytest.mark.parametrize(
    "inputs",
    [
        {"port_matrix": False},
        {"skip_checks": ["ports*", "net.*"]},
        {"checks": ["net.load_balancer"], "load_balancer": ""},
        {"checks": ["ports.outside"], "outside_host": ""},
        {"checks": ["net.latency", "net.bandwidth"], "links": False},
        {"checks": ["net.bandwidth"], "bandwidth": "none"},
    ],
)
def test_there_is_no_matrix_where_nothing_needs_one(inputs):
    assert plan(**inputs)["ports"] is None


def test_an_address_that_the_inventory_lacks_is_read_on_the_node():
    named = {**ADDRESSES, "w2": ""}
    assert "network" not in of(checks=["ports.*"])["host_info"]["sections"]
    assert plan(addresses=named, checks=["ports.*"])["nodes"]["c1"]["host_info"]["sections"] == ["network"]
    assert plan(addresses=named, checks=["kernel.*"])["nodes"]["c1"]["host_info"]["sections"] == ["kernel"]


def test_the_matrix_has_all_nodes_of_the_inventory_and_the_rest_those_of_the_run():
    found = plan(nodes=("w1",))
    assert list(found["nodes"]) == ["w1"]
    assert [node["name"] for node in found["ports"]["nodes"]] == ["c1", "w1", "w2"]
    assert plan(nodes=()) == {"nodes": {}, "ports": None}


@pytest.mark.parametrize(
    "inputs, absent",
    [({"release": "2.x"}, {"packages", "swap", "selinux"}), ({"phase": "operate"}, {"packages"})],
)
def test_what_a_release_or_a_phase_does_not_ask_for_is_not_collected(inputs, absent):
    planned = of(**inputs)
    assert absent.isdisjoint(planned["host_info"]["sections"]) and not planned["repositories"]
    assert {"kernel", "network"} <= set(planned["host_info"]["sections"])


def paths(planned):
    return {probe["id"]: probe["paths"] for probe in planned["egress_info"]["endpoints"]}


def test_pods_dial_what_pods_use_on_nodes_of_a_cluster_that_is_not_the_appliances():
    found = paths(of(release="2.x", persistence_database={"host": "db.example.com"}))
    assert found["anypoint"] == ["http_proxy", "direct", "pod"]
    assert found["persistence-database"] == ["direct", "pod"]
    # Images are pulled by the node.
    assert found["rtf-runtime-registry-us"] == ["http_proxy", "direct"]
    assert not any("pod" in own for own in paths(of()).values())
    assert not any("pod" in own for own in paths(of(release="2.x", skip_checks=["egress.pods"])).values())


def test_rows_that_only_nodes_dial_are_rows_of_the_catalogue():
    ids = [row["id"] for row in CATALOG.endpoints]
    assert all(any(name.startswith(prefix) for name in ids) for prefix in egress_probes.PULLED_BY_NODES)


def test_a_network_namespace_that_is_named_is_handed_on():
    assert of(release="2.x", pod_namespace="cni-1")["egress_info"]["pod_namespace"] == "cni-1"


def test_idle_seconds_make_the_deadline_longer():
    assert of(idle_seconds=60.0)["deadline"] == 90.0
