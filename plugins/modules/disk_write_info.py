#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: disk_write_info
short_description: Measure how fast a host writes to its filesystems
version_added: 1.0.0
description:
  - Writes to a temporary file in each directory, first sequentially, and then in small entries. Each entry must be on
    the disk before the next one is written, as in the log of a database such as etcd.
  - The file has no name, so nothing is left behind even if the module is killed. It never uses more than a tenth of the
    free space. The module never writes to a device directly.
  - If several directories are on the same filesystem, only one of them is measured, and its result is returned for all
    of them. Network filesystems are not written to, because they may hang.
  - If a filesystem is full, read-only or missing, the module reports that as a result, and the task does not fail.
  - A disk that is in use is slower during the measurement. The module also measures in check mode.
  - The managed host needs only Python 3.6 or newer.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  directories:
    description:
      - Absolute paths of the directories to write to. If a directory does not exist, its nearest existing parent
        directory is used.
    type: list
    elements: path
    required: true
  megabytes:
    description:
      - How many megabytes (1000000 bytes) to write sequentially at most.
    type: float
    default: 100.0
  writes:
    description:
      - How many small entries to write at most. Each of them has 2300 bytes.
    type: int
    default: 500
  seconds:
    description:
      - How many seconds each of the two kinds of writes may take. Data that is already written by then, at most 8
        megabytes, is still flushed to the disk.
    type: float
    default: 5.0
seealso:
  - module: hostprep.runtime_fabric.host_info
"""

EXAMPLES = r"""
- name: Measure the disks of a database
  hostprep.runtime_fabric.disk_write_info:
    directories:
      - /var/lib/etcd
  become: true
  register: disks
"""

RETURN = r"""
directories:
  description: The measurements of each directory, in the order of O(directories).
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The directory, as given in O(directories).
      returned: always
      type: str
      sample: /var/lib/etcd
    directory:
      description: The nearest existing directory, to which the file was written. V(null) if the path was not examined.
      returned: always
      type: str
      sample: /var/lib
    mount:
      description: Where the filesystem is mounted. V(null) if the path was not examined.
      returned: always
      type: str
      sample: /
    type:
      description: The type of the filesystem. V(null) if the path was not examined.
      returned: always
      type: str
      sample: xfs
    verdict:
      description:
        - V(measured), or why the filesystem was not measured - V(no_space), V(read_only), V(denied), V(remote) for a
          network filesystem, or V(failed).
      returned: always
      type: str
      sample: measured
    detail:
      description: One sentence that gives the reason, or V(null) if the verdict is V(measured).
      returned: always
      type: str
    bytes:
      description: How many bytes were written sequentially.
      returned: always
      type: int
      sample: 100000000
    megabytes_per_second:
      description: The speed of the sequential write in megabytes (1000000 bytes) per second. V(null) if nothing was
        measured.
      returned: always
      type: float
      sample: 212.4
    small_writes:
      description: How long the small writes took. V(null) if nothing was measured.
      returned: always
      type: dict
      contains:
        count:
          description: The number of small writes.
          returned: success
          type: int
          sample: 500
        p50_ms:
          description: The time in milliseconds within which half of them were on the disk.
          returned: success
          type: float
          sample: 1.204
        p99_ms:
          description: The time in milliseconds within which 99 percent of them were on the disk.
          returned: success
          type: float
          sample: 4.71
        max_ms:
          description: The time in milliseconds that the slowest of them took.
          returned: success
          type: float
          sample: 9.3
        per_second:
          description: How many small writes per second reached the disk, one after another.
          returned: success
          type: float
          sample: 690.1
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files, numeric_arguments
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage import (
    disk_write_speed,
    mount_evidence,
)

LIMITS = {"megabytes": 10000, "writes": 100000, "seconds": 600}


def argument_spec():
    return {
        "directories": {"type": "list", "elements": "path", "required": True},
        "megabytes": {"type": "float", "default": 100.0},
        "writes": {"type": "int", "default": 500},
        "seconds": {"type": "float", "default": 5.0},
    }


def problems_of(params):
    """Return sentences that begin with the option."""
    return numeric_arguments.bad_numbers(params, LIMITS) + [
        f"directories: {path!r} is not an absolute path"
        for path in params["directories"]
        if not path.startswith("/") or "\0" in path
    ]


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    problems = problems_of(params)
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        mounts = mount_evidence.read_mounts()
    except host_files.Unreadable as problem:
        module.fail_json(msg=str(problem))
    found = disk_write_speed.measure_all(
        params["directories"], params["megabytes"], params["writes"], params["seconds"], mounts
    )
    module.exit_json(changed=False, directories=found)


if __name__ == "__main__":
    main()
