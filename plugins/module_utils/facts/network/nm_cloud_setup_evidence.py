# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nm-cloud-setup on this host: its units, and its routing rules.

It adds a rule for each address that the cloud knows of, with priorities from 30200 on, and these catch the packets of
pods, too.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

UNITS = ("nm-cloud-setup.service", "nm-cloud-setup.timer")
PRIORITIES = range(30200, 30500)
RULE = re.compile(r"(?m)^(\d+):")


def rules_of_cloud_setup(text):
    """Return the priorities of its rules from the text of `ip rule show`, sorted, each as often as it is there."""
    return sorted(int(number) for number in RULE.findall(text) if int(number) in PRIORITIES)


def cloud_setup_evidence():
    """Return the cloud_setup section of host_info."""
    return {
        "units": systemd_units.read_units(UNITS),
        "rules": rules_of_cloud_setup(run_text(["ip", "-4", "rule", "show"])),
    }
