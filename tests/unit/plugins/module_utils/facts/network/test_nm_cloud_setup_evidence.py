# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of nm-cloud-setup among others, as `ip rule` prints them on a cloud's RHEL 8.6."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import nm_cloud_setup_evidence

RULES = """\
0:\tfrom all lookup local
30200:\tfrom 10.0.0.5 lookup 30200
30350:\tfrom all lookup main suppress_prefixlength 0
30400:\tfrom 10.0.0.5 lookup 30400
30500:\tfrom all lookup 7
32766:\tfrom all lookup main
32767:\tfrom all lookup default
"""


def test_only_its_own_rules_count():
    assert nm_cloud_setup_evidence.rules_of_cloud_setup(RULES) == [30200, 30350, 30400]
    assert nm_cloud_setup_evidence.rules_of_cloud_setup("") == []
