# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import account_evidence


def test_accounts_are_looked_up_by_number():
    assert account_evidence.account_evidence([0, 4000000000]) == {
        "0": {"user": "root", "group": "root"},
        "4000000000": {"user": None, "group": None},
    }
