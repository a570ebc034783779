# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a support bundle: one run, without secrets, and on wish without addresses and host names. A pure function."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document, Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog, CatalogError
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import formats as request_formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import site_and_scope
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import markdown
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.html import page
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle import (
    encoded_text,
    names_to_replace,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.address_pseudonyms import Addresses
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.host_name_pseudonyms import (
    HostNames,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.secret_removal import Secrets

CONTENTS = "contents.json"
_REPORTS = {"report.html": page.text, "report.md": markdown.text}


class Run(NamedTuple):
    """name: of the run's directory. document, saved: what its report.json and evidence.json hold."""

    name: str
    document: Mapping[str, Any]
    saved: Mapping[str, Any]


class Site(NamedTuple):
    """What the inventory has now. inputs: `{node: {name: value}}`, without secrets. hosts: all names of hosts."""

    groups: Mapping[str, list[str]]
    inputs: Mapping[str, Mapping[str, Any]]
    hosts: Iterable[str]


class Bundle(NamedTuple):
    """texts: `{name of a file: its content}`. replaced: `{kind: how many different texts}`."""

    texts: dict[str, str]
    replaced: dict[str, int]


def of_run(
    run: Run,
    site: Site,
    catalogue: Catalog,
    versions: Mapping[str, str],
    secrets: Iterable[str],
    key: bytes | None = None,
) -> Bundle:
    """Return the bundle of a run. key: of the pseudonyms; without one, addresses and host names stay."""
    tally = Tally()
    hidden = Secrets(secrets, tally)
    without = functools.cache(hidden.without)  # most texts of a run are in it many times
    data = [_each_text(value, without, hidden) for value in (run.document, run.saved, *site[:2])]
    kept: list[str] = []
    if key is not None:
        names, kept = _host_names(site.hosts, data, catalogue, tally)
        data = _with_pseudonyms(data, names, Addresses(key, tally))
    document, saved, groups, inputs = data
    report = Report(cast(Document, document), [], saved["nodes"])
    texts = {name: text(report) for name, text in _REPORTS.items()}
    texts.update({"report.json": _json(document), "evidence.json": _json(saved), "inputs.json": _json(inputs)})
    requests = _requests(catalogue, groups, inputs)
    texts.update({f"change-request/{name}": text for name, text in requests.items()})
    texts[CONTENTS] = _json(
        {
            "run": run.name,
            "versions": dict(versions),
            "files": sorted((*texts, CONTENTS)),
            "addresses": "as they are" if key is None else "pseudonyms",
            "replaced": tally.found(),
            "kept": kept,
        }
    )
    return Bundle(texts, tally.found())


def _host_names(hosts: Iterable[str], data: list[Any], catalogue: Catalog, tally: Tally) -> tuple[HostNames, list[str]]:
    """The pseudonyms of host names, and the names of hosts that are kept because they are words of the report."""
    document, saved, _groups, inputs = data
    words = names_to_replace.words((document, saved), saved["nodes"])
    own = [*hosts, *saved["nodes"], *names_to_replace.of_nodes(saved["nodes"])]
    others = [*names_to_replace.of_others((document, saved["nodes"]))]
    others += [name for one in (*inputs.values(), saved["inputs"]) for name in names_to_replace.of_inputs(one)]
    kept = sorted({name for name in own if name.lower() in words})
    return HostNames(own, others, words | names_to_replace.public(catalogue), tally), kept


def _with_pseudonyms(data: list[Any], names: HostNames, addresses: Addresses) -> list[Any]:
    @functools.cache
    def learn(text: str) -> str:
        return encoded_text.everywhere(text, addresses.learn)

    for value in data:
        _each_text(value, learn)
    addresses.seal()

    @functools.cache
    def replace(text: str) -> str:
        return encoded_text.everywhere(text, lambda part: addresses.replaced(names.replaced(part)))

    return [_each_text(value, replace) for value in data]


def _each_text(value: Any, replace: Callable[[str], str], secrets: Secrets | None = None, field: str = "") -> Any:
    """A value with every text in it replaced, names of fields included. secrets: by which whole fields are replaced."""
    if isinstance(value, Mapping):
        return {replace(str(name)): _each_text(inner, replace, secrets, str(name)) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each_text(inner, replace, secrets, field) for inner in value]
    if isinstance(value, str):
        return secrets.field(value) if secrets and secrets.is_field(field, value) else replace(value)
    return value


def _requests(catalogue: Catalog, groups: dict[str, list[str]], inputs: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The change request of the inventory in all formats; why there is none where it lacks something."""
    try:
        request = site_and_scope.request(catalogue, groups, inputs)
    except (site_and_scope.InventoryError, CatalogError) as problem:
        return {"missing.txt": f"{problem}\n"}
    return request_formats.render(request, request_formats.FORMATS)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
