# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.hostname: valid, unique and permanent."""

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

HOSTNAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*\Z")


@check("host.hostname")
def hostname(subject: Subject, evidence: Evidence) -> Finding:
    """Kubernetes calls a node by its host name: unique, lower-case, and the same after the next boot."""
    found = part(evidence, "host", "system", "hostname")
    cluster = part(evidence, "cluster")
    expected = "a unique and permanent name of lower-case letters, digits and dashes"
    name = found["name"]
    twins = [node for node, entry in cluster.items() if node != subject.node and entry.get("hostname") == name]
    if not HOSTNAME.match(name) or name.split(".")[0] == "localhost":
        observed = f"{name} is not a valid node name"
    elif twins:
        observed = f"{name} is also the name of {', '.join(twins)}"
    elif found["static"] and found["static"] != name:
        observed = f"{name}, which becomes {found['static']} at the next boot"
    elif found["unreadable"]:
        return Finding(
            UNKNOWN,
            expected,
            f"{name}; {'; '.join(found['unreadable'])}",
            "Make /etc/hostname a regular file that root can read.",
            found,
        )
    else:
        return Finding(PASS, expected, "; ".join([name, *found["dangling"]]))
    return Finding(FAIL, expected, observed, _rename(subject), found)


def _rename(subject: Subject) -> str:
    """A node is registered in its cluster by its name."""
    joined = (
        f"The cluster identifies {subject.node} by its name: remove the node from the cluster, give it a unique "
        "name, and join it again."
    )
    if subject.phase == "operate":
        return joined
    return by_line(
        subject,
        appliance="`hostnamectl set-hostname NAME` with a unique name, before the installation.",
        self_managed=joined,
    )
