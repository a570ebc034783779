# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities that a container runtime of this host trusts for one registry, besides those of the host itself."""

import collections
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import containerd_registry_trust

# docker, and podman with CRI-O: a folder for each registry, with certificates of authorities.
FOLDERS = ("/etc/docker/certs.d", "/etc/containers/certs.d")
_DEFAULT_PORT = 443
_LONGEST = 16 * 1024 * 1024  # bytes of a file of certificates: a bundle may have comments on each

# authorities: {path of a file: its text, PEM}. ignored: a sentence on a file that names others and that containerd does not
# read, or None.
Trust = collections.namedtuple("Trust", ["authorities", "ignored"])


def of_registry(host, port):
    """The Trust in one registry. Raises host_files.Unreadable."""
    names = [f"{host}:{port}"] + ([host] if port == _DEFAULT_PORT else [])
    paths = [
        path
        for folder in FOLDERS
        for name in names
        for path in containerd_registry_trust.certificates(os.path.join(folder, name))
    ]
    authorities = _with_certificates(paths)
    of_containerd, ignored = containerd_registry_trust.of_registry(host, port, names)
    for path in of_containerd:
        if path not in authorities:
            authorities[path] = host_files.read_text(path, _LONGEST)
    return Trust(authorities, ignored)


def _with_certificates(paths):
    """{path: text}. docker and CRI-O ignore a file without a certificate. If no file has one, the verdict has to name it."""
    problems = []
    texts = {path: host_files.read_noting(path, problems, _LONGEST) or "" for path in paths}
    found = {path: text for path, text in texts.items() if "-----BEGIN CERTIFICATE-----" in text}
    if problems and not found:
        raise problems[0]
    return found or texts
