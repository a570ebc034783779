# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocols that an endpoint can have. The documentation, the catalogue and its schema take their lists from here."""

import collections

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.amqp_wss import AmqpWss
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.http import Http
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.https import Https
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.lumberjack import Lumberjack
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.ntp import Ntp
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.postgresql import Postgresql
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.registry import Registry
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.smtp import Smtp
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.smtps import Smtps
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.tcp import Tcp
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.tls import Tls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.wss import Wss

# Ansible sends to a host only what is imported by name, so protocols cannot be collected from their folder there.
PROTOCOLS = collections.OrderedDict(
    (protocol.name, protocol)
    for protocol in (
        Https(),
        Http(),
        AmqpWss(),
        Wss(),
        Lumberjack(),
        Tls(),
        Tcp(),
        Ntp(),
        Smtp(),
        Smtps(),
        Postgresql(),
        Registry(),
    )
)


def evidence():
    """{name: Evidence} of the fields that protocols add to a result."""
    found = (protocol.evidence for protocol in PROTOCOLS.values())
    return collections.OrderedDict((field.name, field) for field in found if field is not None)
