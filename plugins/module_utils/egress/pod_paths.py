# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe endpoints over the path `pod`: from the network namespace of a pod, and where that fails, find out at which step.

These steps are distinguished: the pod's name servers; the forwarding of its packets by this host, seen on the interfaces;
the answer to them; the size of packets.
"""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import forked_worker
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import (
    pod_namespace_probes,
    pod_packet_traces,
    prober,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.endpoint import POD, carried_by
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    default_interface,
    verdicts,
)

# Seconds beyond what the probes may take.
_GRACE = 2
_MOST_WITH_SMALL_PACKETS = 4
_UNTRIED = (verdicts.UNTESTED, verdicts.ERROR)
_BEFORE_DATA = (None, "dns", "tcp")


class PodPaths:
    """A context manager, to be entered before any thread is started.

    endpoints: Endpoints, of which some have the path POD. groups: [[place of an endpoint]], each with one set of proxies.
    dialled: a function from (place, path) to the port that is connected to. seconds: for each layer; probe: as for PodView.
    """

    def __init__(self, namespace, endpoints, groups, dialled, seconds, probe, deadline_seconds):
        self._endpoints = endpoints
        self._groups = [
            [(place, carried_by(endpoints[place].paths)) for place in group if POD in endpoints[place].paths]
            for group in groups
        ]
        self._dialled = dialled
        self._seconds = seconds
        view = pod_namespace_probes.PodView(namespace, seconds, probe)
        self._worker = forked_worker.Worker(view.serve, deadline_seconds + 4 * _GRACE)
        self._found = None

    def __enter__(self):
        self._worker.__enter__()
        return self

    def __exit__(self, *failure):
        self._worker.__exit__(*failure)

    def begin(self, deadline):
        """Enter the namespace and start to probe from there."""
        try:
            # A pod whose files hang must not keep the host's own probes waiting.
            self._found = self._worker.ask({"do": "enter", "with": []}, min(self._seconds, deadline.remaining()))
            if "error" not in self._found:
                self._worker.send({"do": "rows", "with": [self._groups, deadline.remaining(), False]})
        except forked_worker.WorkerFailed as problem:
            self._found = {"error": f"the pods of this host could not be inspected: {problem}"}

    def end(self, rows, deadline):
        """(what was found of the pod, {place: its row over the path POD}).

        rows: {place: the row over the first path of the endpoint}.
        """
        node = default_interface.found()
        found = dict(self._found, node_interface=node["interface"], node_mtu=node["mtu"], traces=[])
        if "error" in found:
            return found, self._unprobed(found["error"])
        try:
            probed = self._received(deadline.remaining() + _GRACE)
            self._explain(found, rows, probed, deadline)
        except forked_worker.WorkerFailed as problem:
            return dict(found, error=str(problem)), self._unprobed(str(problem))
        return found, probed

    def _unprobed(self, reason):
        return {place: dict(prober.unprobed(POD, reason), over=path) for group in self._groups for place, path in group}

    def _received(self, seconds):
        """{place: row} of the reply to `rows`."""
        return {place: dict(row, path=POD, over=row["path"]) for place, row in self._worker.receive(seconds)}

    def _explain(self, found, rows, probed, deadline):
        """Add to what was found how far the packets of failed probes come, and whether small ones come further."""
        failed = [
            place
            for place, row in sorted(probed.items())
            if row["verdict"] not in (verdicts.REACHABLE,) + _UNTRIED
            and rows.get(place, {}).get("verdict") == verdicts.REACHABLE
        ]
        targets = {}
        for place in failed:
            address = rows[place]["address"]
            if address and ":" not in address:
                port = self._dialled(place, probed[place]["over"])
                targets.setdefault((address, port), self._endpoints[place].id)
        found["traces"] = pod_packet_traces.traces(self._worker, targets, found["address"], deadline)
        if not found["traces"]:
            return
        found["forwarding"] = pod_packet_traces.forwarding(found["traces"])
        late = [place for place in failed if probed[place]["layer"] not in _BEFORE_DATA]
        if late and deadline.remaining() > 0:
            self._with_small_packets(late[:_MOST_WITH_SMALL_PACKETS], probed, deadline)

    def _with_small_packets(self, places, probed, deadline):
        chosen = [[one for one in group if one[0] in places] for group in self._groups]
        self._worker.send({"do": "rows", "with": [chosen, deadline.remaining(), True]})
        for place, row in self._received(deadline.remaining() + _GRACE).items():
            probed[place]["with_small_packets"] = row["verdict"]
