# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as squid configuration: who may connect to which names, and which TLS to leave alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import row_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import decryption, shared_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request


def _carried(request: Request) -> list[Row]:
    """The rows for names that an HTTP proxy can carry."""
    return [opening.row for opening in request.openings if opening.row.get("carrier") == "http_proxy"]


def _acl(name: str, kind: str, values: Iterable[Any]) -> list[str]:
    """One acl line for each value: squid joins lines of one name."""
    return [f"acl {name} {kind} {value}" for value in values]


def _unique(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _source(request: Request, group: str, name: str) -> list[str]:
    """An acl of the addresses of a group of nodes."""
    members = [node for node in request.site.nodes if group == "nodes" or node.role == "controller"]
    return [
        f"# {row_text.side(group)}: {', '.join(shared_text.one_line(node.name) for node in members)}",
        *_acl(name, "src", (node.address for node in members)),
    ]


def _sources(request: Request, rows: Sequence[Row]) -> list[str]:
    groups = _unique(row["from"] for row in rows)
    return [line for group in groups for line in _source(request, group, f"rtf_{group}")]


def _access(request: Request, rows: Sequence[Row]) -> list[str]:
    ports = _unique(row["port"] for row in rows)
    lines = [*_sources(request, rows), "", "acl rtf_connect method CONNECT"]
    for port in ports:
        lines += _acl(f"rtf_port_{port}", "port", [port])
    other_ports = [port for port in ports if port != 443]
    if other_ports:
        lines += ["# squid denies CONNECT to ports outside SSL_ports before it evaluates later rules."]
        lines += _acl("SSL_ports", "port", other_ports)
    for group, port in _unique((row["from"], row["port"]) for row in rows):
        names = f"rtf_names_for_{group}_{port}"
        hosts = _unique(row["host"] for row in rows if (row["from"], row["port"]) == (group, port))
        lines += ["", *_acl(names, "dstdomain", (f"[{host}]" if ":" in host else host for host in hosts))]
        lines += [f"http_access allow rtf_connect rtf_{group} rtf_port_{port} {names}"]
    return lines


def _passthrough(request: Request, rows: Sequence[Row], name: str) -> list[str]:
    """Lines that need none of another file. name: the beginning of those of their acls."""
    # Every controller is a node, so the wider group is enough.
    group = "nodes" if any(row["from"] == "nodes" for row in rows) else "controllers"
    return [
        *_source(request, group, f"rtf_{name}_from"),
        f"acl rtf_{name}_hello at_step SslBump1",
        *_acl(f"rtf_{name}", "ssl::server_name", _unique(row["host"] for row in rows)),
        f"ssl_bump peek rtf_{name}_hello rtf_{name}_from",
        f"ssl_bump splice rtf_{name}_from rtf_{name}",
    ]


# What a squid that decrypts includes for each kind of exemption.
_FILES = {
    decryption.MUTUAL_TLS: "squid-passthrough.conf",
    decryption.CONTAINERS: "squid-passthrough-containers.conf",
}


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}; each can be included without the others, and is only there where a name needs it."""
    rows = _carried(request)
    access = shared_text.header(
        request,
        "Place it in /etc/squid/conf.d/, or include it before the http_access rule that denies the rest.",
    )
    socks = [each.row for each in request.openings if each.row.get("carrier") == "socks5"]
    if socks:
        names = ", ".join(f"{row['host']}:{row['port']}" for row in socks)
        access.append(f"Not for squid, because only a SOCKS5 proxy can carry it: {names}")
    files = {"squid-access.conf": "\n".join([*(f"# {line}" for line in access), "", *_access(request, rows), ""])}
    for exemption, name in _FILES.items():
        exempt = decryption.exempt(rows, exemption)
        if exempt:
            about = shared_text.header(
                request,
                "Only for a squid that decrypts TLS (ssl_bump). Include it before any ssl_bump rule that bumps.",
                f"These connections must pass undecrypted. {exemption.reason}",
            )
            lines = _passthrough(request, exempt, exemption.name)
            files[name] = "\n".join([*(f"# {line}" for line in about), "", *lines, ""])
    return files
