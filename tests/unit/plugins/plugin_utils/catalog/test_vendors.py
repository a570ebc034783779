# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every endpoint of the catalogue has somebody who runs it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, vendors

HOSTS = sorted({row["host"] for row in catalog.load().endpoints})


@pytest.mark.parametrize("host", HOSTS)
def test_an_endpoint_of_the_catalogue_has_one_vendor(host):
    found = [vendor["id"] for vendor in vendors.load()["vendors"] if vendors.of_host(host) == vendor]
    assert len(found) == 1
    assert set(vendors.of_host(host)["issuers"]) <= set(vendors.issuers(host))


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
    assert sign in vendors.signs(host)


def test_of_other_hosts_nothing_is_known():
    assert vendors.of_host("registry.example.com") is None
    assert vendors.issuers("amazonaws.com.example.com") == [] and vendors.signs("registry.example.com") == []


def test_patterns_do_not_reach_into_another_domain():
    assert vendors.of_host("evil-cloudhub.io") is None
    assert vendors.of_host("Transport-Layer.prod.CloudHub.io.")["id"] == "mulesoft"


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "vendors.yml").write_text("vendors: []\n")
    with pytest.raises(catalog.CatalogError, match="vendors.yml cannot be read"):
        vendors.load(tmp_path)
