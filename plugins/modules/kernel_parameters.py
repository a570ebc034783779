#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: kernel_parameters
short_description: Set kernel parameters of the running kernel, in one call
version_added: 1.0.0
description:
  - Writes values to C(/proc/sys) where the kernel has a different value, and reads them back to verify them.
  - The values do not survive a reboot. To make them persistent, write them to a file in C(sysctl.d).
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  values:
    description: The names and values of the parameters, written as in a C(sysctl.d) file.
    type: dict
    required: true
  optional:
    description:
      - Names in O(values) that the kernel may refuse, for example because they are read-only in a container. The module
        only warns about these. If the kernel refuses any other parameter, the module fails after it has tried all of
        them.
    type: list
    elements: str
    default: []
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Set packet forwarding, and the number of watches where the kernel has it
  hostprep.runtime_fabric.kernel_parameters:
    values:
      net.ipv4.ip_forward: "1"
      fs.inotify.max_user_watches: "1048576"
    optional: [fs.inotify.max_user_watches]
"""

RETURN = r"""
before:
  description: The values before the module ran. V(null) if the kernel has no such parameter.
  returned: success
  type: dict
  sample:
    net.ipv4.ip_forward: "0"
after:
  description: The values after the module ran. In check mode, the values as they would be.
  returned: success
  type: dict
  sample:
    net.ipv4.ip_forward: "1"
refused:
  description: The parameters that the kernel refused, each with the reason. Empty in check mode, because nothing is
    written.
  returned: always
  type: dict
  sample:
    fs.inotify.max_user_watches: Read-only file system
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import sysctl_write


def main():
    module = AnsibleModule(
        argument_spec={
            "values": {"type": "dict", "required": True},
            "optional": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    wanted = sysctl_write.normal(module.params["values"])
    before = sysctl_write.read(wanted)
    refused = {}
    if not module.check_mode:
        refused = sysctl_write.write({name: value for name, value in wanted.items() if before[name] != value})
    after = wanted if module.check_mode else sysctl_write.read(wanted)
    result = {
        "changed": after != before,
        "before": before,
        "after": after,
        "refused": refused,
        "diff": {"before": sysctl_write.text(before), "after": sysctl_write.text(after)},
    }
    fatal = sorted(set(refused) - set(module.params["optional"]))
    if fatal:
        reasons = (f"{name} = {wanted[name]}: {refused[name]}" for name in fatal)
        module.fail_json(msg="the kernel refuses " + "; ".join(reasons), **result)
    for name in sorted(refused):
        module.warn(f"the kernel refuses {name} = {wanted[name]}: {refused[name]}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
