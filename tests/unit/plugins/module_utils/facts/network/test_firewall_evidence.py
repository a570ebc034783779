# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the evidence of firewalls says of rules of ours that nothing remembers."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import firewall_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import NOTHING, State


class Played:
    """A backend that holds some lines, None where it cannot be read."""

    def __init__(self, lines):
        self.lines = lines

    def look(self):
        if self.lines is None:
            raise FirewallError("iptables-save: permission denied")
        return State(self.lines, self.lines) if self.lines else NOTHING


def test_backends_with_rules_of_ours_are_named_and_all_where_one_cannot_be_read():
    backends = {"nftables": Played(["table"]), "iptables": Played([])}
    assert firewall_evidence.leftover(backends) == ["nftables"]
    assert firewall_evidence.leftover({**backends, "iptables": Played(None)}) == ["nftables", "iptables"]


def test_rules_that_cannot_be_read_are_none_with_the_reason():
    class Host:
        def program(self, name):
            raise FirewallError("nft: still running after 60 seconds")

    assert firewall_evidence.readable_rules(Host()) == ([], ["nft: still running after 60 seconds"])
