#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: whole_files
short_description: Write whole configuration files, or remove them, in one call
version_added: 1.0.0
description:
  - Writes complete files, owned by root. Use it for files that belong to a single program or role.
  - Each file is replaced atomically. Temporary files that a killed run left behind are removed.
  - The module fails if a user other than root owns or can replace the file, or a directory or link above it, because
    that user could make root write to any other file. It also fails if a file is larger than 1 MiB.
  - The managed host needs only Python 3.6 or newer.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  files:
    description: The files to manage, in the order in which they are written.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The path of the file.
        type: path
        required: true
      state:
        description: V(present) writes the file. V(absent) removes it.
        type: str
        choices: [present, absent]
        default: present
      content:
        description: The complete content of the file. By default, the file is empty.
        type: str
        default: ""
      mode:
        description: The mode of the file, as a quoted octal number.
        type: str
        default: "0644"
  record:
    description: Values to record before the first file is written, in the same way as
      M(hostprep.runtime_fabric.change_record) records them. Without it, nothing is recorded.
    type: dict
    suboptions:
      name:
        description: The name of the record.
        type: str
        required: true
      values:
        description: The values to record.
        type: dict
        required: true
      directory:
        description: The directory of the records.
        type: path
        default: /var/lib/hostprep-runtime-fabric
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
seealso:
  - module: ansible.builtin.copy
  - module: hostprep.runtime_fabric.managed_blocks
  - module: hostprep.runtime_fabric.change_record
"""

EXAMPLES = r"""
- name: Configure a kernel module and a parameter for boot
  hostprep.runtime_fabric.whole_files:
    files:
      - path: /etc/modules-load.d/site.conf
        content: |
          br_netfilter
      - path: /etc/sysctl.d/site.conf
        content: |
          net.ipv4.ip_forward = 1
"""

RETURN = r"""
files:
  description: The files, in the order of O(files). C(changed) is whether the file changed.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /etc/sysctl.d/site.conf
      changed: true
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import change_records, managed_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Untrusted

FILE = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "content": {"type": "str", "default": ""},
    "mode": {"type": "str", "default": "0644"},
}


RECORD = {
    "name": {"type": "str", "required": True},
    "values": {"type": "dict", "required": True},
    "directory": {"type": "path", "default": change_records.DIRECTORY},
}


def recorded(record, check_mode):
    """Add values to a record unless in check mode; return the diffs of what changed."""
    path = change_records.path_of(record["directory"], record["name"])
    known, wanted = change_records.added(path, record["values"], check_mode)
    return [change_records.diff(path, known, wanted)] if wanted != known else []


def main():
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "required": True, "options": FILE},
            "record": {"type": "dict", "options": RECORD},
        },
        supports_check_mode=True,
    )
    diffs = []
    try:
        wanted = [managed_files.plan_whole(entry) for entry in module.params["files"]]
        if module.params["record"]:
            diffs = recorded(module.params["record"], module.check_mode)
        if not module.check_mode:
            for one in wanted:
                if one.changed:
                    managed_files.carry_out(one)
    except managed_files.Refused as problem:
        module.fail_json(msg=str(problem))
    except (ValueError, Unreadable, Untrusted, OSError) as problem:
        module.fail_json(msg=f"the record of changes: {problem}")
    files = []
    for one in wanted:
        changed = one.changed
        if one.new_text is not None and (one.text is not None or not module.check_mode):
            changed = module.set_group_if_different(one.path, "root", changed)
            changed = module.set_default_selinux_context(one.path, changed)
        files.append({"path": one.path, "changed": changed})
    module.exit_json(
        changed=bool(diffs) or any(entry["changed"] for entry in files),
        files=files,
        diff=diffs + [one.diff() for one in wanted if one.changed],
    )


if __name__ == "__main__":
    main()
