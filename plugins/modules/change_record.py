#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: change_record
short_description: Record the state of a host before a change
version_added: 1.0.0
description:
  - Records the values that a role is about to replace, in a file that only root can read, so that they can be restored.
  - The first value counts. A later run adds what is missing and never overwrites a value.
  - Without O(values) it only reads.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  name:
    description: Name of the record, usually that of the role.
    type: str
    required: true
  values:
    description:
      - The values to record. Dictionaries are merged key by key, at every level, and lists entry by entry; any other value
        that is recorded already stays as it is.
    type: dict
    default: {}
  state:
    description: V(absent) removes the record; RV(remembered) then holds its former content.
    type: str
    choices: [present, absent]
    default: present
  directory:
    description: The directory of the records. It is created when it is missing, readable by its owner only.
    type: path
    default: /var/lib/hostprep-runtime-fabric
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Record that forwarding was off
  hostprep.runtime_fabric.change_record:
    name: my_role
    values:
      sysctls:
        net.ipv4.ip_forward: "0"

- name: Inspect what was recorded
  hostprep.runtime_fabric.change_record:
    name: my_role
  register: before

- name: Record that everything is restored
  hostprep.runtime_fabric.change_record:
    name: my_role
    state: absent
"""

RETURN = r"""
remembered:
  description: Everything that is remembered; with O(state=absent), that was.
  returned: success
  type: dict
  sample:
    sysctls:
      net.ipv4.ip_forward: "0"
path:
  description: The file of the record.
  returned: success
  type: str
  sample: /var/lib/hostprep-runtime-fabric/my_role.json
"""

import re

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import change_records
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Untrusted


def run(parameters, check_mode):
    """Return the result; writes or removes the record unless in check mode. Raises Unreadable or OSError."""
    path = change_records.path_of(parameters["directory"], parameters["name"])
    known = change_records.load(path)
    absent = parameters["state"] == "absent"
    wanted = {} if absent else change_records.merged(known, parameters["values"])
    changed = change_records.leftovers(path) if absent else wanted != known
    if changed and not check_mode:
        if absent:
            change_records.forget(path)
        else:
            change_records.store(path, wanted)
    diff = {
        "before": change_records.text_of(known),
        "after": change_records.text_of(wanted),
        "before_header": path,
        "after_header": path,
    }
    return {"changed": changed, "remembered": known if absent else wanted, "path": path, "diff": diff}


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "values": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "directory": {"type": "path", "default": change_records.DIRECTORY},
        },
        supports_check_mode=True,
    )
    if not re.match(r"[A-Za-z0-9_-]+\Z", module.params["name"]):
        module.fail_json(
            msg="name: {!r} cannot name a record: letters, digits, _ and - only".format(module.params["name"])
        )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except (Unreadable, Untrusted, OSError) as problem:
        module.fail_json(msg=f"the record of changes: {problem}")


if __name__ == "__main__":
    main()
