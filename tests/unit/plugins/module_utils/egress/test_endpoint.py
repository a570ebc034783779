# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import endpoint as endpoint_options


@pytest.mark.parametrize(
    "host, good",
    [
        ("example.com", True),
        ("example.com.", True),
        ("_srv.example.com", True),
        ("b\u00fccher.example", True),
        ("192.0.2.1", True),
        ("2001:db8::1", True),
        ("fe80::1%eth0", True),
        ("", False),
        ("https://example.com", False),
        ("example.com:443", False),
        ("example.com/path", False),
        ("[2001:db8::1]", False),
        ("two words", False),
        ("nul\0byte", False),
        ("new\nline", False),
        ("user@example.com", False),
        ("a" * 254, False),
    ],
)
def test_what_is_a_host(host, good):
    assert endpoint_options.is_host(host) is good
