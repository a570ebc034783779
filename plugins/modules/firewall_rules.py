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
  - Manages a set of rules in addition to those of the site, under one name, on the active firewall of the host. The rules
    take effect at once and after a reboot. A rule, chain, set or connection of the site is never touched.
  - A change is rolled back by the host itself after O(rollback_timeout) seconds, or at the next boot, unless
    O(state=confirmed) is called over an SSH connection that was made after the change. The rollback needs no controller.
    RV(pending) is whether the host waits for the confirmation.
  - A call that finds the wanted rules writes nothing and reloads nothing.
  - Needs systemd, and Python 3.6 or newer with its standard library on the host. Must run as root.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the rules that are added and removed in the syntax of the firewall, those after a reboot separately where they
        differ.
options:
  label:
    description: The name of all objects of this set of rules on the host.
    type: str
    required: true
  state:
    description:
      - V(present) applies the rules, V(absent) removes all of them.
      - V(confirmed) confirms a change, and fails where the host has rolled it back already, or where the connection is
        the one over which it was made.
      - V(rolled_back) rolls a change that is not confirmed back at once.
    type: str
    choices: [present, absent, confirmed, rolled_back]
    default: present
  backend:
    description:
      - The firewall to write the rules to. V(auto) uses the active one. Where none is active, nothing is changed; where
        two are, the module fails.
      - A firewall that is named is started and enabled at boot. It must be installed, and no other may be active.
      - It is not started where that would flush rules which a program such as Docker or Kubernetes keeps for itself.
        O(state=absent) stops what was started, but not where stopping it would flush such rules.
      - Tables and chains of such programs do not count as a firewall of the site, and are never changed.
    type: str
    choices: [auto, firewalld, nftables, ufw, iptables]
    default: auto
  sets:
    description: Sets of IPv4 and IPv6 addresses, by name.
    type: dict
    default: {}
  rules:
    description: The traffic to allow.
    type: list
    elements: dict
    default: []
    suboptions:
      comment:
        description: The purpose of the rule, one word. The programs of the firewall show it with the rule.
        type: str
        required: true
      transport:
        description: The transport protocol.
        type: str
        choices: [tcp, udp]
        required: true
      ports:
        description: Ports and ranges of ports.
        type: list
        elements: str
        required: true
      from_set:
        description: Only packets from the addresses of this set.
        type: str
      networks:
        description: Only packets from these addresses and networks. Without these and O(rules[].from_set), from anywhere.
        type: list
        elements: str
        default: []
      expires:
        description: Whether the rule ends after O(expire_after) seconds, also while no controller runs.
        type: bool
        default: false
  trusted_networks:
    description: Networks from which all packets are accepted, and from and to which all packets are forwarded.
    type: list
    elements: str
    default: []
  default_deny:
    description: Whether the host drops what neither these rules nor those of the site allow. SSH stays open.
    type: bool
    default: false
  keep_ports:
    description:
      - TCP ports that stay open to all sources where O(default_deny) or the start of a firewall would close them.
      - The ports on which sshd listens, and that of the connection in use, are always among them.
    type: list
    elements: int
    default: []
  expire_after:
    description: >-
      Seconds until rules that expire end. A call in the second half of that time restarts it, one in the first half
      changes nothing.
    type: int
    default: 86400
  rollback_timeout:
    description: Seconds that the host waits for a confirmation, counted from the end of the change.
    type: int
    default: 60
  wait_timeout:
    description:
      - Seconds to wait while another call changes the firewall, or while its change waits to be confirmed. Then the module
        fails, names that change and leaves it alone.
    type: int
    default: 120
  confirm:
    description:
      - Whether to confirm the change over a new connection within the same task, which does not depend on how many hosts a
        play has or how many of them run at once.
      - Where no new connection can be made in time, the task waits until the host has rolled the change back, and fails.
      - A pending change of a killed run of this controller is rolled back at once, rather than waited for.
    type: bool
    default: false
  change_id:
    description:
      - The change to confirm or to roll back, from RV(change_id). Without it, the pending one.
    type: str
  run:
    description:
      - Which process on which controller makes the change. O(confirm) sets it.
      - With O(state=rolled_back), only a change of this process is rolled back.
    type: str
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Configure access to etcd for the other nodes
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

- name: Restore the firewall without the rules, for a later task to confirm
  hostprep.runtime_fabric.firewall_rules:
    label: my_cluster
    state: absent
  register: firewall

- name: Drop the connection over which the change was made
  ansible.builtin.meta: reset_connection

- name: Confirm the change over a new one
  hostprep.runtime_fabric.firewall_rules:
    label: my_cluster
    state: confirmed
    change_id: "{{ firewall.change_id }}"
  when: firewall.pending
"""

RETURN = r"""
backend:
  description: The firewall that holds the rules, V(null) where none does.
  returned: with O(state=present) and O(state=absent)
  type: str
  sample: nftables
active:
  description: The firewalls that are active for the site, and why they count as active.
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
  returned: when RV(pending)
  type: str
  sample: 0f8fad5bd9cb469fa16570867728950e
busy:
  description: Whether the module failed because another change is under way or waits to be confirmed.
  returned: when another change is pending
  type: bool
pending_change:
  description: The change that waits to be confirmed, V(null) while it is still being made.
  returned: when another change is pending
  type: dict
  sample:
    id: 0f8fad5bd9cb469fa16570867728950e
    connection: 192.0.2.5 54321 192.0.2.11 22
    run: null
    seconds: 60
expires_at:
  description: When rules that expire end, in seconds since the epoch; V(0) without any.
  returned: with O(state=present), where there is a backend
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
        module.fail_json(msg="the firewall can only be read and changed by root: set become")
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
