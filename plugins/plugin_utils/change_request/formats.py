# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of a change request by name: each renders a Request to {file name: text}.

A new format is a file beside this one with a function `render(request)`, its line below, and its test. `make docs` writes
the names and the files into the documentation of the module change_request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

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


class Format(NamedTuple):
    """render: from a Request to {file name: text}. files: what these are, as the documentation of the module says it."""

    render: Callable[[Request], dict[str, str]]
    files: str


FORMATS = {
    "markdown": Format(markdown.render, "C(change-request.md), and C(comparison.md) if there is a previous release"),
    "csv": Format(csv_table.render, "C(openings.csv)"),
    "squid": Format(
        squid.render,
        "C(squid-access.conf). For a Squid that decrypts TLS, it is also C(squid-passthrough.conf), for endpoints that require "
        "mutual TLS, and C(squid-passthrough-containers.conf), for endpoints of containers that do not trust the site's CA",
    ),
    "aws": Format(aws.render, "C(aws-security-groups.tf.json), in the JSON syntax of Terraform"),
    "azure": Format(azure.render, "C(azure-network-security-group.tf.json), in the JSON syntax of Terraform"),
    "nftables": Format(nftables.render, "one file for each node role"),
    "firewalld": Format(firewalld.render, "one file for each node role"),
}


def render(request: Request, names: Iterable[str]) -> dict[str, str]:
    """Return {file name: text} of the formats named."""
    return {name: text for each in names for name, text in FORMATS[each].render(request).items()}
