# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operating system of this host."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import os_release
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    read_noting,
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
)
