# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.release_comparison import compare

CATALOG = catalog.load()


def rows_of(release, plane):
    return [
        *catalog.select_ports(CATALOG, release, "install"),
        *catalog.select_endpoints(CATALOG, release, plane),
        *catalog.select_settings(CATALOG, release),
    ]


def summary(before, after, plane):
    found = compare(rows_of(before, plane), rows_of(after, plane))
    return (
        [row["id"] for row in found.added],
        [row["id"] for row in found.removed],
        {change.after["id"]: change.fields for change in found.changed},
    )


# What each release of the appliance adds, removes and changes for the US control plane.
STEPS = [
    ("1.4", "1.5", ["pod-network-apart"], [], {"host-swap": ("severity",), "supported-os": ("expected",)}),
    ("1.5", "1.6", [], [], {"supported-os": ("expected",)}),
    ("1.6", "1.7", [], [], {"host-selinux": ("severity",), "supported-os": ("expected",)}),
    (
        "1.7",
        "1.8",
        ["monitoring-443", "dias-ingestor-router-us"],
        [],
        {
            "monitoring-lumberjack": ("severity", "notes"),
            "dias-ingestor-nginx-us": ("severity", "notes"),
            "supported-os": ("expected",),
        },
    ),
    (
        "1.8",
        "1.9",
        ["ops-center-3009", "persistence-gateway-database"],
        [],
        {"internal-services": ("ports",), "supported-os": ("expected", "notes")},
    ),
    ("1.9", "1.10", [], [], {}),
    (
        "1.10",
        "1.11",
        ["rtf-runtime-registry-us"],
        ["dias-ingestor-nginx-us", "dkr-ecr-us"],
        {
            "monitoring-lumberjack": ("severity", "notes"),
            "starport-layer-bucket-us-regional": ("severity", "alternate_of", "notes"),
            "supported-os": ("expected", "notes"),
        },
    ),
    ("1.11", "1.12", ["exchange-files-us"], [], {"supported-os": ("expected",)}),
    ("1.12", "1.13", [], [], {"ingress-https": ("notes",), "supported-os": ("expected", "notes")}),
]


@pytest.mark.parametrize("before, after, added, removed, changed", STEPS)
def test_one_release_to_the_next(before, after, added, removed, changed):
    assert summary(before, after, "us") == (added, removed, changed)


@pytest.mark.parametrize("before, after, added, removed, changed", STEPS)
def test_the_way_back_is_the_mirror(before, after, added, removed, changed):
    assert summary(after, before, "us") == (removed, added, changed)


def test_a_release_does_not_differ_from_itself():
    assert compare(rows_of("1.9", "eu"), rows_of("1.9", "eu")) == ([], [], [])


def test_a_host_that_moves_is_a_change():
    assert summary("1.11", "1.12", "eu")[2]["runtime-fabric-eu"] == ("host",)


def test_a_request_under_another_id_is_no_new_request():
    added, removed, changed = summary("1.10", "2.x", "us")
    assert "dias-ingestor-nginx-us-legacy" not in added
    assert "dias-ingestor-nginx-us" not in removed
    assert "severity" in changed["dias-ingestor-nginx-us-legacy"]


def test_from_the_appliance_to_the_self_managed_line():
    added, removed, changed = summary("1.13", "2.x", "eu")
    assert {"eu1-ingest", "cluster-internal-traffic"} <= set(added)
    assert {"etcd", "ecr-eu", "api-ecr-eu", "kubernetes-charts", "docker-images-prod"} <= set(removed)
    assert changed["transport-layer-eu"] == ("from",)
    assert changed["runtime-fabric-eu"] == ("host",)
