# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods that run on this host and have a network of their own, as the kernel shows them: no program of a runtime is asked.

* The kubelet puts the processes of a pod, its pause process first, into a control group below `kubepods` that names the
  pod's UID (kubernetes/design-proposals-archive, node/pod-resource-management.md: pod level cgroups).
* containerd and CRI-O have the CNI plugins make the pod's network in a namespace that stays mounted in /run/netns
  (containerd, pkg/netns; CRI-O, pinns). A process of a container that was started without the kubelet is found by it.
* The kubelet writes the logs of a pod to /var/log/pods/NAMESPACE_NAME_UID, by which a UID is given its name.
"""

import collections
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    host_files,
    network_namespaces,
    printable,
    processes,
)

PINNED = "/run/netns"
LOGS = "/var/log/pods"
_CGROUP_LIMIT = 64 * 1024
# cgroupfs: kubepods/besteffort/podUID/ID; systemd: kubepods-besteffort-podUID.slice/cri-containerd-ID.scope
_POD = re.compile(r"kubepods.*?[/-]pod(?P<uid>[0-9A-Za-z_-]+?)(?:\.slice)?(?:[/:]|$)", re.MULTILINE)

# pid, born: of its first process, which is the pause process where the runtime has one. namespace: a path; identity: as
# network_namespaces.identity. uid: of the pod, "" where it is not known. source: how it was found, a sentence.
Sandbox = collections.namedtuple("Sandbox", "pid born namespace identity uid source")


def running(proc="/proc", pinned=PINNED):
    """The Sandboxes whose network is not the host's, those of the kubelet first, the oldest first among these."""
    own = {network_namespaces.identity(f"{proc}/{name}/ns/net") for name in ("1", "self")}
    firsts = _first_processes(proc)
    found = []
    for uid, (born, pid) in firsts.items():
        namespace = f"{proc}/{pid}/ns/net"
        identity = network_namespaces.identity(namespace)
        if identity is not None and identity not in own:
            source = f"process {pid}, the first of the control group of pod {uid}"
            found.append(Sandbox(pid, born, namespace, identity, uid, source))
    known = {sandbox.identity for sandbox in found} | own
    pins = {network_namespaces.identity(f"{pinned}/{name}"): name for name in _names(pinned)}
    beside = {identity: name for identity, name in pins.items() if identity not in known and name.startswith("cni-")}
    for identity, (born, pid) in _first_in_namespaces(proc, beside).items():
        source = f"process {pid}, the first in {pinned}/{beside[identity]}"
        found.append(Sandbox(pid, born, f"{proc}/{pid}/ns/net", identity, "", source))
    return sorted(found, key=lambda sandbox: (not sandbox.uid, sandbox.born, sandbox.pid))


def named(path, proc="/proc"):
    """The Sandbox with the network namespace at a path. Raises OSError; pid is None where no process is in it."""
    place = path if path.startswith("/") else f"{PINNED}/{path}"
    identity = network_namespaces.identity(place)
    if identity is None:
        raise OSError(f"{place} does not exist")
    born, pid = _first_in_namespaces(proc, [identity]).get(identity, (0, None))
    uid = _uid(proc, pid) or "" if pid is not None else ""
    return Sandbox(pid, born, place, identity, uid, f"{place}, as requested")


def name_of(uid, logs=LOGS):
    """The namespace and name of a pod, as kubectl has them, or None: its control group may have _ for - in its UID."""
    for entry in _names(logs):
        namespace, dummy, rest = entry.partition("_")
        name, dummy, found = rest.partition("_")
        if uid and found.replace("-", "_") == uid.replace("-", "_"):
            return printable.printable_text(f"{namespace}/{name}")
    return None


def _first_processes(proc):
    """{uid of a pod: (born, pid) of its first process}."""
    found = {}
    for pid in _pids(proc):
        uid = _uid(proc, pid)
        if uid:
            _keep_first(found, uid, proc, pid)
    return found


def _first_in_namespaces(proc, identities):
    """{identity of a network namespace: (born, pid) of its first process}, of those given that have one."""
    found = {}
    for pid in _pids(proc) if identities else ():
        identity = network_namespaces.identity(f"{proc}/{pid}/ns/net")
        if identity in identities:
            _keep_first(found, identity, proc, pid)
    return found


def _keep_first(found, key, proc, pid):
    process = processes.process(pid, proc)
    if process is not None:
        found[key] = min(found.get(key, (process.born, pid)), (process.born, pid))


def _uid(proc, pid):
    try:
        match = _POD.search(host_files.read_text(f"{proc}/{pid}/cgroup", _CGROUP_LIMIT))
    except host_files.Unreadable:
        return None
    return match.group("uid") if match else None


def _pids(proc):
    return sorted(int(name) for name in _names(proc) if name.isdigit())


def _names(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
