# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs with credentials: which those are, what must agree between them, and what may be shown. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import Declaration
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers, proxy_url

PROXIES = ("rtf_http_proxy", "rtf_monitoring_proxy")
# Misspelt variables of a role that were probably meant for credentials.
_WITH_CREDENTIALS = re.compile(r"rtf_\w*(?:_proxy|_proxy_user|_proxy_password|_keys)\Z")
_CREDENTIALS = re.compile(r"://.*@", re.DOTALL)


def must_have_none(name: str, declaration: Declaration) -> bool:
    """Whether a variable is declared, or has the prefix of a role, and has no place for credentials."""
    variable = declaration.variables.get(name)
    if variable:
        return not variable.input.credentials
    return name.startswith(tuple(f"{role}_" for role in declaration.roles)) and not _WITH_CREDENTIALS.match(name)


def misplaced(variables: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each variable that holds a URL with credentials; variables: those of must_have_none."""
    return [
        f"{name}: contains a URL with credentials, which only {' and '.join(PROXIES)} may; it is not shown"
        for name, value in sorted(variables.items())
        if any(_CREDENTIALS.search(text) for text in _texts(value))
    ]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, names of fields included."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple)):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, str):
        yield value


def disagreements(inputs: Mapping[str, Any]) -> list[str]:
    """Return sentences about credentials, each valid by itself, that do not go together; inputs: `{name: value}`."""
    return _proxy_problems(inputs) + _key_problems(inputs)


def _proxy_problems(inputs: Mapping[str, Any]) -> list[str]:
    problems = []
    for name in PROXIES:
        try:
            _proxy(name, inputs)
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
    return problems


def _proxy(name: str, inputs: Mapping[str, Any]) -> proxy_url.ProxyUrl | None:
    return proxy_url.parse(*(inputs.get(f"{name}{part}", "") for part in ("", "_user", "_password")))


def _key_problems(inputs: Mapping[str, Any]) -> list[str]:
    if "rtf_ntp_servers" not in inputs or "rtf_ntp_keys" not in inputs:
        return []
    missing = ntp_servers.missing_keys(inputs["rtf_ntp_servers"], inputs["rtf_ntp_keys"])
    return [f"rtf_ntp_servers: {problem}" for problem in missing]


def shown(name: str, inputs: Mapping[str, Any], value: str) -> str:
    """Return the URL of a proxy as people may see it; a value that is not a URL stays as it is. inputs: without problems."""
    proxy = _proxy(name, inputs)
    return proxy.shown if proxy else value
