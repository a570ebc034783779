# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a connection on which nobody says anything, and find out whether it is still there afterwards."""

import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts


def hold(stream, idle, seconds):
    """Wait for `idle` seconds, then end the connection in order, which who is still there answers within `seconds`.

    stream: a wires.Wire or tls.Channel. Raises LayerFailed(idle_cut), with when it was.
    """
    begun, deadline = time.monotonic(), deadlines.Deadline(idle)
    while not deadline.expired():
        try:
            # What a server says meanwhile, such as TLS session tickets, is no end.
            if not stream.receive(deadline):
                raise verdicts.LayerFailed(
                    verdicts.IDLE_CUT, f"closed after {time.monotonic() - begun:.0f} s in which nobody said anything"
                )
        except socket.timeout:
            break
        except (OSError, ValueError) as exc:
            raise verdicts.LayerFailed(
                verdicts.IDLE_CUT,
                f"cut after {time.monotonic() - begun:.0f} s in which nobody said anything ({getattr(exc, 'strerror', None) or exc})",
            ) from exc
    try:
        stream.end(deadlines.Deadline(seconds))
    except socket.timeout:
        raise verdicts.LayerFailed(
            verdicts.IDLE_CUT,
            f"forgotten on the way within {idle:g} s in which nobody said anything: no packet comes back",
        ) from None
    except (OSError, ValueError):
        # A refusal of the end is an answer too.
        return
