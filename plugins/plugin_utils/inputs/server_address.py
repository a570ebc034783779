# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs that declare a server of the site as a dictionary: {host, port, ...}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import named, quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import type_conversion
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.type_names import kind
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.host_syntax import is_host


def host_and_port(value: Any, default_port: int, further: Sequence[str] = ()) -> tuple[str, int] | None:
    """Return the host and port that the value of an input names, None where it is empty.

    further: the fields that it may have beside host and port, which are not looked at. Raises ValueError.
    """
    fields = ("host", "port", *further)
    if not isinstance(value, dict):
        raise ValueError(f"must be a dictionary {{{', '.join(fields)}}}, not a {kind(value)}")
    if not value:
        return None
    unknown = [named(name) for name in value if name not in fields]
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is unknown; valid: {', '.join(fields)}")
    host = value.get("host")
    if not isinstance(host, str) or not is_host(host):
        raise ValueError(f"host: {quoted(host)} is not a valid host name or address")
    return host, _port(value.get("port", default_port))


def _port(given: Any) -> int:
    try:
        port = type_conversion.integer(given)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise ValueError(f"port: {quoted(given)} is not a number from 1 to 65535")
    return port
