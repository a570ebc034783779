#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: managed_blocks
short_description: Manage marked blocks, which may contain secrets, in several configuration files in one call
version_added: 1.0.0
description:
  - Writes a block of lines between two marker lines to each file, or removes the block. The rest of the file stays as
    it is.
  - The first marker records the former state of the file, so that V(absent) restores the file exactly, including its
    mode. If the file did not exist before, it is removed, together with the directories that were created for it if
    they are empty.
  - Secrets are passed in the option O(secrets), and replace C(@{name}) in the content. A file that contains a secret is
    at no time readable by anyone but its owner and group. Secrets do not appear in diffs, logs or results.
  - Symbolic links are followed if they belong to root. If two entries lead to the same file, the first entry is used.
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
    details:
      - Shows only the blocks. A line is shown in full only if it is in O(files[].content) without a placeholder for a
        secret. Of any other line, including the former content of a block, only the parts that cannot be a secret are
        shown. The module can tell these parts in assignments of proxy variables and C(NO_PROXY), and in lines of apt,
        systemd and chrony.
options:
  name:
    description: The name in the marker lines. Blocks with other names are left alone.
    type: str
    required: true
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
        description: V(present) writes the block to the file. V(absent) removes it.
        type: str
        choices: [present, absent]
        default: present
      content:
        description: The lines of the block. C(@{name}) is replaced with the secret of that name.
        type: str
        default: ""
      keep:
        description:
          - Existing lines of the block that begin with one of these strings are kept in addition to O(files[].content).
            They are kept with O(files[].state=absent), too.
        type: list
        elements: str
        default: []
      section:
        description: The section of an INI file at whose end to put the block. Without it, the block is put at the end
          of the file.
        type: str
      mode:
        description: The mode of a new file, as a quoted octal number. Existing files keep their mode.
        type: str
        default: "0644"
      create:
        description: Whether to create the file if it does not exist. If V(false), an entry whose file does not exist is
          skipped.
        type: bool
        default: true
      make_directories:
        description: Whether to create missing parent directories of the file. If V(false), an entry whose parent
          directory does not exist is skipped.
        type: bool
        default: true
  secrets:
    description: The secrets, by name. An empty secret counts as not set.
    type: dict
    default: {}
  reload_systemd:
    description: Whether to make systemd reload its configuration after the files are written, even if none of them
      changed.
    type: bool
    default: false
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
seealso:
  - module: ansible.builtin.blockinfile
"""

EXAMPLES = r"""
- name: Configure pip and login shells for a proxy that requires a password
  hostprep.runtime_fabric.managed_blocks:
    name: site proxy
    files:
      - path: /etc/pip.conf
        section: global
        content: proxy = http://build:@{proxy_password}@proxy.example.com:3128
      - path: /etc/profile.d/site-proxy.sh
        content: export http_proxy='http://build:@{proxy_password}@proxy.example.com:3128'
    secrets:
      proxy_password: "{{ vault_proxy_password | urlencode }}"

- name: Restore the files as they were
  hostprep.runtime_fabric.managed_blocks:
    name: site proxy
    files:
      - path: /etc/pip.conf
        state: absent
      - path: /etc/profile.d/site-proxy.sh
        state: absent
"""

RETURN = r"""
files:
  description: The files that were managed on this host, in the order of O(files). C(changed) is whether the file
    changed, and C(removed) is whether its block was removed.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /etc/pip.conf
      changed: true
      removed: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

RELOAD = ["systemctl", "daemon-reload"]
RELOAD_SECONDS = 90.0  # as long as systemctl itself waits for an answer, and more
FILE = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "content": {"type": "str", "default": ""},
    "keep": {"type": "list", "elements": "str", "default": []},
    "section": {"type": "str"},
    "mode": {"type": "str", "default": "0644"},
    "create": {"type": "bool", "default": True},
    "make_directories": {"type": "bool", "default": True},
}


def plans(entries, name, secrets):
    """Return the Plans of this host, one for each file."""
    found = {}
    for entry in entries:
        wanted = managed_files.plan(entry, name, secrets)
        if wanted is not None and wanted.path not in found:
            found[wanted.path] = wanted
    return list(found.values())


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "dict", "required": True, "options": FILE},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "reload_systemd": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    secrets = {name: str(secret) for name, secret in module.params["secrets"].items()}
    try:
        wanted = plans(module.params["files"], module.params["name"], secrets)
        changes = [one for one in wanted if one.changed]
        if not module.check_mode:
            for one in changes:
                managed_files.carry_out(one)
                if one.new_text is not None:
                    module.set_default_selinux_context(one.path, False)
            if module.params["reload_systemd"]:
                run_text(RELOAD, timeout=RELOAD_SECONDS)
    except (managed_files.Refused, Unreadable) as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(
        changed=bool(changes),
        files=[
            {"path": one.path, "changed": one.changed, "removed": bool(one.shown and not one.new_shown)}
            for one in wanted
        ],
        diff=[one.diff() for one in changes],
    )


if __name__ == "__main__":
    main()
