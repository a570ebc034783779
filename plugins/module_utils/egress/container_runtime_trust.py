# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities that a container runtime of this host trusts for one registry, besides those of the host itself."""

import collections
import functools
import glob
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files, host_programs
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import containerd_registries

# docker, and podman with CRI-O: a folder for each registry, with certificates of authorities.
FOLDERS = ("/etc/docker/certs.d", "/etc/containers/certs.d")
# Where containerd looks if it is configured so, as guides have it, and where k3s and rke2 write what it has to know.
CONTAINERD_FOLDERS = ("/etc/containerd/certs.d",)
CONTAINERD_FILE = "/etc/containerd/config.toml"
GENERATED_FOLDERS = (
    "/var/lib/rancher/k3s/agent/etc/containerd/certs.d",
    "/var/lib/rancher/rke2/agent/etc/containerd/certs.d",
)
_DEFAULT_PORT = 443
_LONGEST = 16 * 1024 * 1024  # bytes of a file of certificates: a bundle may have comments on each

# authorities: {path of a file: its text, PEM}. ignored: a sentence on a file that names others and that containerd does not
# read, or None.
Trust = collections.namedtuple("Trust", ["authorities", "ignored"])


def of_registry(host, port):
    """The Trust in one registry. Raises host_files.Unreadable."""
    names = [f"{host}:{port}"] + ([host] if port == _DEFAULT_PORT else [])
    paths = [path for folder in FOLDERS for name in names for path in _certificates(os.path.join(folder, name))]
    authorities = _with_certificates(paths)
    of_containerd, ignored = _of_containerd(host, port, names)
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


def _of_containerd(host, port, names):
    """(paths of files of authorities, as `ignored` of a Trust)"""
    known = _configuration()
    folders = CONTAINERD_FOLDERS if known is None else known.folders
    paths = [] if known is None else [path for name, path in known.own.items() if name in names]
    root_level, ignored = known is not None and known.root_level, None
    for root in (*folders, *GENERATED_FOLDERS):
        folder = _folder(root, host, port)
        if folder is not None:
            own, remark = _of_folder(folder, host, port, root_level)
            paths, ignored = paths + own, ignored or remark
    if not folders:
        unread = [folder for folder in (_folder(root, host, port) for root in CONTAINERD_FOLDERS) if folder]
        ignored = ignored or next((f"containerd ignores {folder}: config_path is not set" for folder in unread), None)
    return paths, ignored


def _folder(root, host, port):
    """The folder that containerd takes for a registry, or None."""
    own = [os.path.join(root, name) for name in containerd_registries.folders_of(host, port)]
    return next((each for each in own if os.path.isdir(each)), None)


def _of_folder(folder, host, port, root_level):
    place = os.path.join(folder, "hosts.toml")
    try:
        text = host_files.read_text(place)
    except host_files.Unreadable:
        text = ""
    # Without a text containerd reads the folder's *.crt, of whatever version it is.
    hosts = containerd_registries.hosts_file(text, host, port, root_level and bool(text))
    if hosts.paths is not None:
        return [os.path.join(folder, path) for path in hosts.paths], None
    ignored = f"containerd before 2.0 ignores {place}: it has no line [host]" if hosts.lacks_host else None
    return _certificates(folder), ignored


def _certificates(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.crt")))


@functools.lru_cache(maxsize=1)
def _configuration():
    """containerd_registries.Configuration, as containerd itself puts it together, or None where it does not say."""
    # Without a file containerd runs with its defaults, and cannot `dump` them.
    kind = "dump" if os.path.lexists(CONTAINERD_FILE) else "default"
    try:
        return containerd_registries.configuration(host_programs.run_text(["containerd", "config", kind]))
    except (host_files.Unreadable, ValueError):
        return None
