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
  - Writes values to C(/proc/sys), only where the kernel has another one, and verifies them by reading them back.
  - The values do not survive a reboot; files in C(sysctl.d) are for that.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  values:
    description: Names and values, both as in a file of C(sysctl.d).
    type: dict
    required: true
  optional:
    description:
      - Names in O(values) that the kernel may refuse, for example because a container has them read-only. That is a
        warning. Any other refusal makes the module fail, after all parameters were tried.
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
  description: The values before, V(null) where the kernel has no such parameter.
  returned: success
  type: dict
  sample:
    net.ipv4.ip_forward: "0"
after:
  description: The values after; in check mode, as they would be.
  returned: success
  type: dict
  sample:
    net.ipv4.ip_forward: "1"
refused:
  description: Why the kernel refused a parameter, by its name. In check mode nothing is tried and nothing refused.
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
