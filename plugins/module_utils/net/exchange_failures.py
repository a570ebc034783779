# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong while a peer is asked and answers, as the failure of a layer."""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts


class ExchangeFailures:
    """Turns failures within a `with` into a LayerFailed.

    verdict: that of the LayerFailed. refusal: the exception of the protocol, whose text is the reason. answer, seconds: what
    did not come within which time.
    """

    def __init__(self, verdict, refusal, answer, seconds):
        self._verdict, self._refusal = verdict, refusal
        self._silence = f"no {answer} within {seconds:g} s"

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, traceback):
        if isinstance(failure, socket.timeout):
            reason = self._silence
        elif isinstance(failure, self._refusal):
            reason = str(failure)
        elif isinstance(failure, (OSError, ValueError)):
            reason = f"cut while waiting for an answer ({getattr(failure, 'strerror', None) or failure})"
        else:
            return False
        raise verdicts.LayerFailed(self._verdict, reason) from failure
