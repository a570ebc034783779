# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `catalog/inputs.yml` declares is what the roles, the READMEs and the documentation of modules have."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import input_files

FILES = input_files.files(input_declarations.load())


@pytest.mark.parametrize("path", sorted(FILES), ids=str)
def test_the_file_is_as_make_docs_writes_it(path):
    assert checkout.read(path) == FILES[path], "run `make docs`"


def test_every_role_is_written():
    assert sorted(input_declarations.load().roles) == checkout.role_names()
    beside_roles = ("docs/inputs.md", "plugins/modules/rejudge.py")
    assert len(FILES) == len(beside_roles) + 3 * len(checkout.role_names())
