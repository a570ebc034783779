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
  - Saves the values that a role is about to replace in a file that only root can read, so that they can be restored
    later.
  - The first recorded value is kept. A later run adds values that are missing, and never overwrites one.
  - Without O(values) and O(apt_installs), it only reads the record.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  name:
    description: The name of the record, usually the name of the role.
    type: str
    required: true
  values:
    description:
      - The values to record. Dictionaries are merged key by key, at every level, and lists entry by entry. Any other
        value that has already been recorded stays as it is.
    type: dict
    default: {}
  apt_installs:
    description:
      - The packages that M(ansible.builtin.apt) is about to install. The packages that this adds and removes are
        recorded in addition to O(values), as C(packages_added) and C(packages_removed).
      - They are recorded only if the host's package lists were updated within the last hour, and apt can install the
        packages according to these lists. Otherwise RV(simulated) is V(false), and nothing is recorded.
    type: dict
    suboptions:
      packages:
        description: The names of the packages.
        type: list
        elements: str
        required: true
      recommends:
        description: Whether recommended packages are installed as well.
        type: bool
        required: true
  state:
    description: V(present) creates or extends the record. V(absent) removes it, and RV(remembered) then holds its
      former content.
    type: str
    choices: [present, absent]
    default: present
  directory:
    description: The directory of the records. If it does not exist, it is created, readable by its owner only.
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

- name: Record what the installation of chrony is about to add and to remove
  hostprep.runtime_fabric.change_record:
    name: my_role
    apt_installs:
      packages: [chrony]
      recommends: false
  register: recorded

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
  description: Everything that is recorded, or with O(state=absent), everything that was.
  returned: success
  type: dict
  sample:
    sysctls:
      net.ipv4.ip_forward: "0"
simulated:
  description: Whether apt could tell, from recent package lists, which packages the installation adds and removes.
  returned: success, with O(apt_installs)
  type: bool
path:
  description: The path of the record.
  returned: success
  type: str
  sample: /var/lib/hostprep-runtime-fabric/my_role.json
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import (
    apt_simulation,
    change_records,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Untrusted

INSTALLATION = {
    "packages": {"type": "list", "elements": "str", "required": True},
    "recommends": {"type": "bool", "required": True},
}


def run(parameters, check_mode):
    """Return the result; writes or removes the record unless in check mode. Raises ValueError, Unreadable, Untrusted or OSError."""
    path = change_records.path_of(parameters["directory"], parameters["name"])
    values, simulated = parameters["values"], {}
    if parameters["state"] == "absent":
        known, wanted, changed = change_records.load(path), {}, change_records.leftovers(path)
        if changed and not check_mode:
            change_records.forget(path)
    else:
        if parameters["apt_installs"]:
            packages = apt_simulation.simulated(**parameters["apt_installs"])
            simulated = {"simulated": packages is not None}
            values = {} if packages is None else dict(values, **packages)
        known, wanted = change_records.added(path, values, check_mode)
        changed = wanted != known
    remembered = known if parameters["state"] == "absent" else wanted
    return dict(
        simulated, changed=changed, remembered=remembered, path=path, diff=change_records.diff(path, known, wanted)
    )


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "values": {"type": "dict", "default": {}},
            "apt_installs": {"type": "dict", "options": INSTALLATION},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "directory": {"type": "path", "default": change_records.DIRECTORY},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except ValueError as problem:
        module.fail_json(msg=str(problem))
    except (Unreadable, Untrusted, OSError) as problem:
        module.fail_json(msg=f"the record of changes: {problem}")


if __name__ == "__main__":
    main()
