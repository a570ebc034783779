# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a role verifies time servers: which options the module egress_info gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.egress_probes import egress_probes

# Seconds to wait for one server, and for all of them.
TIMEOUT, DEADLINE = 3, 30


def options(servers: Sequence[Any]) -> dict[str, Any]:
    """Return the options. servers: entries of rtf_ntp_servers."""
    return {"endpoints": egress_probes([], servers), "timeout": TIMEOUT, "deadline": DEADLINE}
