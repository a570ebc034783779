# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change request as a document for the people who open networks and run proxies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import row_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.release_comparison import (
    Change,
    Comparison,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import (
    decryption,
    open_questions,
    proxy_values,
    shared_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.decryption import EXEMPTIONS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Opening, Party
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.markdown_tables import code, table

# Keys of settings of the nodes' kernels.
OF_KERNELS = frozenset({"sysctls", "loadable_modules", "sysctls_of_the_service"})


def _ends(opening: Opening) -> tuple[str, str]:
    row = opening.row
    unknown = f"to be named ({opening.unstated})"
    source = shared_text.group(opening.sources) or f"{row_text.side(row['from'])}: {unknown}"
    destination = shared_text.group(opening.destinations) or f"{row_text.side(row['to'])}: {unknown}"
    return source, destination


def _members(parties: Sequence[Party]) -> str:
    """Return the addresses of an end that is not a group of nodes."""
    return f": {', '.join(shared_text.addresses(parties))}" if parties else ""


def _node_table(request: Request) -> list[str]:
    return table(
        ["node", "role", "address"],
        [[node.name, node.role, code(node.address)] for node in request.site.nodes],
    )


def _port_table(openings: Iterable[Opening], show: Sequence[str] = ()) -> list[str]:
    """A table of openings of the port table; show: which ends to spell out (source, destination)."""
    lines = []
    for opening in openings:
        source, destination = _ends(opening)
        row = opening.row
        lines.append(
            [
                source + (_members(opening.sources) if "source" in show else ""),
                destination + (_members(opening.destinations) if "destination" in show else ""),
                f"{row['transport'].upper()} {row_text.ports(row)}",
                row_text.application(row),
                row_text.PHASES[row["phase"]],
                row_text.remarks(row),
                code(row["id"]),
            ]
        )
    return table(["from", "to", "ports", "protocol", "needed", "purpose", "row"], lines)


def _name_table(openings: Iterable[Opening]) -> list[str]:
    return table(
        ["from", "to", "port", "protocol", "TLS", "purpose", "row"],
        [
            [
                shared_text.group(opening.sources) + (f" for {opening.on_behalf_of}" if opening.on_behalf_of else ""),
                code(opening.row["host"]),
                f"TCP {opening.row['port']}",
                row_text.application(opening.row),
                _decryption(opening.row),
                row_text.remarks(opening.row),
                code(opening.row["id"]),
            ]
            for opening in openings
        ],
    )


def _decryption(row: Row) -> str:
    found = decryption.exemption(row)
    return found.short if found else ""


def _codes(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)


def _bullets(lines: Iterable[str]) -> list[str]:
    return [f"* {line}" for line in lines]


def _section(title: str, about: str | None, body: list[str]) -> list[str]:
    """Return the lines of a section, or nothing where there is nothing to say."""
    return [f"## {title}", "", *([about, ""] if about else []), *body, ""] if body else []


def _names_and_ports(rows: Sequence[Row]) -> list[str]:
    return [*_bullets(dict.fromkeys(f"{code(row['host'])} port {row['port']}" for row in rows)), ""]


def _proxy_team(request: Request) -> list[str]:
    rows = [opening.row for opening in request.openings if "host" in opening.row]
    lines = []
    for about, chosen in (
        *((f"Do not decrypt these connections. {each.reason}", decryption.exempt(rows, each)) for each in EXEMPTIONS),
        (
            "Allow CONNECT to these ports besides 443:",
            [row for row in rows if row["carrier"] == "http_proxy" and row["port"] != 443],
        ),
        (
            "An HTTP proxy cannot carry these; where there is no direct path, a SOCKS5 proxy must:",
            [row for row in rows if row["carrier"] == "socks5"],
        ),
    ):
        if chosen:
            lines += [about, "", *_names_and_ports(chosen)]
    return lines[:-1]


def _nothing_to_open(request: Request) -> list[str]:
    lines: list[str] = []
    detailed: dict[tuple[str, ...], list[str]] = {}
    for opening in request.openings:
        row = opening.row
        if row["direction"] == "local":
            lines.append(
                f"{code(row['id'])} ({row['transport'].upper()} {row_text.ports(row)}) stays within each node."
            )
        elif opening.detailed_by:
            detailed.setdefault(opening.detailed_by, []).append(row["id"])
    for names, ids in detailed.items():
        lines.append(f"{_codes(ids)}: covered name by name above, by {_codes(names)}.")
    for row in request.idle:
        lines.append(f"{code(row['id'])} ({row_text.what(row)}): {row_text.remarks(row)}")
    return _bullets(lines)


def _settings(request: Request) -> list[str]:
    """What other teams have to provide; kernel parameters are set on the hosts themselves."""
    opened = {opening.row["id"] for opening in request.openings}
    return _bullets(
        f"**{row['title']}{row_text.printed(row)}.** {row_text.remarks(row)} ({code(row['id'])})"
        for row in request.settings
        if row["id"] not in opened and OF_KERNELS.isdisjoint(row["expected"])
    )


def _sources(request: Request) -> list[str]:
    rows = [*(opening.row for opening in request.openings), *request.settings, *request.idle]
    used = dict.fromkeys(row["source"]["document"] for row in rows)
    return _bullets(f"[{title}]({request.documents[title]})" if title in request.documents else title for title in used)


def _request(request: Request) -> str:
    ports = [each for each in request.openings if "host" not in each.row and not each.detailed_by]
    names = [each for each in request.openings if "host" in each.row]
    by_direction = {
        direction: [opening for opening in ports if opening.row["direction"] == direction]
        for direction in ("internal", "inbound", "outbound")
    }
    closing = [opening.row["id"] for opening in request.openings if opening.row["phase"] == "install"]
    lines = ["# Network change request for Runtime Fabric", "", f"For {shared_text.scope_line(request)}.", ""]
    lines += _section("Open questions", None, _bullets(open_questions.questions(request)))
    lines += _section("Nodes", "The tables below refer to groups of nodes by role.", _node_table(request))
    lines += _section(
        "Between the nodes",
        "A node need not reach itself through the network.",
        _port_table(by_direction["internal"]),
    )
    lines += _section("Into the nodes", None, _port_table(by_direction["inbound"], ["source"]))
    lines += _section("Out of the nodes, by address", None, _port_table(by_direction["outbound"], ["destination"]))
    lines += _section(
        "Out of the nodes, by name",
        "The addresses behind these names change: allow the names if the equipment supports names.",
        _name_table(names),
    )
    lines += _section("For the proxy team", None, _proxy_team(request))
    lines += _section("Proxy values for the cluster", None, proxy_values.lines(request))
    lines += _section("To be closed after the installation", None, _bullets([_codes(closing)] if closing else []))
    lines += _section("Nothing to open", None, _nothing_to_open(request))
    lines += _section("Further requirements", None, _settings(request))
    lines += _section("Sources", None, _sources(request))
    return "\n".join(lines).rstrip() + "\n"


def _row_table(rows: Sequence[Row]) -> list[str]:
    openings = [row for row in rows if row["direction"]]
    return table(
        ["what", "purpose", "row"],
        [[row_text.what(row), row_text.remarks(row), code(row["id"])] for row in openings],
    )


def _change_table(changes: Sequence[Change]) -> list[str]:
    return table(
        ["what", "field", "before", "now", "row"],
        [
            [
                row_text.what(change.after) if change.after["direction"] else change.after["title"],
                field,
                row_text.value(change.before.get(field)),
                row_text.value(change.after.get(field)),
                code(change.after["id"]),
            ]
            for change in changes
            for field in change.fields
        ],
    )


def _besides(rows: Sequence[Row]) -> list[str]:
    return _bullets(
        f"**{row['title']}.** {row_text.remarks(row)} ({code(row['id'])})" for row in rows if not row["direction"]
    )


_OTHER_LINE = (
    "These two releases are different products: the appliance brings its own Kubernetes, the self-managed line runs on"
    " yours. What the vendor no longer lists, your Kubernetes and its hosts may still need."
)


def _comparison(request: Request, found: Comparison) -> str:
    scope = request.scope
    before, now = scope.previous_release, scope.release
    lines = [
        f"# From release {before} to {now}",
        "",
        f"What changes for control plane {scope.control_plane}, phase {scope.phase}.",
        "",
        *([_OTHER_LINE, ""] if request.other_line else []),
    ]
    close = f"Close these only when no node runs {before} any more and nothing else uses them."
    lines += _section("To be opened", None, _row_table(found.added))
    lines += _section("No longer required", close, _row_table(found.removed))
    lines += _section("Changed", None, _change_table(found.changed))
    lines += _section("New further requirements", None, _besides(found.added))
    lines += _section("Further requirements that no longer apply", None, _besides(found.removed))
    if found == ([], [], []):
        lines += ["Nothing changes.", ""]
    return "\n".join(lines).rstrip() + "\n"


def render(request: Request) -> dict[str, str]:
    """Return {file name: text}; the comparison only where there is a release to compare with."""
    files = {"change-request.md": _request(request)}
    if request.comparison is not None:
        files["comparison.md"] = _comparison(request, request.comparison)
    return files
