# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for the shipped catalogue as a whole; the shape of single rows is the loader's business."""

from __future__ import annotations

import itertools

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import (
    catalog,
    checks,
    clusters,
    features,
    files,
    rows,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows

# With the rows of all features, which are selected only where a site uses them.
CATALOG = site_rows.of_site(catalog.load(), {"features": list(features.load())})
PROFILES = [site_rows.of_site(CATALOG, {"cluster_profile": name}) for name in clusters.load().profiles]
OFFERED = [(release["id"], plane) for release in CATALOG.releases for plane in release["control_planes"]]
ALL_ROWS = [row for kind in rows.KINDS for row in getattr(CATALOG, kind)]

# The names of protocols in the port table, for the protocols of endpoints. Agents from 2.6.22 on deliver monitoring
# data over HTTPS, which the port table of 2.x says and which older agents do not.
APPLICATIONS = {
    "https": {"HTTPS"},
    "amqp_wss": {"AMQP over WebSockets"},
    "lumberjack": {"Lumberjack", "HTTPS"},
    "wss": {"HTTPS"},
}


def rows_of(check):
    return [*check["requirements"], *check.get("verifies", ())]


def test_checks_name_rows_that_exist():
    ids = {row["id"] for row in ALL_ROWS}
    assert [name for check in checks.load() for name in rows_of(check) if name not in ids] == []
    assert ids.isdisjoint(check["id"] for check in checks.load())


# What no host can show of itself: the report lists these as not verified.
SHOWN_BY_NO_HOST = {"node-type", "kubernetes-distribution", "cluster-operating-system"}


@pytest.mark.parametrize("release", CATALOG.release_ids)
def test_every_setting_of_a_release_has_a_check_where_a_host_can_show_it(release):
    line = catalog.release_of(CATALOG, release)["line"]
    checked = {name for check in checks.load() if line in check["lines"] for name in rows_of(check)}
    settings = {row["id"] for row in catalog.select_settings(CATALOG, release)}
    assert settings - checked == settings & SHOWN_BY_NO_HOST


def test_a_check_has_one_id_and_tells_one_phase():
    assert len({check["id"] for check in checks.load()}) == len(checks.load())
    assert {check.get("phase") for check in checks.load()} <= {None, *rows.PHASES}


@pytest.mark.parametrize("release, plane", OFFERED)
def test_every_offer_selects_something(release, plane):
    assert catalog.select_endpoints(CATALOG, release, plane)
    assert catalog.select_ports(CATALOG, release)
    assert catalog.select_settings(CATALOG, release)


def test_every_endpoint_is_selected_somewhere():
    selected = {row["id"] for release, plane in OFFERED for row in catalog.select_endpoints(CATALOG, release, plane)}
    assert selected == {row["id"] for row in CATALOG.endpoints}


@pytest.mark.parametrize("release, plane", OFFERED)
def test_no_endpoint_is_asked_for_twice(release, plane):
    keys = [(row["host"], row["port"], row["url_path"]) for row in catalog.select_endpoints(CATALOG, release, plane)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("release", CATALOG.release_ids)
def test_no_port_is_asked_for_twice(release):
    for narrowed in (CATALOG, *PROFILES):
        keys = [
            (row["transport"], row["from"], row["to"], row["application"], row["purpose"], port)
            for row in catalog.select_ports(narrowed, release, "install")
            for port in row["ports"]
        ]
        assert len(keys) == len(set(keys))


def test_every_port_is_selected_somewhere():
    selected = {
        row["id"]
        for narrowed in (CATALOG, *PROFILES)
        for release in CATALOG.release_ids
        for row in catalog.select_ports(narrowed, release, "install")
    }
    assert selected == {row["id"] for row in CATALOG.ports}


def test_rows_name_kinds_of_clusters_and_features_that_exist():
    names = frozenset().union(*(profile.names for profile in clusters.load().profiles.values()))
    assert {name for row in CATALOG.ports for name in row["clusters"]} <= names
    assert {row["feature"] for row in CATALOG.endpoints} == {None, *features.load()}


@pytest.mark.parametrize("narrowed", PROFILES, ids=lambda narrowed: narrowed.profile.id)
def test_every_kind_of_cluster_has_the_ports_that_a_kubernetes_needs(narrowed):
    bare = {row["id"] for row in catalog.select_ports(CATALOG, "2.x")}
    found = [row for row in catalog.select_ports(narrowed, "2.x") if row["id"] not in bare]
    opened = {(row["transport"], port, row["to"]) for row in found for port in row["ports"]}
    assert {("tcp", "6443", "controllers"), ("tcp", "10250", "nodes"), ("tcp", "30000-32767", "nodes")} <= opened
    etcd = [row for row in found if row["ports"][0].startswith("2379-")]
    assert [(row["from"], row["to"]) for row in etcd] == [("controllers", "controllers")]
    overlay = [row for row in found if row["severity"] == "required" and row["application"] in ("VXLAN", "BGP")]
    assert len(overlay) == 1
    assert {row["application"] == "BGP" for row in overlay} == {bool(narrowed.profile.beside_ports)}


def test_only_releases_that_run_on_a_kubernetes_of_the_site_have_kinds_of_clusters_and_features():
    lines = {release["id"]: release["line"] for release in CATALOG.releases}
    rows_of_sites = [row for row in (*CATALOG.ports, *CATALOG.endpoints) if row.get("clusters") or row.get("feature")]
    assert {lines[row["since"]] for row in rows_of_sites} == {"self_managed"}


@pytest.mark.parametrize("release, plane", OFFERED)
def test_an_alternate_stands_in_for_a_row_of_the_same_selection(release, plane):
    found = {row["id"]: row for row in catalog.select_endpoints(CATALOG, release, plane)}
    for row in found.values():
        if row["alternate_of"]:
            principal = found[row["alternate_of"]]
            assert principal["alternate_of"] is None
            assert principal["severity"] == "required"
            assert row["severity"] != "required"
            assert (principal["port"], principal["protocol"]) == (row["port"], row["protocol"])


@pytest.mark.parametrize("release, plane", OFFERED)
def test_a_retired_row_is_selected_and_never_required(release, plane):
    for row in catalog.select_endpoints(CATALOG, release, plane):
        if row["retired"]:
            assert row["severity"] == "info"
    if release == "1.4":
        retired = [row["id"] for row in catalog.select_endpoints(CATALOG, release, plane) if row["retired"]]
        assert retired == ["kubernetes-charts"]


def test_a_row_is_replaced_by_later_rows():
    starts = {row["id"]: CATALOG.release_ids.index(row["since"]) for row in ALL_ROWS}
    for row in ALL_ROWS:
        for stage in [row, *row["changes"]]:
            for other in stage.get("replaced_by", []):
                assert starts[other] >= CATALOG.release_ids.index(stage["since"]), row["id"]
                assert starts[other] > starts[row["id"]] or row["id"].endswith("-legacy"), row["id"]


@pytest.mark.parametrize("release, plane", [offer for offer in OFFERED if offer[1] in ("us", "eu")])
def test_an_endpoint_leaves_from_where_the_port_table_says(release, plane):
    # The control planes ca, jp and in use ports that the port table of their edition does not list.
    table = [row for row in catalog.select_ports(CATALOG, release) if row["direction"] == "outbound"]
    for row in catalog.select_endpoints(CATALOG, release, plane):
        if row["severity"] == "info" or (row["port"] == 5044 and release == "2.x"):
            continue
        sources = {
            port["from"]
            for port in table
            if str(row["port"]) in port["ports"] and port["application"] in APPLICATIONS[row["protocol"]]
        }
        assert row["from"] in sources, row["id"]


@pytest.mark.parametrize("release, plane", OFFERED)
def test_what_an_http_proxy_carries(release, plane):
    for row in catalog.select_endpoints(CATALOG, release, plane):
        assert row["carrier"] == ("socks5" if row["protocol"] == "lumberjack" else "http_proxy"), row["id"]


def test_the_message_broker_of_every_control_plane_needs_mutual_tls():
    for release, plane in OFFERED:
        brokers = [
            row
            for row in catalog.select_endpoints(CATALOG, release, plane)
            if row["protocol"] in ("amqp_wss", "wss") and not row["feature"]
        ]
        assert [row["mutual_tls"] for row in brokers] == [True]


def documents_in(content):
    """Yield the document of every source in the content of a file."""
    for name, value in content.items() if isinstance(content, dict) else enumerate(content):
        if name == "source":
            yield value["document"]
        elif isinstance(value, (dict, list)):
            yield from documents_in(value)


def test_the_sentence_for_the_failure_of_a_check_is_its_own_and_fits_a_title():
    """A reader of a broken lab had "Requirement not met on worker-1: Full-size packets pass" for a title, of what did not pass."""
    faults = [check["fault"] for check in checks.load()]
    assert len(set(faults)) == len(faults)
    for check in checks.load():
        text = check["fault"].format(nodes="controller-1", title="")
        assert text != check["title"] and len(text) <= 100 and text[-1] != ".", check["id"]
        assert check["owner"] == "platform team" or "{nodes}" in check["fault"], check["id"]


def test_every_document_is_used():
    used = {release["document"] for release in CATALOG.releases} | set(
        documents_in(files.read(files.FOLDER / "clusters.yml"))
    )
    for row in ALL_ROWS:
        used |= {stage["source"]["document"] for stage in [row, *row["changes"]]}
        if row["retired"]:
            used.add(row["retired"]["source"]["document"])
    assert used == {document["title"] for document in CATALOG.documents}


@pytest.mark.parametrize("kind", rows.KINDS)
def test_a_purpose_is_one_sentence(kind):
    for row in getattr(CATALOG, kind):
        for stage in [row, *row["changes"]]:
            if "purpose" in stage:
                assert stage["purpose"].endswith(".") and ". " not in stage["purpose"], row["id"]


def test_files_keep_one_order_of_fields():
    order = {kind: [] for kind in rows.KINDS}
    for kind, file in rows.FILES.items():
        content = yaml.safe_load((catalog.FOLDER / f"{file}.yml").read_text(encoding="utf-8"))
        for row in content[kind]:
            names = list(row)
            for earlier, later in itertools.combinations(names, 2):
                assert (later, earlier) not in order[kind], f"{row['id']}: {earlier} stands before {later}"
                order[kind].append((earlier, later))
