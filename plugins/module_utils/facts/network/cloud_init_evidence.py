# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether cloud-init writes the configuration of the network, from all its files and the kernel's command line.

Files of cloud.cfg.d are merged over cloud.cfg in the order of their names, key by key; only *.cfg count. The kernel's command
line can disable cloud-init, or its part for the network.
"""

import glob
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_text_or_none
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

OWN, FURTHER = "/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg"
SWITCHES = ("/etc/cloud/cloud-init.disabled", "/run/cloud-init/disabled")
COMMAND_LINE = "/proc/cmdline"


def configured(text):
    """Return the value of `config` below the top-level key `network` of a file, "" where it is not set there."""
    lines = [re.sub(r"(^|\s)#.*", "", line).rstrip() for line in text.splitlines()]
    inside, found = False, ""
    for line in lines:
        if line and not line[0].isspace():
            inside = re.match(r"[\"']?network[\"']?\s*:", line) is not None
            value = re.search(r"\{.*?\bconfig[\"']?\s*:\s*[\"']?([\w-]+)", line) if inside else None
        else:
            value = re.match(r"\s+[\"']?config[\"']?\s*:\s*[\"']?([\w-]+)", line) if inside else None
        found = value.group(1) if value else found
    return found


def cloud_init_evidence(root="/"):
    """Return `{installed, disabled, network}`: network is whether cloud-init writes the network's configuration."""
    installed = os.path.exists(_below(root, OWN))
    values = [configured(read_text_or_none(path) or "") for path in [_below(root, OWN)] + _further(root)]
    words = (read_text_or_none(_below(root, COMMAND_LINE)) or "").split()
    values += [word.partition("=")[2] for word in words if word.startswith("network-config=")]
    decided = [value for value in values if value]
    return {
        "installed": installed,
        "disabled": "cloud-init=disabled" in words or any(os.path.exists(_below(root, path)) for path in SWITCHES),
        "network": installed and decided[-1:] != ["disabled"],
    }


def _further(root):
    return sorted(glob.glob(_below(root, FURTHER)), key=os.path.basename)


def _below(root, path):
    return os.path.join(root, path.lstrip("/"))


FACTS = (
    Fact(
        "system",
        "cloud_init",
        lambda reading: cloud_init_evidence(),
        """
        description: Whether cloud-init is installed, whether it is disabled, and whether it writes the
          RV(ignore:network) configuration.
        type: dict
        sample:
          disabled: false
          installed: false
          network: false
        """,
    ),
)
