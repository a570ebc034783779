# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The port table in iptables, beside the rules of a site, as packets see it."""

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.packet_filter_tests import PacketFilterTests


class TestIptables(PacketFilterTests):
    state = ("sh", "-c", "iptables-save -t filter; ip6tables-save -t filter")
