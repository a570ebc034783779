# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frames of an ARP sweep, and what must not be swept."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import arp_sweep

ADDRESS = {"interface": "eth0", "address": "10.0.0.5", "prefix": 24, "family": "ipv4"}


def test_a_question_goes_to_everybody_and_names_who_asks_and_who_is_wanted():
    frame = arp_sweep.request(b"\x02\0\0\0\0\x01", "10.0.0.5", "10.0.0.9")
    assert frame[:6] == b"\xff" * 6 and frame[6:12] == frame[22:28] == b"\x02\0\0\0\0\x01"
    assert frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\x01"
    assert frame[28:32] == bytes([10, 0, 0, 5]) and frame[38:42] == bytes([10, 0, 0, 9])
    assert arp_sweep.answer(frame + b"\0" * 18) == "10.0.0.5"


@pytest.mark.parametrize("frame", [b"", b"\0" * 41, b"\0" * 60, b"\xff" * 60])
def test_what_is_no_arp_is_nobody(frame):
    assert arp_sweep.answer(frame) is None


@pytest.mark.parametrize(
    "addresses, route, said",
    [
        ([{**ADDRESS, "prefix": 21}], {"interface": "eth0"}, "larger than /22"),
        ([ADDRESS], {"interface": "eth1"}, "eth1 has no IPv4 address"),
        ([ADDRESS], None, "there is no subnet"),
        ({"error": "x"}, {"interface": "eth0"}, "there is no subnet"),
    ],
)
def test_without_a_small_subnet_of_its_own_nothing_is_asked(addresses, route, said):
    with pytest.raises(Unreadable, match=said):
        arp_sweep.sweep_subnet(addresses, route)
