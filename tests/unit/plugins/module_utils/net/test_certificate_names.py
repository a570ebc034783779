# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names of servers a certificate is for."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.certificate_names import names_match


@pytest.mark.parametrize(
    "name, wanted, does",
    [
        ("a.example.com", "a.example.com", True),
        ("A.example.com", "a.EXAMPLE.com.", True),
        ("example.com", "a.example.com", False),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*b.example.com", "ab.example.com", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("2001:db8::7", "2001:DB8:0::7", True),
    ],
)
def test_a_name_is_for_a_server(name, wanted, does):
    assert names_match(["other.example.org", name], wanted) is does
