#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: disk_write_info
short_description: Measure the write speed of filesystems of this host
version_added: 1.0.0
description:
  - Writes to a temporary file in each directory, first sequentially, then small entries each of which has to be on the
    disk before the next one, like the log of a database such as etcd.
  - The file has no name, so that nothing stays behind even where the module is killed. Never more than a tenth of the
    free space is written, and never to a device itself.
  - Of directories on the same filesystem one is measured and stands for all of them. Filesystems of other hosts, which
    may hang, are not written to.
  - A filesystem that is full, read-only or missing is a result, not a failure of the task.
  - A disk that is in use becomes slower for that time. Measures in check mode, too.
  - Needs nothing on the host but Python 3.6 or newer.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  directories:
    description:
      - Absolute paths of directories to write in. Instead of one that is not there, the nearest existing directory
        above it is used.
    type: list
    elements: path
    required: true
  megabytes:
    description:
      - Megabytes (1000000 bytes) after which to stop the sequential write.
    type: float
    default: 100.0
  writes:
    description:
      - Small writes after which to stop. Each has 2300 bytes.
    type: int
    default: 500
  seconds:
    description:
      - Seconds after which to stop each of the two kinds of writes. Data that is already written is still flushed to the disk, 8
        megabytes at most.
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
      description: The directory from O(directories).
      returned: always
      type: str
      sample: /var/lib/etcd
    directory:
      description: The nearest existing directory, in which the file was written. V(null) where the path was not examined.
      returned: always
      type: str
      sample: /var/lib
    mount:
      description: Where the filesystem is mounted. V(null) where the path was not examined.
      returned: always
      type: str
      sample: /
    type:
      description: The type of the filesystem, likewise.
      returned: always
      type: str
      sample: xfs
    verdict:
      description:
        - V(measured), or why not, V(no_space), V(read_only), V(denied), V(remote) for a filesystem of
          another host, or V(failed).
      returned: always
      type: str
      sample: measured
    detail:
      description: One sentence on the reason of any other verdict, else V(null).
      returned: always
      type: str
    bytes:
      description: Bytes of the sequential write.
      returned: always
      type: int
      sample: 100000000
    megabytes_per_second:
      description: How many megabytes (1000000 bytes) of them a second reached the disk. V(null) where nothing was measured.
      returned: always
      type: float
      sample: 212.4
    small_writes:
      description: The durations of the small writes. V(null) where nothing was measured.
      returned: always
      type: dict
      contains:
        count:
          description: The number of small writes.
          returned: success
          type: int
          sample: 500
        p50_ms:
          description: Milliseconds within which half of them were on the disk.
          returned: success
          type: float
          sample: 1.204
        p99_ms:
          description: The same for 99 of 100.
          returned: success
          type: float
          sample: 4.71
        max_ms:
          description: The same for all.
          returned: success
          type: float
          sample: 9.3
        per_second:
          description: How many a second reached the disk, one after another.
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
