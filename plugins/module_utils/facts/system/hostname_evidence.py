# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of this host, now and after the next boot."""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import noted, read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact


def hostname_evidence():
    """Return `{name, static, unreadable, dangling}`: the name in use, and the one that /etc/hostname sets at boot, or None."""
    problems = []
    lines = [line.strip() for line in (read_noting("/etc/hostname", problems) or "").splitlines()]
    return dict(
        noted(problems),
        name=socket.gethostname(),
        static=next((line for line in lines if line and not line.startswith("#")), None),
    )


FACTS = (
    Fact(
        "system",
        "hostname",
        lambda reading: hostname_evidence(),
        """
        description: The current host RV(ignore:name), and the RV(ignore:static) host name that
          C(/etc/hostname) sets at boot, or V(null) if there is none.
        type: dict
        sample:
          name: worker-1
          static: worker-1
          unreadable: []
          dangling: []
        """,
    ),
)
