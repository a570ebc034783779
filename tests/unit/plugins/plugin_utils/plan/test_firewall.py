# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the port table and an inventory to the rules of a node's firewall."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import firewall
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.firewall import Addresses

NODES = [
    Addresses("c1", "controller", "192.0.2.11", "2001:db8::11"),
    Addresses("w1", "worker", "192.0.2.21"),
]


def planned(role, phase="install", internal=(), ingress=(), extra=()):
    rows = with_site_rows(catalog.load(), [], list(extra))
    return firewall.firewall(rows, ("1.4", phase), NODES, role, list(internal), list(ingress))


def by_comment(found):
    return {rule["comment"]: rule for rule in found["rules"]}


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
    assert planned("worker")["sets"] == {
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


def test_what_nobody_stated_is_named_where_it_would_be_opened():
    assert planned("controller")["left_out"] == {"rtf_internal_networks": ["ops-center-ui"]}
    assert planned("worker")["left_out"] == {}


METRICS = {"id": "metrics", "ports": [9100], "from": "10.20.0.0/16", "to": "nodes"}
ALL = ("rtf_internal_networks", "rtf_ingress_sources", "rtf_extra_ports")


def continued(former, unset, role="controller", phase="install", **given):
    """What is planned where a node holds what `former` says, and some inputs are not set now."""
    rows = with_site_rows(catalog.load(), [], list(given.get("extra", ())))
    return firewall.with_former(planned(role, phase, **given), former["rules"], ("1.4", phase), rows, unset)


def test_what_was_opened_for_an_input_that_is_not_set_now_stays_open_to_the_same():
    former = planned("controller", internal=["10.0.0.0/8"], ingress=["198.51.100.0/24"], extra=[METRICS])
    found = continued(former, ALL)
    assert (found["rules"], found["taken_away"], found["left_out"]) == (former["rules"], [], {})
    found = continued(former, ALL[1:], internal=["10.0.0.0/16"])
    assert found["taken_away"] == ["32009/tcp from 10.0.0.0/8"]
    assert by_comment(found)["ops-center-ui"]["networks"] == ["10.0.0.0/16"]
    assert by_comment(found)["ingress-https"]["networks"] == ["198.51.100.0/24"] and "metrics" in by_comment(found)


def test_an_empty_list_takes_back_what_was_opened_and_that_is_named():
    former = planned("controller", internal=["10.0.0.0/8"], ingress=["198.51.100.0/24"], extra=[METRICS])
    found = continued(former, [])
    assert found["taken_away"] == ["32009/tcp from 10.0.0.0/8", "9100/tcp from 10.20.0.0/16"]  # 443 is open to anybody
    assert found["left_out"] == {"rtf_internal_networks": ["ops-center-ui"]}
    assert found["rules"] == planned("controller")["rules"]


def test_without_a_former_run_what_is_not_set_is_open_to_anybody_or_left_out():
    assert continued({"rules": []}, ALL) == {**planned("controller"), "taken_away": []}


def test_what_only_the_installation_needs_is_closed_in_operation_whatever_is_not_set():
    row = {"id": "setup", "ports": [9999], "from": "nodes", "to": "nodes", "phase": "install"}
    former = planned("worker", extra=[METRICS, row])
    assert by_comment(former)["setup"]["expires"]
    found = by_comment(continued(former, ALL, "worker", "operate"))
    assert "metrics" in found and "setup" not in found
    assert not any(rule["expires"] for rule in found.values())


def test_many_rows_are_a_comment_that_nft_takes():
    text = firewall.comment([f"a-row-with-a-long-name-{number}" for number in range(9)])
    assert len(text) <= 120 and text.endswith(",and-5-more")


@pytest.mark.parametrize("text, seconds", [("24h", 86400), ("90m", 5400), ("7d", 604800), ("30s", 30)])
def test_durations(text, seconds):
    assert firewall.seconds(text) == seconds


@pytest.mark.parametrize("value", ["", "24", "0h", "1 h", 24, None, "h", "-1h"])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(ValueError, match="is no duration"):
        firewall.seconds(value)
