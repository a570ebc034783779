# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The package, built once for the tests of one process that read it or install it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """The package, built."""
    folder = tmp_path_factory.mktemp("package")
    checkout.galaxy("build", "--output-path", str(folder), home=folder)
    (path,) = folder.glob("hostprep-runtime_fabric-*.tar.gz")
    return path
