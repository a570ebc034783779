# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where netplan's YAML is, where its generator is, and what this one makes."""

import os

GENERATORS = ("/usr/libexec/netplan/generate", "/usr/lib/netplan/generate", "/lib/netplan/generate")
DIRECTORIES = ("/usr/lib/netplan", "/lib/netplan", "/etc/netplan", "/run/netplan")
MADE = (
    "/run/systemd/network/10-netplan-*",
    "/run/systemd/network/10-netplan-*.network.d/*",
    "/run/NetworkManager/system-connections/netplan-*",
)


def sources(tree):
    """Return the paths of netplan's YAML."""
    return [path for folder in DIRECTORIES for path in tree.paths(folder + "/*.yaml")]


def generator():
    """Return netplan's generator, "" where it is not installed."""
    return next((path for path in GENERATORS if os.access(path, os.X_OK)), "")
