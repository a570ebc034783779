# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities that a container runtime of this host trusts for one registry, besides those of the host itself."""

import glob
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files

# docker, containerd, and podman with CRI-O: a folder for each registry.
FOLDERS = ("/etc/docker/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d")
_DEFAULT_PORT = 443
# containerd-hosts.toml(5): one path, or a list of paths.
_CA = re.compile(r"""^\s*ca\s*=\s*(.+)$""", re.MULTILINE)
_PATHS = re.compile(r"""["']([^"']+)["']""")


def authorities(host, port):
    """The paths of the files of certificates, in the order of their names."""
    names = [f"{host}:{port}"] + ([host] if port == _DEFAULT_PORT else [])
    found = []
    for folder in FOLDERS:
        for name in names:
            own = os.path.join(folder, name)
            found += sorted(glob.glob(os.path.join(glob.escape(own), "*.crt"))) + _of_containerd(own)
    return list(dict.fromkeys(found))


def _of_containerd(folder):
    try:
        text = host_files.read_text(os.path.join(folder, "hosts.toml"))
    except host_files.Unreadable:
        return []
    return [os.path.join(folder, path) for values in _CA.findall(text) for path in _PATHS.findall(values)]
