# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site whose own unit is started after ours flushes everything, and ours is loaded again."""

import time

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

LATE = (
    "systemctl stop nftables && systemctl start runtime-fabric-firewall && nft list tables && systemctl start nftables"
)
HOLDS = "nft list table inet runtime_fabric && nft list chain inet filter input | grep -q 'comment \"runtime_fabric\"'"


def test_rules_hold_when_the_unit_of_the_site_is_started_after_ours():
    lab = Lab.named()
    assert lab.exec("worker-2", "ls", "/etc/nftables.d", check=False).stdout == b""
    assert lab.exec("worker-2", "sh", "-ec", LATE).stdout.decode().split() == ["table", "inet", "runtime_fabric"]
    deadline = time.monotonic() + 60
    while lab.exec("worker-2", "sh", "-c", HOLDS, check=False).returncode != 0:
        assert time.monotonic() < deadline, "our rules are gone"
        time.sleep(1)
