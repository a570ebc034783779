# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether units of systemd run on this host, and whether they start at boot."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.systemd_units import parse_units


def unit_evidence(names):
    """Return `{unit: {"active": bool, "enabled": bool}}` of those that are installed."""
    return parse_units(
        run_text(["systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState"] + list(names))
    )
