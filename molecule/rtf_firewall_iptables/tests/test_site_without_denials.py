# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""default_deny on iptables, beside a site whose chains let everything in."""

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.default_deny import DefaultDeny

SITE = """
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
"""


class TestDefaultDeny(DefaultDeny):
    backend = "iptables"
    permissive = f"for program in iptables ip6tables; do $program-restore <<'END'{SITE}END\ndone"
    restored = "systemctl restart netfilter-persistent"
