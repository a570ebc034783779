# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a connection idle, and find out whether a device on the path cuts it."""

import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts


def hold(stream, idle, seconds):
    """Wait for `idle` seconds, then shut the connection down: a peer that still has it answers within `seconds`.

    stream: a stream.Wire or tls_handshake.Channel. Raises LayerFailed(idle_cut) with the time at which it was cut.
    """
    begun, deadline = time.monotonic(), deadlines.Deadline(idle)
    while not deadline.expired():
        try:
            # Data from the server, such as TLS session tickets, does not end the connection.
            if not stream.receive(deadline):
                raise verdicts.LayerFailed(
                    verdicts.IDLE_CUT, f"closed after {time.monotonic() - begun:.0f} s without traffic"
                )
        except socket.timeout:
            break
        except (OSError, ValueError) as exc:
            raise verdicts.LayerFailed(
                verdicts.IDLE_CUT,
                f"cut after {time.monotonic() - begun:.0f} s without traffic ({getattr(exc, 'strerror', None) or exc})",
            ) from exc
    try:
        stream.end(deadlines.Deadline(seconds))
    except socket.timeout:
        raise verdicts.LayerFailed(
            verdicts.IDLE_CUT,
            f"a device on the path dropped the connection within {idle:g} s without traffic: the peer does not answer",
        ) from None
    except (OSError, ValueError):
        # A reset is an answer too.
        return
