# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of a change request by name: each renders a Request to {file name: text}.

A new format is a file beside this one with a function `render(request)`, its line below, its test, and its name in the
documentation of the module change_request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import (
    aws,
    azure,
    csv_table,
    firewalld,
    markdown,
    nftables,
    squid,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request

FORMATS: dict[str, Callable[[Request], dict[str, str]]] = {
    "markdown": markdown.render,
    "csv": csv_table.render,
    "squid": squid.render,
    "aws": aws.render,
    "azure": azure.render,
    "nftables": nftables.render,
    "firewalld": firewalld.render,
}


def render(request: Request, names: Iterable[str]) -> dict[str, str]:
    """Return {file name: text} of the formats named."""
    return {name: text for each in names for name, text in FORMATS[each](request).items()}
