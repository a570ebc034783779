# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab, and a site that runs the role on its nodes."""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.kernel_site import KernelSite


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return KernelSite(tmp_path_factory.mktemp("site"))
