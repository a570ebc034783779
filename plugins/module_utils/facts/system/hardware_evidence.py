# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hardware of this host."""

import os
import platform
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact


def hardware_evidence():
    """Return `{machine, cpus, memory, product}`: memory in bytes, product from the firmware, or None."""
    match = re.search(r"^MemTotal:\s+(\d+) kB$", read_text("/proc/meminfo"), re.MULTILINE)
    if not match:
        raise Unreadable("/proc/meminfo: no MemTotal")
    return {
        "machine": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": int(match.group(1)) * 1024,
        "product": _firmware("product_name"),
    }


def _firmware(name):
    try:
        return (read_text_or_none("/sys/class/dmi/id/" + name, 4096) or "").strip() or None
    except Unreadable:
        return None


FACTS = (
    Fact(
        "system",
        "hardware",
        lambda reading: hardware_evidence(),
        """
        description: The architecture, the number of processors, the memory in bytes, and the
          RV(ignore:product) name in the firmware, or V(null) if it has none.
        type: dict
        sample:
          cpus: 4
          machine: x86_64
          memory: 16656302080
          product: VMware Virtual Platform
        """,
    ),
)
