# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP, with nothing known of what is sent over it."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Protocol


class Tcp(Protocol):
    name = "tcp"
    title = "TCP"
    outcome = "the TCP connection"
    in_catalogue = True
