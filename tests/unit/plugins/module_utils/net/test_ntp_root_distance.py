# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The root distance of a time server, and from where on chrony does not accept it."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_root_distance


def test_half_the_delay_counts():
    assert ntp_root_distance.of(1.0, 0.25) == 0.75


def test_only_a_distance_that_chrony_rejects_is_remarked():
    assert ntp_root_distance.warning(ntp_root_distance.MOST) is None
    assert "wrong by 10.0 s, and chrony accepts 3 s" in ntp_root_distance.warning(10.0)
