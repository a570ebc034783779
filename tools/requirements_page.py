# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/requirements.md from the catalogue: `make docs`."""

from __future__ import annotations

import itertools
import pathlib

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import (
    catalog,
    clusters,
    features,
    row_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.release_comparison import compare
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.markdown_tables import code, table
from ansible_collections.hostprep.runtime_fabric.tools.requirements_page_wording import wanted

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "requirements.md"
LINES = {"appliance": "VMs and bare metal (the appliance)", "self_managed": "your own Kubernetes (self-managed)"}

INTRODUCTION = """\
# What Runtime Fabric requires of network and hosts

This page lists every port, name and setting that the vendor's documentation requires, in the words of this collection
and with the vendor's page as source. `make docs` generates it from the files in `catalog/`; change those, not this page.
`ansible-playbook hostprep.runtime_fabric.change_request -i inventory` writes the same for your own cluster, with
the addresses of your nodes and as configuration for common firewalls and proxies.

A cluster of the appliance has **controllers**, which run its services and receive requests, and **workers**, which run
the applications; **all nodes** means both. With release 2.x the controllers are the nodes on which the API server of your
Kubernetes runs, and the workers all other nodes. The **control plane** is the vendor's side, in one of several regions. The
**internal network** is yours, around the cluster. The last column of each table is the name that reports and waivers
use for the row.
"""
ABOUT_KINDS = (
    "The vendor requires that pods and services reach each other, and names no ports. `rtf_cluster_profile` names the kind of "
    "cluster, and chooses these rows and the networks of pods and services."
)
ABOUT_FEATURES = "Only where `rtf_features` has `{}`, and for the control plane in use."
ABOUT_TLS = "Where TLS must pass undecrypted, the connection uses mutual TLS, which a decrypting proxy breaks."


def _offered(loaded, release):
    """Every endpoint row of a release, of all its control planes, once."""
    found = {}
    for plane in catalog.release_of(loaded, release)["control_planes"]:
        found.update({row["id"]: row for row in catalog.select_endpoints(loaded, release, plane)})
    return [found[row["id"]] for row in loaded.endpoints if row["id"] in found]


def _everything(loaded, release):
    return [
        *catalog.select_ports(loaded, release, "install"),
        *_offered(loaded, release),
        *catalog.select_settings(loaded, release),
    ]


def _releases(loaded):
    return table(
        ["release", "runs on", "control planes", "vendor's page"],
        [
            [
                release["id"] + (" (default)" if release["id"] == catalog.DEFAULT_RELEASE else ""),
                LINES[release["line"]],
                ", ".join(release["control_planes"]),
                release["document"],
            ]
            for release in loaded.releases
        ],
    )


def _about(row, release):
    """The remarks about a row, and its source where that is not the release's own page."""
    document = row["source"]["document"]
    return f"{row_text.remarks(row)}{'' if document == release['document'] else f' Source: {document}.'}"


def _ports(rows, release):
    return table(
        ["ports", "protocol", "from", "to", "purpose", "row"],
        [
            [
                f"{row['transport'].upper()} {row_text.ports(row)}",
                row_text.application(row),
                row_text.side(row["from"]),
                row_text.side(row["to"]),
                _about(row, release),
                code(row["id"]),
            ]
            for row in rows
        ],
    )


def _names(rows, release):
    titles = ["name", "port", "protocol", "from", "TLS", "proxy", "purpose", "row"]
    return table(
        titles,
        [
            [
                code(row["host"]),
                f"TCP {row['port']}",
                row_text.application(row),
                row_text.side(row["from"]),
                "must pass undecrypted" if row["mutual_tls"] else "",
                "HTTP proxy" if row["carrier"] == "http_proxy" else "SOCKS5 proxy only",
                _about(row, release),
                code(row["id"]),
            ]
            for row in rows
        ],
    )


def _settings(rows):
    return table(
        ["requirement", "wanted", "purpose", "source", "row"],
        [
            [row["title"], wanted(row), row_text.remarks(row), row["source"]["document"], code(row["id"])]
            for row in rows
        ],
    )


def _section(level, title, about, body):
    return [f"{'#' * level} {title}", "", *([about, ""] if about else []), *body, ""] if body else []


def _release(loaded, release):
    entry = catalog.release_of(loaded, release)
    ports = catalog.select_ports(loaded, release, "install")
    lasting = {
        direction: [row for row in ports if row["phase"] == "operate" and row["direction"] == direction]
        for direction in ("internal", "inbound", "outbound", "local")
    }
    default = ", the default" if release == catalog.DEFAULT_RELEASE else ""
    lines = [f"## Release {release}{default}", "", *(f"{note}\n" for note in entry.get("notes", []))]
    lines += [f"The source is {entry['document']}, where a row names no other.", ""]
    for title, about, body in (
        (
            "During the installation only",
            "These may be closed again once the installation is complete.",
            _ports([row for row in ports if row["phase"] == "install"], entry),
        ),
        ("Between the nodes", None, _ports(lasting["internal"], entry)),
        ("Into the nodes", None, _ports(lasting["inbound"], entry)),
        (
            "Out of the nodes",
            _about_names(loaded, entry, lasting["outbound"]),
            _ports(lasting["outbound"], entry),
        ),
        ("Within each node", "Nothing to open; the ports must be free.", _ports(lasting["local"], entry)),
    ):
        lines += _section(3, title, about, body)
    lines += _section(3, "Between the nodes, by kind of cluster", ABOUT_KINDS, _by_kind(loaded, release))
    for plane in entry["control_planes"]:
        title = f"Names to allow, control plane {plane} ({row_text.CONTROL_PLANES[plane]})"
        lines += _section(3, title, ABOUT_TLS, _names(catalog.select_endpoints(loaded, release, plane), entry))
    for feature, title in features.load().items():
        lines += _section(3, f"Names to allow for {title}", *_of_feature(loaded, entry, feature))
    lines += _section(3, "Further requirements", None, _settings(catalog.select_settings(loaded, release)))
    kinds = _of_kinds(loaded, lambda site: catalog.select_settings(site, release))
    return lines + _section(3, "Further requirements, by kind of cluster", None, _settings_by_kind(kinds))


def _about_names(loaded, release, outbound):
    """What is to know of openings to the Internet: names are not all on the ports of the table."""
    listed = {port for row in outbound for port in row["ports"]}
    others = sorted({row["port"] for row in _offered(loaded, release["id"])} - set(map(int, listed)))
    own = f", and so are names on other ports: TCP {', '.join(map(str, others))}" if others else ""
    return f"The names behind these are listed below{own}."


def _settings_by_kind(kinds):
    return table(
        ["requirement", "wanted", "kinds of cluster", "purpose", "source", "row"],
        [
            [
                row["title"],
                wanted(row),
                ", ".join(names),
                row_text.remarks(row),
                row["source"]["document"],
                code(row["id"]),
            ]
            for row, names in kinds.values()
        ],
    )


def _of_kinds(loaded, select):
    """`{id: (row, [kind of cluster, ...])}` of the rows that a function selects for some kinds of clusters alone."""
    known = {row["id"] for row in select(loaded)}
    kinds = {}
    for name in clusters.load().profiles:
        for row in select(site_rows.of_site(loaded, {"cluster_profile": name})):
            if row["id"] not in known:
                kinds.setdefault(row["id"], (row, []))[1].append(name)
    return kinds


def _by_kind(loaded, release):
    """A table of the ports that the kinds of clusters have besides those of the release."""
    kinds = _of_kinds(loaded, lambda site: catalog.select_ports(site, release, "install"))
    if not kinds:
        return []
    titles = ["kind of cluster", "pods", "services"]
    found = [(name, kind.networks) for name, kind in clusters.load().profiles.items()]
    networks = table(titles, [[code(name), pods or "to be set", services] for name, (pods, services) in found])
    rows = [row for row in loaded.ports if row["id"] in kinds]
    ports = table(
        ["ports", "protocol", "from", "to", "kinds of cluster", "purpose", "source", "row"],
        [
            [
                f"{row['transport'].upper()} {row_text.ports(row)}",
                row_text.application(row),
                row_text.side(row["from"]),
                row_text.side(row["to"]),
                ", ".join(kinds[row["id"]][1]),
                row_text.remarks(row),
                row["source"]["document"],
                code(row["id"]),
            ]
            for row in rows
        ],
    )
    return [*networks, "", *ports]


def _of_feature(loaded, release, feature):
    """What is to know of the names of a feature, and a table of them, of all control planes."""
    narrowed = site_rows.of_site(loaded, {"features": [feature]})
    rows = [row for row in _offered(narrowed, release["id"]) if row["feature"] == feature]
    named = {plane for row in rows for plane in row["control_planes"]}
    unnamed = [plane for plane in release["control_planes"] if plane not in named]
    without = f" The vendor's pages have no names for {' and '.join(unnamed)}." if unnamed else ""
    return f"{ABOUT_FEATURES.format(feature)}{without}", _names(rows, release)


def _cell(row):
    return row["title"] if row["direction"] is None else row_text.what(row)


def _difference(change):
    """Say what is different in a row that both releases have."""
    fields = [
        f"{field.replace('_', ' ')} was {row_text.value(change.before.get(field))},"
        f" is {row_text.value(change.after.get(field))}."
        for field in change.fields
        if field != "notes"
    ]
    return " ".join([*(text[0].upper() + text[1:] for text in fields), *row_text.notes(change.after)])


def _changes(loaded, before, after):
    found = compare(_everything(loaded, before), _everything(loaded, after))
    lines = [["new", _cell(row), row_text.remarks(row), code(row["id"])] for row in found.added]
    lines += [["no longer listed", _cell(row), "", code(row["id"])] for row in found.removed]
    lines += [
        ["changed", _cell(change.after), _difference(change), code(change.after["id"])] for change in found.changed
    ]
    body = table(["", "request", "difference", "row"], lines) or ["Nothing changes."]
    return _section(3, f"From {before} to {after}", None, body)


def _sources(loaded):
    return [f"* [{document['title']}]({document['url']})" for document in loaded.documents]


def render(loaded):
    """Return the text of the page for a Catalog.

    Written out in full are the default release and each product line's last; between them, what changes.
    """
    appliance = [release["id"] for release in loaded.releases if release["line"] == "appliance"]
    others = [release["id"] for release in loaded.releases if release["line"] != "appliance"]
    lines = [
        INTRODUCTION,
        *_section(2, "Releases", None, _releases(loaded)),
        *_release(loaded, catalog.DEFAULT_RELEASE),
    ]
    lines += ["## What later releases of the appliance change", ""]
    for before, after in itertools.pairwise(appliance):
        lines += _changes(loaded, before, after)
    for release in others:
        lines += _release(loaded, release)
    lines += _section(2, "Sources", None, _sources(loaded))
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(catalog.load()), encoding="utf-8")
    print(PAGE)
