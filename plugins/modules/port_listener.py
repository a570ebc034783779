#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: port_listener
short_description: Listen on many ports for a limited time, and prove to keyed probes that they arrived
version_added: 1.0.0
description:
  - Starts a process on the managed host that listens on the ports in O(listen), and answers probes of
    M(hostprep.runtime_fabric.port_probe_info) that use the same O(key). Other packets are not answered.
  - The answer proves which host and which port were reached. Another host, another service, or a firewall that accepts
    connections itself cannot be mistaken for the listener.
  - If a port is not available, the module reports that as a result, and the task does not fail. If the port is in use,
    the module names the process that uses it. Processes of other users can be named only if the module runs as root.
  - The process ends with O(state=absent), after O(quiet) seconds without activity of its run, and a few seconds after a
    module of its run on this host lost the connection to the control node. A kernel timer ends it after O(lifetime)
    seconds at the latest, even if Ansible or the process itself hangs. The process listens on the given addresses only,
    and leaves nothing behind, not even a file.
  - If the listener of another run uses some of the ports, no listener is started. If that run is over, its listener is
    stopped first. The kernel identifies the process that listens on the control socket of a listener. It is stopped
    only if it is a listener and belongs to root or to the user that this module runs as.
  - The managed host needs only Linux and Python 3.6 or newer. Ports below 1024 require root.
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
      - V(present) starts the listener for this O(key), unless it already runs.
      - V(absent) stops the listener and releases its ports. A listener that does not respond is killed.
    type: str
    choices: [present, absent]
    default: present
  key:
    description:
      - A secret for this run, of at least 16 characters. It authenticates probes and identifies the listener on the
        host.
    type: str
    required: true
  name:
    description:
      - The name that the listener gives in its answers, such as C(inventory_hostname).
      - Required with O(state=present).
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
          - TCP ports and port ranges, such as V(30000-32767).
        type: list
        elements: str
        default: []
      udp:
        description:
          - UDP ports and port ranges.
        type: list
        elements: str
        default: []
  lifetime:
    description:
      - After how many seconds the listener ends in any case.
    type: int
    default: 120
  quiet:
    description:
      - After how many seconds without activity of its run the listener ends.
      - Probes with the same O(key), and modules with the same O(key) that run on the same host, count as activity.
      - By default, the listener does not end because of inactivity.
    type: int
  run:
    description:
      - Describes this run to the listeners of other runs. If two runs need the same ports, the run that started first
        gets them.
      - The role P(hostprep.runtime_fabric.rtf_preflight#role) sets this option.
    type: dict
    suboptions:
      id:
        description: A unique id of the run.
        type: str
        required: true
      started:
        description: When the run started, in seconds since the epoch.
        type: float
        required: true
      controller:
        description: The host name of the control node.
        type: str
        required: true
      user:
        description: The user who runs Ansible on the control node.
        type: str
        required: true
      process:
        description: The process, the boot and the machine of the control node. Empty if they are not known.
        type: str
        default: ""
  over:
    description:
      - The values of O(run.id) of runs that are known to be over. Their listeners are stopped if they use a port in
        O(listen).
      - The action plugin of this module sets this option for runs of the same control node, whose processes it can see.
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

- name: Report the processes that use ports
  ansible.builtin.debug:
    msg: "{{ listener.listening.places | map(attribute='tcp.occupied') | flatten }}"

- name: Stop the listener and release its ports
  hostprep.runtime_fabric.port_listener:
    key: "{{ run_key }}"
    state: absent
"""

RETURN = r"""
listening:
  description:
    - The listener as it is after O(state=present), and as it was before O(state=absent).
    - V(null) if there was no listener, and in check mode if one would have been started.
  returned: success
  type: dict
  contains:
    pid:
      description: The process id of the listener.
      returned: always
      type: int
      sample: 4711
    held_by:
      description:
        - The listeners of other runs that use some of the ports, as they describe themselves. The other fields are then
          missing.
      returned: if that is the case
      type: list
      elements: dict
    hung:
      description: V(true) if the listener did not respond and was killed. The other fields are then missing.
      returned: if that is the case
      type: bool
    name:
      description: The O(name) of the listener.
      returned: if the listener responded
      type: str
      sample: worker-1
    lifetime:
      description: The O(lifetime) that the listener was started with.
      returned: if the listener responded
      type: int
      sample: 120
    quiet:
      description: The O(quiet) that the listener was started with.
      returned: if the listener responded
      type: int
      sample: 135
    run:
      description: The O(run) that the listener was started with.
      returned: if the listener responded
      type: dict
    since:
      description: When the listener was started, in seconds since the epoch.
      returned: if the listener responded
      type: float
      sample: 1700000000.25
    silent_for:
      description: How many seconds ago its run was last active.
      returned: if the listener was already running
      type: float
      sample: 0.5
    ends_in:
      description: In how many seconds the listener ends if its run is not active again. V(null) if it does not end
        because of inactivity.
      returned: if the listener was already running
      type: float
      sample: 134.5
    proven:
      description: How many probes the listener has answered over TCP and over UDP.
      returned: if the listener was already running
      type: dict
      sample: {"tcp": 5620, "udp": 5540}
    places:
      description: One entry for each entry of O(listen), in the same order.
      returned: if the listener responded
      type: list
      elements: dict
      contains:
        address:
          description: The address.
          returned: always
          type: str
          sample: 192.0.2.11
        tcp:
          description: The results for the TCP ports.
          returned: always
          type: dict
          contains:
            bound:
              description: Ports and port ranges on which the process listens.
              returned: always
              type: list
              elements: str
              sample: ["6443", "30000-32767"]
            occupied:
              description:
                - Ports that are in use. Each entry has the C(ports), the C(process) that uses them, its C(pid) and
                  C(user), and the C(address) and the C(state) of the socket.
                - The process is V(null) if it is not visible to this user, or if the kernel itself uses the port.
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
                - Processes that use these ports on other addresses of the host, with the same fields as
                  RV(ignore:occupied). They would keep a program from listening on all addresses. Empty if the address
                  is a loopback address.
              returned: always
              type: list
              elements: dict
            failed:
              description: Ports that are not available for another reason, grouped by reason.
              returned: always
              type: list
              elements: dict
              sample:
                - ports: ["443"]
                  reason: Permission denied
        udp:
          description: The results for the UDP ports, with the same fields as RV(ignore:tcp).
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
        problems.append("name: is required to start a listener")
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
        problems.append(f"quiet: must be greater than 0, not {params['quiet']}")
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
