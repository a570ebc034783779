# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the inputs by which a site adds to the catalogue and asks for a change request.

Like the checks in inputs.py, each takes a value and raises ValueError with what is wrong and what is valid.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.field_validators import RowError, network
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inputs, mail_server, value_types

ONE_VALUE_FOR_ALL = (
    "rtf_extra_endpoints",
    "rtf_extra_ports",
    "rtf_internal_networks",
    "rtf_ingress_sources",
    "rtf_smtp",
)


def networks(value):
    """A list of addresses and networks."""
    try:
        found = value_types.list_of(value)
    except ValueError:
        raise ValueError(f"must be a list of networks such as 192.0.2.0/24, not a {inputs.kind(value)}") from None
    for entry in found:
        network(entry)
    return found


def download_url(value):
    """A URL to download from; an empty string means none."""
    shape = "write http://host/path or https://host/path"
    if not isinstance(value, str):
        raise ValueError(f"must be a URL, not a {inputs.kind(value)}; {shape}")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and inputs.is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = False
    if value and (not usable or parts.username is not None or not re.fullmatch(r"[!-~]+", value)):
        raise ValueError(f"is no URL without a user, a password and blanks; {shape}")


def megabits(value):
    """A number of megabits a second."""
    try:
        found = value_types.number(value)
    except ValueError:
        found = 0
    if not 0 < found <= 1000000:
        raise ValueError(f"{quoted(value)} is not a number of megabits a second above 0")
    return found


def mail(value):
    """A mail server, or an empty dictionary."""
    found = value_types.dictionary(value)
    mail_server.of_input(found)
    return found


def _rows(variable, read):
    """A check that `read` accepts the value; its message need not name the variable once more."""

    def check(value):
        try:
            found = value_types.rows(value)
            read(found)
        except RowError as error:
            raise ValueError(str(error).removeprefix(f"{variable}: ")) from None
        return found

    return check


def checks_by_name(catalogue):
    """Return {variable: check}."""
    return {
        "rtf_extra_endpoints": _rows(
            "rtf_extra_endpoints", lambda value: with_site_rows(catalogue, extra_endpoints=value)
        ),
        "rtf_extra_ports": _rows("rtf_extra_ports", lambda value: with_site_rows(catalogue, extra_ports=value)),
        "rtf_internal_networks": networks,
        "rtf_smtp": mail,
        "rtf_outbound_bandwidth_url": download_url,
        "rtf_min_outbound_bandwidth_mbit": megabits,
        "rtf_ingress_sources": networks,
        "rtf_previous_release": inputs.one_of(catalogue.release_ids),
        "rtf_change_request_dir": inputs.directory,
    }
