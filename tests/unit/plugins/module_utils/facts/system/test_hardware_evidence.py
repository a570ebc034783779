# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import hardware_evidence


def test_the_hardware_of_this_machine_is_described():
    found = hardware_evidence.hardware_evidence()
    assert found["machine"] == os.uname().machine and found["cpus"] >= 1 and found["memory"] > 2**28
