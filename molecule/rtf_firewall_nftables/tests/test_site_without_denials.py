# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""default_deny on nftables, beside a site whose chains let everything in."""

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.default_deny import DefaultDeny

LOAD = "systemctl restart nftables"
SITE = """
flush ruleset
table inet site {
    chain output {
        type filter hook output priority filter; policy accept;
        ct state established accept
    }
}
"""


class TestDefaultDeny(DefaultDeny):
    backend = "nftables"
    permissive = f"cp /etc/nftables.conf /root/site.nft; cat >/etc/nftables.conf <<'END'{SITE}END\n{LOAD}"
    restored = f"mv /root/site.nft /etc/nftables.conf; {LOAD}"
