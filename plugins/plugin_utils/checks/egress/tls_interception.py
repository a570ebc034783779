# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS interception, seen across endpoints, nodes and paths.

The endpoints themselves are judged one by one. These notes report what only all of them together show: one authority
that intercepts several owners' TLS, or nodes and paths that differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import endpoint_operators
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import shared_certificate
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress.endpoint_remedies import WAYS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first


class _Sighting(NamedTuple):
    """A certificate of one endpoint as one node saw it over one path.

    stranger: the owner of the endpoint does not use its issuer. certificate: its identity, None where that is not known.
    """

    node: str
    row: str
    host: str
    vendor: str
    path: str
    issuer: str
    trusted: bool
    stranger: bool
    certificate: shared_certificate.Identity | None


def notes(probes_by_node: dict[str, Any], known: Collection[str] = ()) -> list[Row]:
    """Return `[{"id", "observed", "remedy"}]`; none where TLS is not intercepted.

    probes_by_node: `{node: results of egress_info}`; what is not a list of results is left out. known: issuers of which the
    report says elsewhere for which endpoints, nodes and path they sign.
    """
    seen = [sighting for node, probes in probes_by_node.items() for sighting in _sightings(node, probes)]
    # Of the others a cause names the nodes that do reach the endpoints, and who has to act.
    others = [each for each in seen if not (each.stranger and each.issuer in known)]
    return [*_inspectors(others), *_differences_of_nodes(others), *_differences_of_paths(seen)]


def _sightings(node: str, probes: Any) -> Iterator[_Sighting]:
    for probe in probes if isinstance(probes, list) else ():
        vendor = endpoint_operators.of_host(probe["host"])
        for attempt in (probe, *(probe.get("other_paths") or ())):
            shown = attempt.get("tls")
            if vendor and shown and shown.get("issuer"):
                stranger = shown.get("issuer_organisation") not in endpoint_operators.issuers(probe["host"])
                yield _Sighting(
                    node,
                    probe["id"],
                    probe["host"],
                    vendor["name"],
                    attempt["path"],
                    shown["issuer"],
                    bool(shown.get("trusted")),
                    stranger,
                    shared_certificate.identity(shown),
                )


def _inspectors(seen: list[_Sighting]) -> Iterator[dict[str, str]]:
    """One private authority that signs for several operators."""
    for issuer in _unique(each.issuer for each in seen if each.stranger):
        theirs = [each for each in seen if each.stranger and each.issuer == issuer]
        signed_for = sorted({each.vendor for each in theirs})
        if len(signed_for) < 2:
            continue
        if len({each.row for each in theirs}) > 1 and len({each.certificate for each in theirs} - {None}) == 1:
            yield _one_certificate(theirs, signed_for)
            continue
        nodes, trusting = _unique(each.node for each in theirs), _unique(each.node for each in theirs if each.trusted)
        trust = (
            "all of them trust"
            if trusting == nodes
            else f"{_and(trusting)} trusts"
            if len(trusting) == 1
            else (f"{_and(trusting)} trust" if trusting else "none of them trusts")
        )
        yield {
            "id": "cluster.tls_inspection",
            "observed": (
                f"{issuer} signs certificates for {_and(signed_for)}: {len({each.row for each in theirs})} "
                f"endpoints, {_and([WAYS[path] for path in _unique(each.path for each in theirs)])}, seen "
                f"from {_and(nodes)}; {trust} it"
            ),
            "remedy": (
                "This is one TLS-inspecting device: ask its team to exempt all endpoints of the change request at once."
            ),
        }


def _one_certificate(theirs: Sequence[_Sighting], owners: Sequence[str]) -> dict[str, str]:
    """Not inspection, which signs a certificate for each name."""
    nodes, paths = _unique(each.node for each in theirs), [WAYS[path] for path in _unique(each.path for each in theirs)]
    return {
        "id": "cluster.one_certificate",
        "observed": (
            f"{_and(paths)}, one certificate of {theirs[0].issuer} answers for {len({each.row for each in theirs})} "
            f"endpoints of {_and(owners)}, seen from {_and(nodes)}"
        ),
        "remedy": "This is a login page or a block page: ask the network team which device shows it to these nodes.",
    }


def _differences_of_nodes(seen: list[_Sighting]) -> Iterator[dict[str, str]]:
    """Endpoints whose TLS is intercepted from some nodes and not from others, over the same path."""
    hosts_by_difference: dict[tuple[Any, ...], list[str]] = {}
    for row, path in _unique((each.row, each.path) for each in seen):
        here = [each for each in seen if (each.row, each.path) == (row, path)]
        inspected = tuple(_unique(each.node for each in here if each.stranger))
        others = tuple(_unique(each.node for each in here if not each.stranger))
        if inspected and others:
            hosts_by_difference.setdefault((path, inspected, others), []).append(here[0].host)
    for (path, inspected, others), hosts in hosts_by_difference.items():
        yield {
            "id": "cluster.nodes_differ",
            "observed": (
                f"TLS from {_and(list(inspected))} but not from {_and(list(others))} is intercepted {WAYS[path]}: "
                f"{joined_first(_unique(iter(hosts)), ', ')}"
            ),
            "remedy": (
                f"Ask the network team why the path of {_and(list(inspected))} to the Internet differs from "
                f"that of {_and(list(others))}."
            ),
        }


def _differences_of_paths(seen: list[_Sighting]) -> Iterator[dict[str, str]]:
    """Paths on which TLS is intercepted while another path of the same node and endpoint is not."""
    rows_by_difference: dict[tuple[Any, ...], list[str]] = {}
    for node, row in _unique((each.node, each.row) for each in seen):
        here = [each for each in seen if (each.node, each.row) == (node, row)]
        inspected = tuple(path for path in WAYS if path in {each.path for each in here if each.stranger})
        others = tuple(path for path in WAYS if path in {each.path for each in here if not each.stranger})
        if inspected and others:
            rows_by_difference.setdefault((inspected, others), []).append(row)
    for (inspected, others), rows in rows_by_difference.items():
        count = len(set(rows))
        yield {
            "id": "cluster.paths_differ",
            "observed": (
                f"TLS to {count} endpoint{'' if count == 1 else 's'} is intercepted "
                f"{_and([WAYS[path] for path in inspected])} but not "
                f"{_and([WAYS[path] for path in others])}"
            ),
            "remedy": (
                f"TLS is inspected only {_and([WAYS[path] for path in inspected])}: ask the team that runs that path."
            ),
        }


def _unique(values: Iterator) -> list[Any]:
    return list(dict.fromkeys(values))


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"
