# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One endpoint to probe: its options, what they may be, and the values of one."""

import collections
import re
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import protocol_registry
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import connection_paths

# The path from the network namespace of a pod.
POD = "pod"

# The argument spec of an endpoint. A protocol that needs more of an endpoint adds an option here.
OPTIONS = collections.OrderedDict(
    [
        ("id", {"type": "str"}),
        ("host", {"type": "str", "required": True}),
        ("port", {"type": "int", "required": True}),
        ("protocol", {"type": "str", "choices": list(protocol_registry.PROTOCOLS), "default": "https"}),
        ("server_name", {"type": "str"}),
        ("url_path", {"type": "str", "default": "/"}),
        ("mutual_tls", {"type": "bool", "default": False}),
        ("starttls", {"type": "bool", "default": True}),
        ("idle", {"type": "float", "default": 0}),
        ("client_cert", {"type": "path"}),
        ("client_key", {"type": "path", "no_log": False}),
        ("issuers", {"type": "list", "elements": "str", "default": []}),
        ("origin", {"type": "list", "elements": "str", "default": []}),
        (
            "paths",
            {
                "type": "list",
                "elements": "str",
                "choices": connection_paths.PATHS + [POD],
                "default": [connection_paths.DIRECT],
            },
        ),
        ("http_proxy", {"type": "str", "no_log": True}),
    ]
)

Endpoint = collections.namedtuple("Endpoint", list(OPTIONS))

# No scheme, port, path, brackets, blank or control character: in ASCII only letters, digits and `-._`. Letters beyond ASCII are left
# to the resolver.
_NAME = re.compile(r"[^\x00-,/:-@\[-^`{-\x7f]{1,253}")


def endpoint_of(row):
    """The Endpoint for a dict of its options; id and server_name may be None."""
    fields = {field: row[field] for field in Endpoint._fields}
    fields["id"] = row["id"] or f"{row['host']}:{row['port']}"
    fields["server_name"] = row["server_name"] or row["host"].rstrip(".")
    return Endpoint(**fields)


def carried_by(paths):
    """The path that connections take from a pod: what the endpoint uses itself."""
    return next((path for path in paths if path != POD), connection_paths.DIRECT)


def is_host(text):
    """True for a bare host name or address."""
    if ":" not in text:
        return _NAME.fullmatch(text) is not None
    try:
        socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except OSError:
        return False
    return True


def problems(row):
    """One sentence for each option of an endpoint that has the right type and an invalid value."""
    if not is_host(row["host"]):
        yield f"host: {quoted(row['host'])} is not a host name or IP address without scheme, port and path"
    if row["server_name"] is not None and not is_host(row["server_name"]):
        yield f"server_name: {quoted(row['server_name'])} is not a host name"
    if not 1 <= row["port"] <= 65535:
        yield f"port: {row['port']} is not between 1 and 65535"
    if not re.match(r"/[!-~]*\Z", row["url_path"]):
        yield f"url_path: {quoted(row['url_path'])} is not a path such as /a/b"
    if row["client_key"] and not row["client_cert"]:
        yield "client_key: needs client_cert"
    if not 0 <= row["idle"] <= 86400:
        yield f"idle: {row['idle']} is not a number from 0 to 86400"
    if not row["paths"] or len(set(row["paths"])) != len(row["paths"]):
        yield "paths: must list at least one path, and no path twice"
    protocol = protocol_registry.PROTOCOLS[row["protocol"]]
    if protocol.transport == "udp" and row["paths"] != [connection_paths.DIRECT]:
        yield f"paths: {protocol.name} uses UDP, which supports only the path direct"
