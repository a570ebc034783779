# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operating system and the hardware of this host."""

import os
import platform
import re
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import os_release
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    noted,
    read_noting,
    read_text,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact


def os_of(values):
    """Return `{id, id_like, version, name}` from os-release; id_like is a list, the rest text or None."""
    return {
        "id": values.get("ID", "linux"),
        "id_like": values.get("ID_LIKE", "").split(),
        "version": values.get("VERSION_ID"),
        "name": values.get("PRETTY_NAME"),
    }


def os_evidence():
    """Return the fields of os-release; the version of CentOS is read from its own file, which has the minor version."""
    found = os_of(os_release.read_values())
    if found["id"] == "centos":
        match = re.search(r"release (\d+\.\d+)", read_noting("/etc/centos-release", []) or "")
        if match:
            found["version"] = match.group(1)
    return found


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


def hostname_evidence():
    """Return `{name, static, unreadable, dangling}`: the name in use, and the one that /etc/hostname sets at boot, or None."""
    problems = []
    lines = [line.strip() for line in (read_noting("/etc/hostname", problems) or "").splitlines()]
    return dict(
        noted(problems),
        name=socket.gethostname(),
        static=next((line for line in lines if line and not line.startswith("#")), None),
    )


FACTS = (
    Fact(
        "system",
        "os",
        lambda reading: os_evidence(),
        """
        description: The fields of C(/etc/os-release). On CentOS, the version is taken from
          C(/etc/centos-release).
        type: dict
        sample:
          id: rhel
          id_like: [fedora]
          name: Red Hat Enterprise Linux Server 7.7 (Maipo)
          version: "7.7"
        """,
    ),
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
    Fact(
        "system",
        "hostname",
        lambda reading: hostname_evidence(),
        """
        description: The current host RV(ignore:name), and the RV(ignore:static) host name that
          C(/etc/hostname) sets at boot, or V(null) if there is none.
        type: dict
        sample:
          name: worker-1
          static: worker-1
          unreadable: []
          dangling: []
        """,
    ),
)
