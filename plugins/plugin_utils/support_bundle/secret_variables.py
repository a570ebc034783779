# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets among the variables of hosts, and these variables without them. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import MASK
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import (
    SECRET,
    Declaration,
)

# By which Ansible connects to hosts.
OF_CONNECTIONS = (
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_ssh_private_key_passphrase",
)
_LONG_USER = 12  # characters; such a user may be a token and is no common word


def of(variables: Mapping[str, Any], declaration: Declaration) -> set[str]:
    """Return the secrets in variables of a host, those in the credentials of URLs included, as they are and decoded."""
    found = set()
    for name, value in variables.items():
        if name in OF_CONNECTIONS:
            found.add(str(value))
        elif name in declaration.variables and declaration.variables[name].input.credentials == SECRET:
            found.update(_secret(value, name.endswith("_user")))
        elif isinstance(value, str) and "://" in value:
            found.update(_of_url(value))
    return found - {""}


def without(variables: Mapping[str, Any], declaration: Declaration) -> dict[str, Any]:
    """Return the variables but those of connections, with a mask in place of each secret; URLs stay as they are."""
    return {
        name: MASK
        if name in declaration.variables and declaration.variables[name].input.credentials == SECRET
        else value
        for name, value in variables.items()
        if name not in OF_CONNECTIONS
    }


def _secret(value: Any, is_user: bool) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _secret(entry, is_user)
    elif isinstance(value, Mapping):
        yield str(value.get("secret", ""))
    elif isinstance(value, str) and (not is_user or len(value) >= _LONG_USER):
        yield value


def _of_url(value: str) -> Iterator[str]:
    credentials = value.partition("://")[2].rpartition("@")[0]
    user, _colon, password = credentials.partition(":")
    for text in (password, user if len(user) >= _LONG_USER or not password else ""):
        yield from (text, unquote(text))
