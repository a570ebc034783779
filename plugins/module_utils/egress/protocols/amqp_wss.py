# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AMQP over WebSockets, as far as the WebSocket."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.wss import Wss


class AmqpWss(Wss):
    name = "amqp_wss"
    title = "AMQP over WebSockets"
    outcome = "the response to a WebSocket upgrade request with the subprotocol AMQP"
    subprotocol = "amqp"
