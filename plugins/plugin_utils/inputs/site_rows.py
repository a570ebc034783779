# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of a site: its kind of cluster, its features, and the rows that it adds.

A site writes what it must and gets defaults for the rest; the result is a catalogue row like any other. Its ends may
also be an address or a network, which the vendor's rows never are. Pure functions; every error is a RowError that
names the variable, the entry and what is valid.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import PROTOCOLS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks, clusters, rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.parsing import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import (
    RowError,
    Validator,
    boolean,
    fields,
    host_name,
    identifier,
    list_of,
    network,
    one_of,
    port_bounds,
    port_number,
    text,
    url_path,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import type_conversion

# Ids of probes that are not rows of the catalogue, and the input that asks for each.
PROBES_OF_INPUTS = {"persistence-database": "rtf_persistence_database", "private-registry": "rtf_registry"}
# Rows that a site asks for by an input of a list, also where its release has them no longer.
ASKED_BY_INPUTS = {"ntp": "rtf_ntp_servers"}

_ABOUT: dict[str, Validator] = {
    "id": identifier,
    "severity": one_of(rows.SEVERITIES),
    "purpose": text,
    "phase": one_of(rows.PHASES),
}


def host_or_address(value: Any) -> None:
    """A host name or an IP address."""
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        host_name(value)


def side(value: Any) -> None:
    """One of the catalogue's groups, an address or a network."""
    if value in rows.SIDES:
        return
    try:
        network(value)
    except RowError:
        raise RowError(
            f"{quoted(value)} is not known; valid: {', '.join(rows.SIDES)}, an address such as '192.0.2.7'"
            " or a network such as '192.0.2.0/24'"
        ) from None


_ENDPOINT: tuple[dict[str, Validator], dict[str, Validator]] = (
    {"host": host_or_address, "port": port_number},
    {
        **_ABOUT,
        "protocol": one_of(rows.PROTOCOLS),
        "control_planes": list_of(identifier),
        "from": one_of(rows.NODE_SIDES),
        "mutual_tls": boolean,
        "carrier": one_of(rows.CARRIERS),
        "url_path": url_path,
    },
)
_PORT: tuple[dict[str, Validator], dict[str, Validator]] = (
    {"ports": list_of(port_bounds), "from": side, "to": side},
    {**_ABOUT, "transport": one_of(rows.TRANSPORTS), "application": text},
)


def _port(value: Any) -> Any:
    """A port of text as a number; anything else is left to its validator."""
    try:
        return type_conversion.integer(value)
    except ValueError:
        return value


def _ports(value: Any) -> list[Any]:
    numbers = (
        value if isinstance(value, list) else type_conversion.list_of(value) if isinstance(value, str) else [value]
    )
    return [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in numbers]


_ENDPOINT_TYPES = {"port": _port, "mutual_tls": type_conversion.boolean, "control_planes": type_conversion.list_of}


def _typed(entry: Any, types: Mapping[str, Callable[[Any], Any]]) -> Any:
    """Return an entry with its fields converted from text; one that is not a dictionary is left to its validator."""
    try:
        return type_conversion.fields(entry, types) if isinstance(entry, dict) else entry
    except ValueError as problem:
        raise RowError(str(problem)) from None


def _slug(*parts: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", " ".join(parts).lower()))


def _source(variable: str, name: str) -> dict[str, str]:
    return {"document": "The site's inventory", "section": variable, "row": name}


def endpoint(entry: Any, since: str, control_planes: Sequence[str]) -> Row:
    """Return the endpoint row of one entry of rtf_extra_endpoints, or raise RowError.

    since: the oldest release of the catalogue. control_planes: all that there are, the default.
    """
    entry = _typed(entry, _ENDPOINT_TYPES)
    fields(entry, *_ENDPOINT)
    unknown = [plane for plane in entry.get("control_planes", []) if plane not in control_planes]
    if unknown:
        raise RowError(f"control_planes: {', '.join(unknown)} is not known; valid: {', '.join(control_planes)}")
    protocol = entry.get("protocol", "https")
    name = _slug("site", entry["host"], str(entry["port"]))
    row = {
        "id": name,
        "protocol": protocol,
        "control_planes": list(control_planes),
        "from": "nodes",
        "mutual_tls": False,
        "carrier": PROTOCOLS[protocol].carrier,
        "severity": "required",
        "purpose": "Requested by the site.",
        "since": since,
        **entry,
    }
    return rows.complete_row("endpoints", {**row, "source": _source("rtf_extra_endpoints", row["id"])})


def port(entry: Any, since: str) -> Row:
    """Return the port row of one entry of rtf_extra_ports, or raise RowError.

    since: the oldest release of the catalogue. A port may be written as a number, and a single one without a list.
    """
    entry = _typed(entry, {"ports": _ports})
    fields(entry, *_PORT)
    rows.validate_sides(entry)
    transport = entry.get("transport", "tcp")
    name = _slug("site", transport, *entry["ports"], entry["from"], "to", entry["to"])
    row = {
        "id": name,
        "transport": transport,
        "phase": "operate",
        "severity": "required",
        "purpose": "Requested by the site.",
        "since": since,
        **entry,
    }
    return rows.complete_row("ports", {**row, "source": _source("rtf_extra_ports", row["id"])})


def of_site(catalog: Catalog, inputs: Mapping[str, Any]) -> Catalog:
    """Return `catalog` as the inputs of a site have it, or raise RowError or CatalogError.

    inputs: by their names without `rtf_` or that of a role; those that a role does not take are not set.
    """
    chosen = catalog._replace(
        profile=clusters.load().profile(inputs.get("cluster_profile")), features=frozenset(inputs.get("features", ()))
    )
    asked = frozenset(name for name, input_ in ASKED_BY_INPUTS.items() if _has(inputs, input_.removeprefix("rtf_")))
    chosen = chosen._replace(
        ports=[_asked_on(row, chosen.release_ids) if row["id"] in asked else row for row in chosen.ports]
    )
    return with_site_rows(chosen, inputs.get("extra_endpoints", ()), inputs.get("extra_ports", ()))


def _has(inputs: Mapping[str, Any], name: str) -> bool:
    value = inputs.get(name)
    return isinstance(value, (list, tuple)) and bool(value)


def _asked_on(row: Row, order: Sequence[str]) -> Row:
    """Return a row as it stands where the site asks for it in the releases after its last one."""
    if row["until"] is None or row["until"] == order[-1]:
        return row
    variable = ASKED_BY_INPUTS[row["id"]]
    change = {
        "since": order[order.index(row["until"]) + 1],
        "source": _source(variable, row["id"]),
        "notes": [f"The vendor's page does not list it; {variable} asks for it."],
    }
    return {**row, "until": None, "changes": [*row["changes"], change]}


def with_site_rows(catalog: Catalog, extra_endpoints: Any = (), extra_ports: Any = ()) -> Catalog:
    """Return `catalog` with the site's rows added, or raise RowError.

    extra_endpoints, extra_ports: the values of rtf_extra_endpoints and rtf_extra_ports.
    """
    since, planes = catalog.release_ids[0], catalog.control_planes
    added = {
        "rtf_extra_endpoints": _read("rtf_extra_endpoints", extra_endpoints, endpoint, since, planes),
        "rtf_extra_ports": _read("rtf_extra_ports", extra_ports, port, since),
    }
    taken = {row["id"]: "the catalogue" for kind in rows.KINDS for row in getattr(catalog, kind)}
    taken.update(PROBES_OF_INPUTS)
    for variable, found in added.items():
        of_checks = dict.fromkeys(_names_of_checks(variable.removeprefix("rtf_extra_")), "a check of the audit")
        for place, row in enumerate(found, start=1):
            owner = taken.get(row["id"]) or of_checks.get(row["id"])
            if owner:
                raise RowError(
                    f"{variable}: entry {place}: id {row['id']!r} is already taken by {owner}; give the entry a different id"
                )
            taken[row["id"]] = f"entry {place} of {variable}"
    return catalog._replace(
        endpoints=[*catalog.endpoints, *added["rtf_extra_endpoints"]],
        ports=[*catalog.ports, *added["rtf_extra_ports"]],
    )


def _names_of_checks(kind: str) -> set[str]:
    """Return the ids that rows of a kind cannot have: the check of such a row would have the name of another check."""
    for_rows = tuple(f"{check['id']}." for check in checks.load() if check.get("each") == kind)
    return {check["id"].partition(".")[2] for check in checks.load() if check["id"].startswith(for_rows)}


def _read(variable: str, entries: Any, read: Callable[..., Row], *context: Any) -> list[Row]:
    if not isinstance(entries, (list, tuple)):
        raise RowError(f"{variable}: {quoted(entries)} is not a list of rows")
    found = []
    for place, entry in enumerate(entries, start=1):
        try:
            found.append(read(entry, *context))
        except RowError as error:
            raise RowError(f"{variable}: entry {place}: {error}") from None
    return found
