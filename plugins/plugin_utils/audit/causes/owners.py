# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has to act on a cause, where that is not the `owner` of the one check that failed, in catalog/checks/."""

from __future__ import annotations

# By the verdict of the probe of an endpoint.
OF_ENDPOINTS = {
    "unresolved": "DNS",
    "dropped": "network",
    "refused": "network",
    "rejected": "network",
    "proxy_unreachable": "proxy",
    "proxy_auth": "platform team",
    "proxy_denied": "proxy",
    "proxy_failed": "proxy",
    "proxy_broken": "proxy",
    "blocked": "proxy",
    "tls_intercepted": "proxy",
    "tls_untrusted": "proxy",
    "tls_name_mismatch": "proxy",
    "tls_expired": "time",
    "certificate_refused": "vendor",
    "upgrade_refused": "proxy",
    "idle_cut": "network",
    "login_page": "network",
}
OF_OTHER_ENDPOINTS = "network"
# By what is wrong.
OF_CAUSES = {
    "unreachable": "node administrator",
    "not_in_the_run": "platform team",
    "preparation": "platform team",
    "address_prefixes": "node administrator",
    "left_out": "platform team",
    "settings_of_a_role": "platform team",
    "ports_not_tested": "platform team",
    "vxlan_lost": "network",
    "ports_over_loopback": "node administrator",
    "ports_for_one_node": "node administrator",
    "ports_of_many": "network",
    "ports_closed_by_rules": "node administrator",
    "ports_of_one_node": "node administrator",
}
