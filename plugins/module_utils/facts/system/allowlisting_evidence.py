# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether fapolicyd keeps programs from running that are not on its list."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_text_or_none
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact


def allowlisting_evidence():
    """Return `{"permissive": bool or None}` of fapolicyd; None where it is not installed."""
    text = read_text_or_none("/etc/fapolicyd/fapolicyd.conf")
    if text is None:
        return {"permissive": None}
    values = dict(line.replace(" ", "").split("=", 1) for line in text.splitlines() if "=" in line)
    return {"permissive": values.get("permissive", "0") == "1"}


FACTS = (
    Fact(
        "system",
        "allowlisting",
        lambda reading: allowlisting_evidence(),
        """
        description: Whether fapolicyd is RV(ignore:permissive). V(null) if it is not installed.
        type: dict
        sample:
          permissive: null
        """,
    ),
)
