# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints as a pod of this host reaches them: the part that is done in the pod's network namespace.

Only the network is the pod's. Its name servers are those of its resolv.conf, which is read without trusting the pod; the trust
store of certificates is the host's.
"""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    confined_files,
    deadlines,
    host_files,
    network_namespaces,
    thread_pool,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import endpoint, pod_sandboxes
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    default_interface,
    resolv_conf,
    search_domain_lookup,
    tcp_connect,
    verdicts,
)

NO_POD = "no pod with its own network namespace runs on this host"
NOT_ROOT = "only root can see the processes of pods"
RESOLV_CONF = "etc/resolv.conf"
# The kubelet refuses longer ones; a search domain of a pod has a limit of its own.
_RESOLV_CONF_LIMIT = 64 * 1024
_MOST_SEARCH = 32
# The settings of the service domain, which most pods have; those of the host are for pods that ask for them.
_OF_SERVICES = "svc."
_MOST_LOOKED_AT = 32
# Bytes of data a packet: with 40 bytes of headers it passes wherever IPv4 does.
SMALL_SEGMENT = 536


class PodView:
    """namespace: the path or name of one, "" for that of a running pod. seconds: for each layer.

    probe: a function from (groups of endpoints, lookup, segment, Deadline) to their rows.
    """

    def __init__(self, namespace, seconds, probe):
        self._namespace = namespace
        self._seconds = seconds
        self._probe = probe
        self._lookup = None

    def serve(self, request):
        """The reply to a request of pod_paths.py."""
        return getattr(self, f"_{request['do']}")(*request["with"])

    def _enter(self):
        """Enter the namespace; return a dict with what it is, or with `error`."""
        if network_namespaces.identity(network_namespaces.OF_HOST) is None:
            return {"error": NOT_ROOT}
        try:
            sandbox, text = self._sandbox()
        except (OSError, host_files.Unreadable) as problem:
            return {"error": str(problem)}
        if sandbox is None:
            return {"error": NO_POD}
        servers, search, ndots = resolv_conf.parse(text)
        search = [domain for domain in search[:_MOST_SEARCH] if endpoint.is_host(domain)]
        try:
            network_namespaces.enter(sandbox.namespace, sandbox.identity)
        except OSError as problem:
            return {"error": f"cannot enter the network namespace of the pod ({sandbox.source}): {problem}"}
        self._lookup = search_domain_lookup.lookup(servers, search, ndots, self._seconds)
        found = {
            "namespace": sandbox.namespace,
            "source": sandbox.source,
            "pod": pod_sandboxes.name_of(sandbox.uid),
            "uid": sandbox.uid or None,
            "resolv_conf": os.path.join(_root_of(sandbox), RESOLV_CONF),
            "name_servers": servers,
            "search": search,
            "ndots": ndots,
        }
        found.update(default_interface.found())
        return found

    def _sandbox(self):
        """(Sandbox, text of its resolv.conf), (None, None) without one. Raises OSError or Unreadable."""
        if self._namespace:
            sandbox = pod_sandboxes.named(self._namespace)
            if sandbox.pid is None:
                raise OSError(f"no process runs in {sandbox.namespace}, so its resolv.conf is not known")
            return sandbox, _resolv_conf(sandbox)
        unread, others = None, None
        for sandbox in pod_sandboxes.running()[:_MOST_LOOKED_AT]:
            try:
                text = _resolv_conf(sandbox)
            except host_files.Unreadable as problem:
                unread = unread or problem
                continue
            if any(domain.startswith(_OF_SERVICES) for domain in resolv_conf.parse(text)[1]):
                return sandbox, text
            others = others or (sandbox, text)
        if others is None and unread is not None:
            raise unread
        return others or (None, None)

    def _rows(self, groups, seconds, small):
        """The rows of endpoints. groups: [[(place of an endpoint, path)]], each with one set of proxies."""
        return self._probe(groups, self._lookup, SMALL_SEGMENT if small else None, deadlines.Deadline(seconds))

    @staticmethod
    def _dial(targets, seconds):
        """[{"verdict", "detail"}] of TCP connections to [(address, port)]."""
        jobs = [lambda address=address, port=port: _dialled(address, port, seconds) for address, port in targets]
        outcomes = thread_pool.run_all(jobs, len(jobs), deadlines.Deadline(seconds + 1))
        return [
            outcome.value if outcome.done and outcome.error is None else {"verdict": verdicts.UNTESTED, "detail": None}
            for outcome in outcomes
        ]


def _dialled(address, port, seconds):
    try:
        sock, dummy_address = tcp_connect.dial([address], port, seconds)
    except verdicts.LayerFailed as failure:
        return {"verdict": failure.verdict, "detail": failure.detail}
    sock.close()
    return {"verdict": verdicts.REACHABLE, "detail": None}


def _root_of(sandbox):
    """The root directory that the processes of a sandbox see."""
    return os.path.join("/proc", str(sandbox.pid), "root")


def _resolv_conf(sandbox):
    # A virtual machine stands for a pod with its network alone, as with Kata Containers: its files are elsewhere.
    if network_namespaces.identity(f"/proc/{sandbox.pid}/ns/mnt") == network_namespaces.identity("/proc/1/ns/mnt"):
        raise host_files.Unreadable(f"the pod ({sandbox.source}) has no files of its own, only those of the host")
    return confined_files.read_text(_root_of(sandbox), RESOLV_CONF, _RESOLV_CONF_LIMIT)
