# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.service_account: the uid and gid of the platform are free."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("host.service_account")
def service_account(subject: Subject, evidence: Evidence) -> Finding:
    """The platform runs as uid and gid 1000 by default, and changes the owner of its disks to them."""
    numbers = subject.installer["service_accounts"]
    accounts = part(evidence, "host", "system", "accounts")
    expected = f"uid and gid {', '.join(str(number) for number in numbers)} are free"
    taken = {number: accounts[str(number)] for number in numbers if any(accounts[str(number)].values())}
    if not taken:
        return Finding(PASS, expected, "free")
    observed = "; ".join(
        f"{kind[:1]}id {number} belongs to {entry[kind]}"
        for number, entry in taken.items()
        for kind in ("user", "group")
        if entry[kind]
    )
    remedy = (
        "Set RTF_SERVICE_UID and RTF_SERVICE_GID in /opt/anypoint/runtimefabric/env to unused ids; otherwise "
        f"{next(iter(taken.values()))['user'] or 'that group'} can read the platform's disks."
    )
    return Finding(FAIL, expected, observed, remedy, taken)
