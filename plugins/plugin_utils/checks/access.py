# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""access.*: can Ansible work on the node as root, and did the preparation finish?"""

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

EXPECTED = "a shell over SSH that can become root"
# What ssh says where the node itself refuses; silence, a lost connection or an unknown host key decides nothing.
_CLOSED = re.compile(r"connection refused", re.IGNORECASE)
_NO_LOGIN = re.compile(
    r"permission denied \(|too many authentication failures|no more authentication methods", re.IGNORECASE
)
# ssh to the node ended because ssh to a jump host did, and what the node would say is not known; unless it is the jump
# host that says that the node refused.
_JUMP_HOST, _BEHIND_IT = "UNKNOWN port 65535", "open failed: connect failed"
# What Ansible says when the user that it connects with may not become root like that, and what sudo says.
_NO_ROOT = re.compile(
    r"(missing|incorrect) \w+ password|no become password|a password is required|not in the sudoers file|not allowed to (run|execute)",
    re.IGNORECASE,
)
BECOME = (
    "Provide the become password of the Ansible user: run with --ask-become-pass, or set ansible_become_password in "
    "a vault."
)


@check("access.shell")
def shell(subject: Subject, evidence: Evidence) -> Finding:
    """The vendor's installer needs a root shell on every node; so did the collection of the evidence.

    A refusal by the node itself is a failure; anything else is unknown. evidence: may be `{"unreachable": why}`.
    """
    if "unreachable" in evidence:
        return _unreachable(subject, evidence["unreachable"])
    try:
        privileged = part(evidence, "host")["privileged"]
    except NoEvidence as reason:
        if not is_no_root(str(reason)):
            raise
        return Finding(FAIL, EXPECTED, f"connected, but not as root: {reason}", BECOME)
    if privileged:
        return Finding(PASS, EXPECTED, "connected, root")
    return Finding(
        FAIL,
        EXPECTED,
        "connected, but not as root",
        f"Allow the Ansible user to become root on {subject.node}, and run with become: true.",
    )


def is_no_root(reason: str) -> bool:
    """Whether a reason of Ansible's says that the user may not become root."""
    return _NO_ROOT.search(reason) is not None


def _unreachable(subject: Subject, reason: str) -> Finding:
    of_the_node = _JUMP_HOST not in reason or _BEHIND_IT in reason
    if _CLOSED.search(reason) and of_the_node:
        remedy = (
            f"Start sshd on {subject.node} (`systemctl enable --now sshd`, or ssh on Debian and Ubuntu), or allow "
            "SSH from the control node in the firewall; if sshd uses another port, set ansible_port."
        )
        return Finding(FAIL, EXPECTED, f"refused: {reason}", remedy)
    if _NO_LOGIN.search(reason) and of_the_node:
        remedy = f"Allow the Ansible user to log in on {subject.node}: check ansible_user and its key or password."
        return Finding(FAIL, EXPECTED, f"refused: {reason}", remedy)
    raise NoEvidence(f"unreachable: {reason}")


@check("access.preparation")
def preparation(subject: Subject, evidence: Evidence) -> Finding:
    """A role stopped halfway; the other checks may still pass."""
    stopped = part(evidence, "preparation_failure")
    return Finding(
        FAIL,
        "every task of the preparation succeeded",
        f"stopped at '{stopped['task']}': {stopped['message']}",
        f"Fix what the message reports on {subject.node}, then run the playbook again.",
        stopped,
    )
