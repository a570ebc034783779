#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: managed_blocks
short_description: Manage marked blocks in several configuration files, secrets included, in one call
version_added: 1.0.0
description:
  - Writes a block of lines between two marker lines into each file, or removes it. The rest of a file stays as it is.
  - The first marker records the former state of the file, so that V(absent) restores the file exactly, with its mode. A file
    that did not exist is removed again, with the directories that were made for it if nothing else is in them.
  - Secrets are a separate option and written in the place of C(@{name}). A file that holds one is readable by its owner and
    group at most, from its first byte on. No secret appears in a diff, a log or a result.
  - Symbolic links are followed where root made them. Where two entries lead to the same file, the first one counts.
  - A path is refused where a user other than root owns, or can replace, the file or a directory or link above it,
    since that user could lead root to any other file. So is a file of more than 1 MiB.
  - Needs Python 3.6 or newer and its standard library on the host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows only the blocks. Of a line, only the part is shown that is in O(files[].content) without a place for a secret, or
        that is not a secret by the grammar of the line. The same applies to the former content of a block, whose secrets are
        not known any more. Known are assignments of proxies and NO_PROXY, and lines of apt, systemd and chrony.
options:
  name:
    description: The name in the markers. Blocks of other names are not touched.
    type: str
    required: true
  files:
    description: The files, in the order in which they are written.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The file.
        type: path
        required: true
      state:
        description: Whether the block is to be in the file.
        type: str
        choices: [present, absent]
        default: present
      content:
        description: The lines of the block. C(@{name}) is replaced by the secret of that name.
        type: str
        default: ""
      keep:
        description:
          - Lines of the block that begin with one of these texts stay, in addition to O(files[].content), and with
            V(absent), too.
        type: list
        elements: str
        default: []
      section:
        description: Put the block at the end of this section of an INI file, rather than at the end of the file.
        type: str
      mode:
        description: Mode of a new file, as an octal number in quotes. The mode of existing files is kept.
        type: str
        default: "0644"
      create:
        description: Whether to create the file where it is missing. V(false) leaves such a host alone.
        type: bool
        default: true
      make_directories:
        description: Whether to create missing directories above the file. V(false) leaves such a host alone.
        type: bool
        default: true
  secrets:
    description: Secrets by name. An empty one counts as none.
    type: dict
    default: {}
  reload_systemd:
    description: Whether systemd reads its configuration again when the files are written, also those that were as wanted.
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
  description: The files of this host, in the order of O(files), whether each one changed, and whether its block was removed.
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
