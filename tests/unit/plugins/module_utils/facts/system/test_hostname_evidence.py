# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import hostname_evidence


def test_the_name_of_this_machine_is_its_own():
    assert hostname_evidence.hostname_evidence()["name"] == os.uname().nodename
