# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which connections a proxy that decrypts TLS must leave alone, and why. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import PROTOCOLS
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row


class Exemption(NamedTuple):
    """Connections that are exempt from decryption for one reason.

    name: one word for files and names of rules. short: for a cell of a table. reason: a sentence.
    """

    name: str
    short: str
    reason: str


MUTUAL_TLS = Exemption("mutual_tls", "**pass through**", "They use mutual TLS, which interception breaks.")
CONTAINERS = Exemption(
    "containers",
    "pass through for containers",
    "Containers trust the authorities in their own images. A CA of the site that only the hosts trust breaks their"
    " connections, so exempt these unless every container has that CA.",
)
EXEMPTIONS = (MUTUAL_TLS, CONTAINERS)


def exemption(row: Row) -> Exemption | None:
    """Return the Exemption of a row for a name or a port, None where there is no TLS to decrypt."""
    if row.get("mutual_tls"):
        return MUTUAL_TLS
    return CONTAINERS if isinstance(PROTOCOLS.get(row.get("protocol", "")), TlsProtocol) else None


def exempt(rows: Iterable[Row], wanted: Exemption) -> list[Row]:
    """Return the rows with an Exemption."""
    return [row for row in rows if exemption(row) is wanted]
