#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: port_listener
short_description: Listen on many ports for a while, and prove to keyed probes that they arrived
version_added: 1.0.0
description:
  - Starts a process on the managed host that listens on the ports in O(listen) and answers the probes of
    M(hostprep.runtime_fabric.port_probe_info) that carry the same O(key). Other packets get no answer.
  - The answer proves which host and which port were reached, so neither a wrong host nor another service nor a firewall
    that accepts connections itself can be mistaken for the listener.
  - A port that is not available is a result, not a failure of the task. Where it is taken, the process that holds it is
    named; processes of other users only as root.
  - The process ends with O(state=absent), after O(quiet) seconds without a sign of life of its run, and some seconds
    after a module of its run on this host lost the connection to its controller. A timer of the kernel ends it after
    O(lifetime) at the latest, even if Ansible or the process itself hangs. It listens on the given addresses
    only, writes no file and leaves nothing behind.
  - Where the listener of another run holds some of the ports, none is started. The listener of a run that is over is stopped
    first. The process that listens on the control socket of a listener is identified by the kernel, and stopped only if it
    belongs to root or to the user of this module, and is a listener.
  - Needs nothing on the host but Linux and Python 3.6 or newer. Ports below 1024 need root.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  state:
    description:
      - V(present) starts the listener of this O(key), unless it runs already.
      - V(absent) stops it and releases its ports. A listener that does not react is killed.
    type: str
    choices: [present, absent]
    default: present
  key:
    description:
      - A secret of this run, at least 16 characters. It authenticates probes and identifies the listener on the host.
    type: str
    required: true
  name:
    description:
      - The name of the listener in its answers, such as C(inventory_hostname).
      - Needed for O(state=present).
    type: str
  listen:
    description:
      - The addresses and ports to listen on.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description:
          - An IPv4 address of the host.
        type: str
        required: true
      tcp:
        description:
          - TCP ports and ranges of ports, such as V(30000-32767).
        type: list
        elements: str
        default: []
      udp:
        description:
          - UDP ports and ranges of ports.
        type: list
        elements: str
        default: []
  lifetime:
    description:
      - Seconds after which the listener ends in any case.
    type: int
    default: 120
  quiet:
    description:
      - Seconds without a sign of life of its run after which the listener ends.
      - Signs of life are probes with its O(key), and modules with this O(key) that run on the same host.
      - By default it needs no signs of life.
    type: int
  run:
    description:
      - The description of this run for the listeners of other runs. Of two runs that need the same ports, the one that began
        first gets them.
      - Set by the role P(hostprep.runtime_fabric.rtf_preflight#role).
    type: dict
    suboptions:
      id:
        description: A unique name of the run.
        type: str
        required: true
      started:
        description: When it began, in seconds since 1970.
        type: float
        required: true
      controller:
        description: The host name of its controller.
        type: str
        required: true
      user:
        description: The user who runs Ansible there.
        type: str
        required: true
      process:
        description: The process, boot and machine of the controller, or empty where that is not known.
        type: str
        default: ""
  over:
    description:
      - Values of O(run.id) of runs that are known to be over. Their listeners are stopped where they hold a port.
      - Set by the action plugin of this module for runs of the same controller, whose processes it can see.
    type: list
    elements: str
    default: []
seealso:
  - module: hostprep.runtime_fabric.port_probe_info
"""

EXAMPLES = r"""
- name: Listen on the ports of an application and on the address of the host only
  hostprep.runtime_fabric.port_listener:
    key: "{{ run_key }}"
    name: "{{ inventory_hostname }}"
    listen:
      - address: 192.0.2.11
        tcp: ["6443", "30000-32767"]
        udp: ["8472", "30000-32767"]
  register: listener

- name: Report the processes that hold ports
  ansible.builtin.debug:
    msg: "{{ listener.listening.places | map(attribute='tcp.occupied') | flatten }}"

- name: Give the ports back
  hostprep.runtime_fabric.port_listener:
    key: "{{ run_key }}"
    state: absent
"""

RETURN = r"""
listening:
  description:
    - The listener as it is after O(state=present), and as it was before O(state=absent).
    - V(null) when there was none, and in check mode when one would have been started.
  returned: success
  type: dict
  contains:
    pid:
      description: The process.
      returned: always
      type: int
      sample: 4711
    held_by:
      description:
        - The listeners of other runs that hold some of the ports, as they describe themselves. The other fields are absent
          then.
      returned: where that is so
      type: list
      elements: dict
    hung:
      description: V(true) when the listener did not react and was killed. The other fields are absent then.
      returned: where that is so
      type: bool
    name:
      description: O(name) of the listener.
      returned: when the listener reacted
      type: str
      sample: worker-1
    lifetime:
      description: O(lifetime) that it was started with.
      returned: when the listener reacted
      type: int
      sample: 120
    quiet:
      description: O(quiet) that it was started with.
      returned: when the listener reacted
      type: int
      sample: 135
    run:
      description: O(run) that it was started with.
      returned: when the listener reacted
      type: dict
    since:
      description: When it was started, in seconds since 1970.
      returned: when the listener reacted
      type: float
      sample: 1700000000.25
    silent_for:
      description: Seconds since the last sign of life of its run.
      returned: when the listener ran before
      type: float
      sample: 0.5
    ends_in:
      description: Seconds until it ends without another sign of life. V(null) where it does not wait for any.
      returned: when the listener ran before
      type: float
      sample: 134.5
    proven:
      description: How many probes it has answered by TCP and by UDP.
      returned: when the listener ran before
      type: dict
      sample: {"tcp": 5620, "udp": 5540}
    places:
      description: One entry for each entry of O(listen), in the same order.
      returned: when the listener reacted
      type: list
      elements: dict
      contains:
        address:
          description: The address.
          returned: always
          type: str
          sample: 192.0.2.11
        tcp:
          description: The results for the TCP ports. RV(ignore:udp) has those for the UDP ports.
          returned: always
          type: dict
          contains:
            bound:
              description: Ports and ranges that are listened on.
              returned: always
              type: list
              elements: str
              sample: ["6443", "30000-32767"]
            occupied:
              description:
                - Ports that are taken, and their holders - C(ports), C(process), C(pid), C(user), C(address) and C(state)
                  of the socket.
                - The process is V(null) where it is not visible to this user, or where it is the kernel itself.
              returned: always
              type: list
              elements: dict
              sample:
                - ports: ["5000"]
                  process: registry
                  pid: 812
                  user: root
                  address: 0.0.0.0
                  state: listening
            beside:
              description:
                - Holders of these ports on other addresses of the host, as in RV(ignore:occupied). A program that listens on
                  all addresses could not bind them. Empty for a place on loopback.
              returned: always
              type: list
              elements: dict
            failed:
              description: Ports that are not available for another reason, by reason.
              returned: always
              type: list
              elements: dict
              sample:
                - ports: ["443"]
                  reason: Permission denied
        udp:
          description: The results for the UDP ports, as in RV(ignore:tcp).
          returned: always
          type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import detached_process, port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    listener,
    listener_lifetime,
    listener_process,
)

