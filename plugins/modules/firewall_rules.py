#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: firewall_rules
short_description: Allow incoming traffic on the active firewall of a host, without a lock-out
version_added: 1.0.0
description:
  - Manages a set of rules under one name on the active firewall of the host, in addition to the rules of the site. The
    rules take effect immediately and survive a reboot. Rules, chains, sets and connections of the site are never
    changed.
  - The host itself rolls a change back after O(rollback_timeout) seconds, or at the next boot, unless the module is
    called with O(state=confirmed) over an SSH connection that was opened after the change. The rollback does not depend
    on the control node. RV(pending) is whether the host waits for the confirmation.
  - If the rules are already as requested, the module writes and reloads nothing.
  - The managed host needs systemd, and Python 3.6 or newer. The module must run as root.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the rules that are added and removed, in the syntax of the firewall. If the rules after a reboot differ
        from the current ones, they are shown separately.
options:
  label:
    description: The name of this set of rules. All objects that belong to it on the host carry this name.
    type: str
    required: true
  state:
    description:
      - V(present) applies the rules. V(absent) removes all rules with this O(label).
      - V(confirmed) confirms a change. It fails if the host has already rolled the change back, or if it is called over
        the same connection as the change.
      - V(rolled_back) immediately rolls back a change that has not been confirmed.
    type: str
    choices: [present, absent, confirmed, rolled_back]
    default: present
  backend:
    description:
      - The firewall to write the rules to. V(auto) uses the active firewall. If no firewall is active, nothing is
        changed. If two are active, the module fails.
      - Any other value names a firewall, which is started, and enabled at boot. It must be installed, and no other
        firewall may be active.
      - The firewall is not started if that would flush rules that a program such as Docker or Kubernetes manages.
        O(state=absent) stops a firewall that this module has started, unless that would flush such rules.
      - Tables and chains of such programs do not count as an active firewall, and are never changed.
    type: str
    choices: [auto, firewalld, nftables, ufw, iptables]
    default: auto
  sets:
    description: Sets of IPv4 and IPv6 addresses, by name. O(rules[].from_set) refers to these names.
    type: dict
    default: {}
  rules:
    description: The traffic to allow.
    type: list
    elements: dict
    default: []
    suboptions:
      comment:
        description: The purpose of the rule, in one word. The tools of the firewall show it with the rule.
        type: str
        required: true
      transport:
        description: The transport protocol.
        type: str
        choices: [tcp, udp]
        required: true
      ports:
        description: Ports and port ranges, such as V(30000-32767).
        type: list
        elements: str
        required: true
      from_set:
        description: The name of a set in O(sets). Packets from its addresses are allowed.
        type: str
      networks:
        description: Packets from these addresses and networks are allowed. If this is empty and O(rules[].from_set) is
          not set, packets from anywhere are allowed.
        type: list
        elements: str
        default: []
      expires:
        description: Whether the host removes the rule after O(expire_after) seconds. This does not depend on the
          control node.
        type: bool
        default: false
  trusted_networks:
    description: Networks from which the host accepts all packets. All packets from and to these networks are also
      forwarded.
    type: list
    elements: str
    default: []
  default_deny:
    description: Whether the host drops all incoming traffic that neither these rules nor the rules of the site allow.
      SSH stays open. V(false) leaves the default of the firewall as it is.
    type: bool
    default: false
  keep_ports:
    description:
      - TCP ports that stay open to all sources when O(default_deny) or the start of a firewall would close them.
      - The ports on which sshd listens, and the port of the current connection, always stay open.
    type: list
    elements: int
    default: []
  expire_after:
    description: >-
      After how many seconds rules with O(rules[].expires=true) are removed. If the module is called in the second half
      of this time, the time starts again. In the first half, it does not.
    type: int
    default: 86400
  rollback_timeout:
    description: How many seconds the host waits for the confirmation, counted from the end of the change.
    type: int
    default: 60
  wait_timeout:
    description:
      - How many seconds to wait while another call changes the firewall, or while its change waits to be confirmed.
        After that, the module fails and reports the other change, which it leaves alone.
    type: int
    default: 120
  confirm:
    description:
      - Whether to confirm the change over a new connection within the same task. The number of hosts in the play and
        the number of forks then do not matter.
      - If no new connection can be opened in time, the task waits until the host has rolled the change back, and then
        fails.
      - If a killed run of this control node left a pending change, that change is rolled back immediately.
    type: bool
    default: false
  change_id:
    description:
      - The change to confirm or to roll back, as returned in RV(change_id). By default, the pending change.
    type: str
  run:
    description:
      - Identifies the process and the control node that make the change. It is set automatically with O(confirm=true).
      - With O(state=rolled_back), a change is rolled back only if this process made it.
    type: str
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Allow the other nodes to access etcd
  hostprep.runtime_fabric.firewall_rules:
    label: my_cluster
    sets:
      nodes: [192.0.2.11, 192.0.2.12, 2001:db8::11]
    rules:
      - comment: etcd
        transport: tcp
        ports: ["2379-2380"]
        from_set: nodes
    confirm: true

