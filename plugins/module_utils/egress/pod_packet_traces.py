# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trace the packets by which a pod opens connections to endpoints that it does not reach: how far they come on this host."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import syn_capture

# Endpoints, of which each is dialled once more.
MOST = 4
# A lost packet is repeated after one second.
_SECONDS = 2.5
# Seconds beyond that for the reply.
_GRACE = 2
_FORWARDING = "/proc/sys/net/ipv4/conf/{}/forwarding"


def traces(worker, targets, source, deadline):
    """Return a trace for each of the first targets, none where no time is left. Raises WorkerFailed.

    worker: a Worker that serves a PodView. targets: {(address, port): id of the endpoint}. source: the pod's address, or None.
    """
    chosen = list(targets.items())[:MOST]
    seconds = min(_SECONDS, deadline.remaining())
    if not chosen or not seconds:
        return []
    answers, openings, unseen = _dial(worker, [target for target, dummy in chosen], seconds)
    found = []
    for ((address, port), name), answer in zip(chosen, answers):
        departure = syn_capture.of_source(openings, source, address, port)
        found.append(
            {
                "id": name,
                "address": address,
                "port": port,
                "verdict": answer["verdict"],
                "detail": answer["detail"],
                "entered": departure.entered,
                "left": [{"interface": interface, "source": translated} for interface, translated in departure.left],
                "unseen": unseen or (None if source else "the pod has no IPv4 address"),
            }
        )
    return found


def _dial(worker, targets, seconds):
    """(answers, openings of connections that were seen, why none was seen or None)."""
    request = {"do": "dial", "with": [targets, seconds]}
    try:
        tap = syn_capture.Tap([address for address, dummy in targets])
    except OSError as problem:
        return worker.ask(request, seconds + _GRACE), [], str(problem)
    with tap:
        worker.send(request)
        tap.listen_until(worker, seconds + _GRACE)
        return worker.receive(_GRACE), tap.openings, None


def forwarding(traces):
    """{interface: whether packets that come in by it are forwarded}, and `ip_forward`."""
    names = {interface for trace in traces for interface in trace["entered"]}
    found = {"ip_forward": "/proc/sys/net/ipv4/ip_forward"}
    found.update((name, _FORWARDING.format(name)) for name in sorted(names))
    values = {}
    for name, path in found.items():
        try:
            values[name] = host_files.read_text(path).strip() == "1"
        except host_files.Unreadable:
            continue
    return values