KEY_LENGTH = 16


def argument_spec():
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "key": {"type": "str", "required": True, "no_log": True},
        "name": {"type": "str"},
        "listen": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "address": {"type": "str", "required": True},
                "tcp": {"type": "list", "elements": "str", "default": []},
                "udp": {"type": "list", "elements": "str", "default": []},
            },
        },
        "lifetime": {"type": "int", "default": 120},
        "quiet": {"type": "int"},
        "run": {
            "type": "dict",
            "options": {
                "id": {"type": "str", "required": True},
                "started": {"type": "float", "required": True},
                "controller": {"type": "str", "required": True},
                "user": {"type": "str", "required": True},
                "process": {"type": "str", "default": ""},
            },
        },
        "over": {"type": "list", "elements": "str", "default": []},
    }


def bad_arguments(params):
    """One sentence for each argument that has the right type but makes no sense."""
    problems = []
    if len(params["key"]) < KEY_LENGTH:
        problems.append(f"key: has fewer than {KEY_LENGTH} characters")
    if params["state"] == "present" and not params["name"]:
        problems.append("name: is needed to start a listener")
    for number, place in enumerate(params["listen"]):
        if not port_ranges.is_ipv4(place["address"]):
            problems.append(f"listen[{number}].address: {quoted(place['address'])} is not an IPv4 address")
        for transport in ("tcp", "udp"):
            try:
                port_ranges.numbers(place[transport])
            except ValueError as problem:
                problems.append(f"listen[{number}].{transport}: {problem}")
    if not 1 <= params["lifetime"] <= listener_lifetime.LONGEST:
        problems.append(f"lifetime: {params['lifetime']:.0f} is not between 1 and {listener_lifetime.LONGEST}")
    if params["quiet"] is not None and params["quiet"] < 1:
        problems.append(f"quiet: {params['quiet']} is not above 0")
    return problems


def present(module, key):
    """Return (changed, status)."""
    status = listener_process.find(key)
    if status is not None and not status.get("hung"):
        return False, status
    if module.check_mode:
        return True, None
    params = module.params
    places = [
        listener.Place(row["address"], port_ranges.numbers(row["tcp"]), port_ranges.numbers(row["udp"]))
        for row in params["listen"]
    ]
    status = listener_process.start(
        key, params["name"], places, params["lifetime"], params["quiet"], params["run"], params["over"]
    )
    return "held_by" not in status, status


def absent(module, key):
    """Return (changed, status)."""
    status = listener_process.find(key, "status" if module.check_mode else "stop")
    return status is not None, status


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    problems = bad_arguments(module.params)
    if problems:
        module.fail_json(msg="; ".join(problems))
    key = module.params["key"].encode("utf-8")
    try:
        changed, status = (present if module.params["state"] == "present" else absent)(module, key)
    except detached_process.NotStarted as problem:
        module.fail_json(msg=f"the listener could not be started: {problem}")
    module.exit_json(changed=changed, listening=status)


if __name__ == "__main__":
    main()
