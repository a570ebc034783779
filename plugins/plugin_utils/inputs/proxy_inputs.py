# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the role rtf_proxy's own variables, like those in inputs.py."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import named
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import value_types

RESTARTABLE = ("docker", "containerd")
CONSUMERS = ("login_shells", "sessions", "systemd", "packages", *RESTARTABLE, "installer")


def names_among(valid):
    """A check for a list of names, each of them one of `valid`."""

    def check(value):
        names = value_types.list_of(value)
        unknown = [named(name) for name in names if name not in valid]
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is unknown; valid: {', '.join(valid)}")
        return names

    return check


CHECKS = {
    "rtf_proxy_consumers": names_among(CONSUMERS),
    "rtf_proxy_restart_services": names_among(RESTARTABLE),
}
