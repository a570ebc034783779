# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell a filter by server name from a server that does not answer at all: ask again without the name, and with another."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tls_handshake, verdict_causes, verdicts

# A reserved name (RFC 2606), which filters usually pass.
_OTHER_NAME = "www.example.com"


def tell(attempt, open_wire):
    """(cause, sentence) for an endpoint that sent nothing after a ClientHello, None where it cannot be asked again.

    open_wire: opens another connection to it.
    """
    names = (None, _OTHER_NAME)
    jobs = [lambda name=name: _answers(attempt, open_wire, name) for name in names]
    answers = [
        outcome.value for outcome in thread_pool.run_all(jobs, len(jobs), deadlines.Deadline(4 * attempt.seconds))
    ]
    for name, answered in zip(names, answers):
        if answered:
            words = f"for {name}" if name else "without a server name"
            return (
                verdict_causes.NAME_FILTERED,
                f"the same address answers TLS {words}, so the name {attempt.endpoint.server_name} is filtered",
            )
    if None in answers:
        return None
    return verdict_causes.NO_TLS_ANSWER, f"there is no answer without a server name or for {_OTHER_NAME} either"


def _answers(attempt, open_wire, name):
    """Whether the peer sends TLS to a client that asks for this name, None for no name. Raises LayerFailed without a connection."""
    wire = open_wire()
    try:
        channel = tls_handshake.handshake(attempt.contexts.accepting, wire, name, attempt.seconds)
    except verdicts.LayerFailed as failure:
        return failure.heard[:1] in (b"\x15", b"\x16")
    channel.close()
    return True
