# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities that containerd trusts for one registry, by its configuration and by the folders of k3s and rke2."""

import functools
import glob
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files, host_programs
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import containerd_toml

# Where containerd looks if it is configured so, as guides have it, and where k3s and rke2 write what it has to know.
FOLDERS = ("/etc/containerd/certs.d",)
CONFIGURATION_FILE = "/etc/containerd/config.toml"
GENERATED_FOLDERS = (
    "/var/lib/rancher/k3s/agent/etc/containerd/certs.d",
    "/var/lib/rancher/rke2/agent/etc/containerd/certs.d",
)


def of_registry(host, port, names):
    """(paths of files of certificates, a sentence on a file that names others and that containerd does not read, or None).

    names: those of the registry, with its port and, for the default, without.
    """
    known = _configuration()
    folders = FOLDERS if known is None else known.folders
    paths = [] if known is None else [path for name, path in known.own.items() if name in names]
    root_level, ignored = known is not None and known.root_level, None
    for root in (*folders, *GENERATED_FOLDERS):
        folder = _folder(root, host, port)
        if folder is not None:
            own, remark = _of_folder(folder, host, port, root_level)
            paths, ignored = paths + own, ignored or remark
    if not folders:
        unread = [folder for folder in (_folder(root, host, port) for root in FOLDERS) if folder]
        ignored = ignored or next((f"containerd ignores {folder}: config_path is not set" for folder in unread), None)
    return paths, ignored


def _folder(root, host, port):
    """The folder that containerd takes for a registry, or None."""
    own = [os.path.join(root, name) for name in containerd_toml.folders_of(host, port)]
    return next((each for each in own if os.path.isdir(each)), None)


def _of_folder(folder, host, port, root_level):
    """The same of one folder."""
    place = os.path.join(folder, "hosts.toml")
    try:
        text = host_files.read_text(place)
    except host_files.Unreadable:
        text = ""
    # Without a text containerd reads the folder's *.crt, of whatever version it is.
    hosts = containerd_toml.hosts_file(text, host, port, root_level and bool(text))
    if hosts.paths is not None:
        return [os.path.join(folder, path) for path in hosts.paths], None
    ignored = f"containerd before 2.0 ignores {place}: it has no line [host]" if hosts.lacks_host else None
    return certificates(folder), ignored


def certificates(folder):
    """The files of certificates in a folder, as docker, podman and containerd name them."""
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.crt")))


@functools.lru_cache(maxsize=1)
def _configuration():
    """containerd_toml.Configuration, as containerd itself puts it together, or None where it does not say."""
    # Without a file containerd runs with its defaults, and cannot `dump` them.
    kind = "dump" if os.path.lexists(CONFIGURATION_FILE) else "default"
    try:
        return containerd_toml.configuration(host_programs.run_text(["containerd", "config", kind]))
    except (host_files.Unreadable, ValueError):
        return None
