# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Could the node be worked on at all?"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import FAIL, PASS, Finding, part

EXPECTED = "a shell over SSH that can become root"


def shell(subject, evidence):
    """The vendor's installer needs a root shell on every node; so did the collection of the evidence."""
    if part(evidence, "host")["privileged"]:
        return Finding(PASS, EXPECTED, "connected, root")
    return Finding(
        FAIL,
        EXPECTED,
        "connected, but not as root",
        f"Let the user that Ansible connects with become root on {subject.node}, and run with become: true.",
    )


def preparation(subject, evidence):
    """A role that stopped halfway: the other checks may still find everything in order."""
    stopped = part(evidence, "preparation_failure")
    return Finding(
        FAIL,
        "every task of the preparation ended",
        f"stopped at '{stopped['task']}': {stopped['message']}",
        f"Mend what the message names on {subject.node} and run the playbook again.",
        stopped,
    )


CHECKS = {
    "access.preparation": preparation,
    "access.shell": shell,
}
