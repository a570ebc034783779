# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that probes or measures says in its name how long it takes at most.

With Ansible's default output the name is all that a reader sees while the task is running.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

OURS = "hostprep.runtime_fabric."
LONG = (
    "bandwidth_info",
    "disk_write_info",
    "download_info",
    "egress_info",
    "link_info",
    "load_balancer_info",
    "port_listener",
    "port_probe_info",
)
FILES = [str(path.relative_to(checkout.CHECKOUT)) for path in sorted(checkout.CHECKOUT.glob("roles/*/tasks/*.yml"))]


def tasks_in(entries):
    for entry in entries:
        blocks = [task for part in ("block", "rescue", "always") for task in entry.get(part, ())]
        yield from tasks_in(blocks) if blocks else [entry]


def takes_long(task):
    waits = (task.get(f"{OURS}plan_changes") or {}).get("wait")
    return bool(waits) or any(OURS + name in task for name in LONG)


@pytest.mark.parametrize("file", FILES)
def test_the_name_of_a_long_task_says_its_limit(file):
    names = [task["name"] for task in tasks_in(checkout.read_yaml(file)) if takes_long(task)]
    assert [name for name in names if " for at most " not in " ".join(name.split())] == []


def test_there_are_long_tasks():
    found = [task for file in FILES for task in tasks_in(checkout.read_yaml(file)) if takes_long(task)]
    assert len(found) >= len(LONG)
