# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask silent ports again, slowly, where others of the same peer are refused with an ICMP error.

A host sends few such errors a second to one destination (net.ipv4.icmp_ratelimit, icmp_msgs_per_sec), so one rule that rejects
a hundred ports looks like two, one that rejects some and one that drops the rest.
"""

import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import port_verdicts

_SAMPLES = 3  # ports of a peer that are asked again
_PAUSE = 1.1  # seconds between two of them: the kernel's token bucket gains one token a second
_WAIT = 1.0  # seconds for the answer of each

_ERRORS = (port_verdicts.REFUSED, port_verdicts.REJECTED)


def ask_again(targets, outcomes, probe, deadline):
    """Correct `outcomes`, `{(peer, port): (verdict, reason)}`, of `targets`.

    probe(targets, seconds): probes some of them and returns their outcomes. Where every port of a peer that is asked again is
    refused, so are all that were silent; where none or some are, nothing changes but those. Costs some seconds, and only
    where a peer both refuses ports and is silent on others.
    """
    silent = _silent_beside_refused(targets, outcomes)
    samples = {peer: _spread(of_peer) for peer, of_peer in silent.items()}
    found = {peer: [] for peer in samples}
    for turn in range(_SAMPLES):
        asked = [of_peer[turn] for of_peer in samples.values() if turn < len(of_peer)]
        if not asked or deadline.remaining() < _PAUSE + _WAIT:
            break
        time.sleep(_PAUSE)
        for place, outcome in probe(asked, _WAIT).items():
            found[place[0]].append(outcome)
            if outcome[0] in _ERRORS:
                outcomes[place] = outcome
    for peer, answers in found.items():
        kinds = {outcome[0] for outcome in answers}
        if len(answers) == len(samples[peer]) and len(kinds) == 1 and kinds <= set(_ERRORS):
            for target in silent[peer]:
                outcomes[target.peer, target.port] = answers[0]


def _silent_beside_refused(targets, outcomes):
    """{peer: [Target]} of silent ports, in the order of their numbers, of peers that refuse others."""
    refusing = {target.peer for target in targets if outcomes[target.peer, target.port][0] in _ERRORS}
    found = {}
    for target in sorted(targets, key=lambda target: target.port):
        if target.peer in refusing and outcomes[target.peer, target.port][0] == port_verdicts.DROPPED:
            found.setdefault(target.peer, []).append(target)
    return found


def _spread(targets):
    """At most _SAMPLES of them, evenly spread."""
    if len(targets) <= _SAMPLES:
        return targets
    return [targets[number * (len(targets) - 1) // (_SAMPLES - 1)] for number in range(_SAMPLES)]
