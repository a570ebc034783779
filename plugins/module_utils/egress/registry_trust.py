# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities that a container runtime of this host trusts for one registry, besides those of the host itself."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import containerd_registry_trust

# docker, and podman with CRI-O: a folder for each registry, with certificates of authorities.
FOLDERS = ("/etc/docker/certs.d", "/etc/containers/certs.d")
_DEFAULT_PORT = 443


def of_registry(host, port):
    """The Trust in one registry."""
    names = [f"{host}:{port}"] + ([host] if port == _DEFAULT_PORT else [])
    paths = [
        path
        for folder in FOLDERS
        for name in names
        for path in containerd_registry_trust.certificates(os.path.join(folder, name))
    ]
    # docker and CRI-O ignore a file without a certificate. If no file has one, keep them all, so that the verdict names them.
    paths = [path for path in paths if _holds_a_certificate(path)] or paths
    containerd = containerd_registry_trust.of_registry(host, port, names)
    return containerd_registry_trust.Trust(list(dict.fromkeys(paths + containerd.paths)), containerd.ignored)


def _holds_a_certificate(path):
    try:
        return "-----BEGIN CERTIFICATE-----" in host_files.read_text(path)
    except host_files.Unreadable:
        return False
