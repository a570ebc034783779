# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about a firewall rule that drops packets of the port table, by who wrote it. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PREPARE = "run the role hostprep.runtime_fabric.rtf_firewall"
LABEL = "runtime_fabric"
FRONT_ENDS = ("firewalld", "ufw")
# Whose rules refuse what no service stands behind now: not a matter of the firewall.
SERVICES = frozenset(["Kubernetes"])
# How to allow an address again that a program has banned, and to spare the nodes from now on.
_BANS = {
    "fail2ban": (
        "Lift the ban with `fail2ban-client unban ADDRESS`, and list the nodes' addresses in `ignoreip` of "
        "/etc/fail2ban/jail.local."
    ),
    "CrowdSec": (
        "Lift the ban with `cscli decisions delete --ip ADDRESS`, and put the nodes' addresses on an allowlist of CrowdSec."
    ),
    "SSHGuard": "The ban ends by itself; list the nodes' addresses in /etc/sshguard/whitelist before the next one.",
}
_POLICY = re.compile(r" filter_(?:IN|FWD\w?)_policy_(.+?)(?:_(?:pre|log|deny|allow|post))?$")
_ZONE = re.compile(r" (?:filter_)?(?:IN|FWD\w?)_(.+?)_(?:pre|deny)$")


def remedy_for(where: str, rule: str, owner: str, ours: Mapping[str, Any] | None) -> str:
    """Return the remedy for packets dropped by a rule ("" for the policy) of a chain.

    where: the chain, as the evidence names it. owner: who wrote the rule, "" for the site. ours: how the rules of the role differ from
    what was applied, None without any.
    """
    if owner == LABEL or (ours and ours["runtime"]["missing"] and owner in ("", ours["backend"])):
        return f"To restore the rules that let them in, {PREPARE}."
    if owner == "firewalld":
        return _firewalld(where)
    if owner == "ufw":
        return (
            "The first ufw rule that matches decides: find it with `ufw status numbered`, and narrow it, or allow the packets "
            "before it with `ufw insert NUMBER allow ...`."
        )
    if owner in _BANS:
        return _BANS[owner]
    if owner:
        return f"{owner} maintains this rule and would restore it: change it in the configuration of {owner}."
    return _of_the_site(where, ours)


def _firewalld(where: str) -> str:
    policy, zone = _POLICY.search(where), _ZONE.search(where)
    if policy:
        name = policy.group(1)
        return (
            f"The policy {name} of firewalld decides before the zones do. Allow the ports in it, for example with `firewall-cmd "
            f"--policy={name} --add-port=PORT/tcp`, and again with --permanent; or have it evaluated after the zones with `firewall-cmd "
            f"--permanent --policy={name} --set-priority=100`, which takes effect when firewalld loads its files again."
        )
    if zone:
        return (
            f"A rich rule of the zone {zone.group(1)} of firewalld denies them: find it with `firewall-cmd "
            f"--zone={zone.group(1)} --list-rich-rules`, and narrow it, now and with --permanent."
        )
    return (
        f"No zone of firewalld lets them in: {PREPARE}. Where that changes nothing, look for a rule of the site in "
        "`firewall-cmd --list-all-zones` and `firewall-cmd --direct --get-all-rules`."
    )


def _of_the_site(where: str, ours: Mapping[str, Any] | None) -> str:
    first, table, chain = where.split(" ", 2)
    if "tables" in first:
        program, dash, kind = first.partition("-")
        shown = f"`{program}{dash}{kind} -t {table} -S {chain}`"
        keep = "in the file that loads it"
    else:
        shown = f"`nft -a list chain {where}`"
        keep = "in the file that loads the table"
    beside = f"{ours['backend']} does not decide there. " if ours and ours["backend"] in FRONT_ENDS else ""
    return f"{beside}Accept the packets before that rule ({shown} lists the chain), now and {keep}."
