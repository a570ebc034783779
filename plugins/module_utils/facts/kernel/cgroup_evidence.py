# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control groups of this host: of version 1, of version 2, or of both."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

# Options of a mount that name no controller.
_FLAGS = {"rw", "ro", "nosuid", "nodev", "noexec", "relatime", "seclabel", "xattr", "clone_children"}


def cgroup_evidence():
    """Return `{"controllers": [...], "unified": bool}`: those of version 1 that are mounted, and whether version 2 is."""
    return parse_cgroups(read_text("/proc/self/mounts"))


def parse_cgroups(text):
    """As cgroup_evidence, of the text of /proc/mounts."""
    controllers, unified = set(), False
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4:
            continue
        unified = unified or fields[2] == "cgroup2"
        if fields[2] == "cgroup":
            controllers.update(option for option in fields[3].split(",") if not option.startswith("name="))
    return {"controllers": sorted(controllers - _FLAGS), "unified": unified}


FACTS = (
    Fact(
        "system",
        "cgroups",
        lambda reading: cgroup_evidence(),
        """
        description: The mounted cgroup v1 controllers, and whether cgroup v2 is mounted
          (RV(ignore:unified)).
        type: dict
        sample:
          controllers: [cpu, cpuacct, cpuset, memory]
          unified: false
        """,
    ),
)
