# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version is that of the package that is installed, and in a checkout that of galaxy.yml."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import collection_version
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.files import CatalogError
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout


def test_the_version_of_a_checkout_and_of_a_package(tmp_path):
    assert collection_version.installed() == checkout.read_yaml("galaxy.yml")["version"]
    with pytest.raises(CatalogError, match="galaxy.yml cannot be read"):
        collection_version.installed(tmp_path)
    (tmp_path / "MANIFEST.json").write_text(json.dumps({"collection_info": {"version": "2.3.4"}, "format": 1}))
    assert collection_version.installed(tmp_path) == "2.3.4"
