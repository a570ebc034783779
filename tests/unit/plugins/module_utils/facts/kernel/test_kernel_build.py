# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the running kernel was built."""

import gzip

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import kernel_build


def test_options_are_those_that_are_built_in_or_modules():
    text = "# CONFIG_KEYS is not set\nCONFIG_VETH=m\nCONFIG_BRIDGE=y\nCONFIG_HZ=250\n"
    assert kernel_build.parse_options(text, ["VETH", "BRIDGE", "KEYS", "HZ"]) == {
        "VETH": "m",
        "BRIDGE": "y",
        "KEYS": None,
        "HZ": None,
    }


def test_a_packed_configuration_is_unpacked_no_further_than_the_limit():
    assert kernel_build.unzipped(gzip.compress(b"CONFIG_VETH=m\n")) == b"CONFIG_VETH=m\n"
    assert len(kernel_build.unzipped(gzip.compress(b"\0" * (kernel_build.LIMIT * 20)))) == kernel_build.LIMIT
    with pytest.raises(Unreadable):
        kernel_build.unzipped(b"no gzip at all")
