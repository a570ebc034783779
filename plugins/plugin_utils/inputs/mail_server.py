# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail server of the site, as the input rtf_smtp declares it: host, port, encryption and authentication."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import type_conversion
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.server_address import host_and_port

ROW = "smtp-server"
SECURITIES = ("starttls", "tls", "none")
# The default of Runtime Fabric itself.
DEFAULT_PORT = 465


class MailServer(NamedTuple):
    """security: one of SECURITIES. auth: mechanisms of which the server has to offer one, in capitals; none: any or none."""

    host: str
    port: int = DEFAULT_PORT
    security: str = "tls"
    auth: tuple[str, ...] = ()


def of_input(value: Any) -> MailServer | None:
    """Return the MailServer of rtf_smtp, None where it is empty. Raises ValueError."""
    address = host_and_port(value, DEFAULT_PORT, ("security", "auth"))
    if address is None:
        return None
    host, port = address
    security = value.get("security", "tls" if port == DEFAULT_PORT else "starttls")
    if security not in SECURITIES:
        raise ValueError(f"security: {quoted(security)} is unknown; valid: {', '.join(SECURITIES)}")
    auth = value.get("auth", [])
    if isinstance(auth, str):
        auth = type_conversion.list_of(auth)
    if not isinstance(auth, list) or not all(isinstance(name, str) and name for name in auth):
        raise ValueError("auth: must be a list of mechanisms such as PLAIN")
    return MailServer(host, port, security, tuple(name.upper() for name in auth))


def probe(server: MailServer) -> dict[str, Any]:
    """Return the entry of the option endpoints of egress_info for a MailServer."""
    return {
        "id": ROW,
        "host": server.host,
        "port": server.port,
        "protocol": "smtps" if server.security == "tls" else "smtp",
        "starttls": server.security == "starttls",
        "paths": ["direct"],
    }
