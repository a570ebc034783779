# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names of hosts a run and its inputs have, and which words and public names are none of the site's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.host_name_pseudonyms import NAME

# Fields of evidence whose texts are names of hosts or of domains.
_FIELDS = frozenset(
    ("host", "hostname", "static", "fqdn", "server", "servers", "search", "peer", "gateway", "nameservers", "addresses")
)
_URL_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^\s/@]*@)?([a-z0-9_.-]+)", re.IGNORECASE)
# Inputs whose texts are no names of hosts, although they may look like them.
_OTHER_INPUTS = re.compile(r"(?:\w+_)?(?:checks|waivers|gate|dir|file|sysctls|modules|drivers|formats|services)\Z")
_WORD = re.compile(r"[a-z_]+\Z")
# Fields with one of a few words of this collection.
_OF_FEW_WORDS = frozenset(
    ("role", "status", "severity", "path", "verdict", "phase", "readiness", "transport", "owner", "type", "family")
)
_WORDS = ("localhost", "localdomain", "controller", "worker", "node", "nodes", "all", "ungrouped")


def of_nodes(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that nodes give themselves."""
    for own in evidence.values():
        system = ((own.get("host") or {}).get("system") or {}) if isinstance(own, Mapping) else {}
        yield from (str(name) for name in (system.get("hostname") or {}).values() if isinstance(name, str) and name)


def of_others(data: Any) -> Iterator[str]:
    """Yield every other name in a report, or in evidence."""
    for field, text in _texts(data):
        yield from _URL_HOST.findall(text)
        if field in _FIELDS:
            yield from NAME.findall(text)


def of_inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield every name in inputs, `{name: value}`."""
    for name, value in inputs.items():
        if not _OTHER_INPUTS.match(name):
            for _field, text in _texts(value):
                yield from () if text.startswith("/") else NAME.findall(text)


def public(catalogue: Catalog) -> set[str]:
    """Return the names that the catalogue asks every site to reach."""
    return {name for row in catalogue.endpoints for name in NAME.findall(str(row.get("host", "")).lower())}


def words(data: Iterable[Any], nodes: Iterable[str]) -> set[str]:
    """Return the words that a report is made of: names of its fields, and of what is one of a few."""
    own = set(nodes)
    found = set(_WORDS)
    for one in data:
        found.update(word for word in _vocabulary(one, own) if _WORD.match(word))
    return found


def _vocabulary(value: Any, nodes: set[str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        if not set(value) <= nodes:
            yield from value
        for name, inner in value.items():
            if name in _OF_FEW_WORDS and isinstance(inner, str):
                yield inner
            yield from _vocabulary(inner, nodes)
    elif isinstance(value, list):
        for inner in value:
            yield from _vocabulary(inner, nodes)


def _texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield (the field, the text) of every text; one in a list has the field of the list."""
    if isinstance(value, Mapping):
        # A source of time has the name by which it was configured beside its address.
        named = "address" in value
        for name, inner in value.items():
            yield from _texts(inner, "host" if named and name == "name" else str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, field)
    elif isinstance(value, str):
        yield field, value
