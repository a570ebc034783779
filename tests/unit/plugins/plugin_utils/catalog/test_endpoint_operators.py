# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every endpoint of the catalogue has an operator."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, endpoint_operators

HOSTS = sorted({row["host"] for row in catalog.load().endpoints})


@pytest.mark.parametrize("host", HOSTS)
def test_an_endpoint_of_the_catalogue_has_one_owner(host):
    found = [
        operator["id"]
        for operator in endpoint_operators.load()["operators"]
        if endpoint_operators.of_host(host) == operator
    ]
    assert len(found) == 1
    assert set(endpoint_operators.of_host(host)["issuers"]) <= set(endpoint_operators.issuers(host))


@pytest.mark.parametrize(
    "host, sign",
    [
        ("docker-images-prod.s3.amazonaws.com", "x-amz-request-id"),
        ("prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com", "x-amz-request-id"),
        ("494141260463.dkr.ecr.us-east-1.amazonaws.com", "docker-distribution-api-version"),
        ("api.ecr.us-east-1.amazonaws.com", "x-amzn-requestid"),
        ("ecr.us-east-1.amazonaws.com", "x-amzn-requestid"),
        ("kubernetes-charts.storage.googleapis.com", "x-guploader-uploadid"),
    ],
)
def test_the_signs_of_an_origin(host, sign):
    assert sign in endpoint_operators.signs(host)


def test_of_other_hosts_nothing_is_known():
    assert endpoint_operators.of_host("registry.example.com") is None
    assert (
        endpoint_operators.issuers("amazonaws.com.example.com") == []
        and endpoint_operators.signs("registry.example.com") == []
    )


def test_patterns_do_not_reach_into_another_domain():
    assert endpoint_operators.of_host("evil-cloudhub.io") is None
    assert endpoint_operators.of_host("Transport-Layer.prod.CloudHub.io.")["id"] == "mulesoft"


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "endpoint_operators.yml").write_text("operators: []\n")
    with pytest.raises(catalog.CatalogError, match="endpoint_operators.yml cannot be read"):
        endpoint_operators.load(tmp_path)