- name: Remove the rules, and leave the confirmation to a later task
  hostprep.runtime_fabric.firewall_rules:
    label: my_cluster
    state: absent
  register: firewall

- name: Close the connection over which the change was made
  ansible.builtin.meta: reset_connection

- name: Confirm the change over a new connection
  hostprep.runtime_fabric.firewall_rules:
    label: my_cluster
    state: confirmed
    change_id: "{{ firewall.change_id }}"
  when: firewall.pending
"""

RETURN = r"""
backend:
  description: The firewall that the rules were written to. V(null) if there is none.
  returned: with O(state=present) and O(state=absent)
  type: str
  sample: nftables
active:
  description: The active firewalls of the site, each with the reason why it counts as active.
  returned: with O(state=present)
  type: dict
  sample:
    nftables: the chain inet filter input filters
pending:
  description: Whether the host will roll the change back unless it is confirmed.
  returned: success
  type: bool
change_id:
  description: The change that waits to be confirmed.
  returned: if RV(pending) is true
  type: str
  sample: 0f8fad5bd9cb469fa16570867728950e
busy:
  description: Whether the module failed because another change is in progress or waits to be confirmed.
  returned: if another change is pending
  type: bool
pending_change:
  description: The change that waits to be confirmed. V(null) if it is still in progress.
  returned: if another change is pending
  type: dict
  sample:
    id: 0f8fad5bd9cb469fa16570867728950e
    connection: 192.0.2.5 54321 192.0.2.11 22
    run: null
    seconds: 60
expires_at:
  description: When rules that expire are removed, in seconds since the epoch. V(0) if no rule expires.
  returned: with O(state=present), if there is a backend
  type: int
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import backend_selection
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError, Host
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.change_lock import Busy
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.firewall_change import Change

RULE = {
    "comment": {"type": "str", "required": True},
    "transport": {"type": "str", "choices": ["tcp", "udp"], "required": True},
    "ports": {"type": "list", "elements": "str", "required": True},
    "from_set": {"type": "str"},
    "networks": {"type": "list", "elements": "str", "default": []},
    "expires": {"type": "bool", "default": False},
}


def main():
    module = AnsibleModule(
        argument_spec={
            "label": {"type": "str", "required": True},
            "state": {
                "type": "str",
                "choices": ["present", "absent", "confirmed", "rolled_back"],
                "default": "present",
            },
            "backend": {
                "type": "str",
                "choices": [backend_selection.AUTO] + backend_selection.NAMES,
                "default": backend_selection.AUTO,
            },
            "sets": {"type": "dict", "default": {}},
            "rules": {"type": "list", "elements": "dict", "options": RULE, "default": []},
            "trusted_networks": {"type": "list", "elements": "str", "default": []},
            "default_deny": {"type": "bool", "default": False},
            "keep_ports": {"type": "list", "elements": "int", "default": []},
            "expire_after": {"type": "int", "default": 86400},
            "rollback_timeout": {"type": "int", "default": 60},
            "wait_timeout": {"type": "int", "default": 120},
            "confirm": {"type": "bool", "default": False},
            "change_id": {"type": "str"},
            "run": {"type": "str"},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="only root can read and change the firewall: set become")
    parameters = {name: value for name, value in module.params.items() if name != "confirm"}
    try:
        result = Change(Host(), parameters, module.check_mode).run()
        for warning in result.pop("warnings", []):
            module.warn(warning)
        module.exit_json(**result)
    except Busy as problem:
        module.fail_json(msg=str(problem), busy=True, pending_change=problem.pending)
    except (FirewallError, ValueError) as problem:
        module.fail_json(msg=str(problem))


if __name__ == "__main__":
    main()
