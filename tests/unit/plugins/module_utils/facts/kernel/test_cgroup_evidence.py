# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import cgroup_evidence


@pytest.mark.parametrize(
    "text, controllers, unified",
    [
        ("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n", [], True),
        (
            "tmpfs /sys/fs/cgroup tmpfs ro 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0\n"
            "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
            ["cpu", "cpuacct"],
            True,
        ),
        ("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n", ["memory"], False),
        ("junk\n", [], False),
    ],
)
def test_control_groups_of_both_versions(text, controllers, unified):
    assert cgroup_evidence.parse_cgroups(text) == {"controllers": controllers, "unified": unified}
