# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocols that an endpoint can have. The documentation, the catalogue and its schema take their lists from here.

A host compiles whatever a module imports, at every call. So a protocol is imported when it is first looked up.
"""

import collections
import collections.abc
import importlib

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import late_imports

_FOLDER = "ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols"

Line = collections.namedtuple("Line", ["class_name", "evidence"])
# {name of a protocol, which is that of its file: its class, and the name of its evidence}
LINES = collections.OrderedDict(
    [
        ("https", Line("Https", "http")),
        ("http", Line("Http", "http")),
        ("amqp_wss", Line("AmqpWss", "http")),
        ("wss", Line("Wss", "http")),
        ("lumberjack", Line("Lumberjack", None)),
        ("tls", Line("Tls", None)),
        ("tcp", Line("Tcp", None)),
        ("ntp", Line("Ntp", "ntp")),
        ("smtp", Line("Smtp", "smtp")),
        ("smtps", Line("Smtps", "smtp")),
        ("postgresql", Line("Postgresql", "postgresql")),
        ("registry", Line("Registry", "http")),
    ]
)

# The names of the fields that protocols add to a result.
EVIDENCE = tuple(collections.OrderedDict.fromkeys(line.evidence for line in LINES.values() if line.evidence))


def sent_to_hosts():
    """The modules of all protocols. Ansible sends to a host what is imported by name, and importlib finds it there."""
    from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols import (
        amqp_wss,
        http,
        https,
        lumberjack,
        ntp,
        postgresql,
        registry,
        smtp,
        smtps,
        tcp,
        tls,
        wss,
    )

    return (amqp_wss, http, https, lumberjack, ntp, postgresql, registry, smtp, smtps, tcp, tls, wss)


class _Protocols(collections.abc.Mapping):
    """{name: the Protocol}."""

    def __init__(self):
        self._imported = {}

    def __getitem__(self, name):
        with late_imports.LOCK:
            if name not in self._imported:
                line = LINES[name]
                self._imported[name] = getattr(importlib.import_module(f"{_FOLDER}.{name}"), line.class_name)()
            return self._imported[name]

    def __iter__(self):
        return iter(LINES)

    def __len__(self):
        return len(LINES)


PROTOCOLS = _Protocols()


def evidence():
    """{name: Evidence} of the fields that protocols add to a result."""
    found = (protocol.evidence for protocol in PROTOCOLS.values())
    return collections.OrderedDict((field.name, field) for field in found if field is not None)
