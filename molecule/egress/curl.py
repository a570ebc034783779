# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What curl says of an endpoint, as a second opinion, and which of our verdicts mean the same."""

import shlex

# What curl can end with -> the verdicts that may stand beside it. curl takes an answer from whomever the node trusts.
MEANINGS = {
    "answered": {"reachable", "blocked", "tls_intercepted"},
    "unresolved": {"unresolved"},
    "no connection": {"refused", "rejected"},
    "timeout": {"dropped"},
    "no TLS": {"blocked", "tls_failed"},
    "bad certificate": {"tls_untrusted", "tls_intercepted", "tls_name_mismatch", "tls_expired"},
    "proxy 403": {"proxy_denied"},
    "proxy 407": {"proxy_auth"},
    "proxy 503": {"proxy_failed"},
}
_BY_EXIT = {
    0: "answered",
    6: "unresolved",
    7: "no connection",
    28: "timeout",
    35: "no TLS",
    51: "bad certificate",
    60: "bad certificate",
}


def ask(lab, node, hosts, proxy=None):
    """{host: what curl ended with, one of MEANINGS} for port 443 of each host, all at once, from a node."""
    way = f"--proxy {shlex.quote(proxy)}" if proxy else "--noproxy '*'"
    one = (
        f"said=$(curl --silent --output /dev/null --max-time 30 --connect-timeout 5 {way} --write-out '%{{http_connect}}' "
        'https://$host/); echo "$host $? $said"'
    )
    script = f"for host in {' '.join(hosts)}; do ({one}) & done; wait"
    said = {}
    for line in lab.exec(node, "bash", "-c", script).stdout.decode().splitlines():
        host, code, connect = line.split()
        said[host] = (
            f"proxy {connect}"
            if int(code) and connect not in ("000", "200")
            else _BY_EXIT.get(int(code), f"exit {code}")
        )
    return said
