# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validators of single inputs, in two tables by the names that `catalog/inputs.yml` has for them.

A validator takes a value that has its declared type, and returns it, or nothing where it is as it was. It raises ValueError
with a sentence that completes "rtf_x: ...": the value and what is valid. Secrets in a value never appear in that sentence.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import (
    named,
    quoted,
    repeatable,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks, clusters, features
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import Input, Variable
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import RowError, network
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    check_patterns,
    cluster_networks,
    durations,
    mail_server,
    no_proxy_extra,
    ntp_servers,
    proxy_url,
    site_services,
    type_conversion,
    waiver_list,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.type_names import kind
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.host_syntax import is_host

Validator = Callable[[Any], Any]

LARGEST_NETWORK, SMALLEST_NETWORK = 8, 24  # prefix lengths


def by_variable(variables: Mapping[str, Variable], catalogue: Catalog) -> dict[str, Validator]:
    """Return `{variable: function}` that gives a value of the variable its type and validates it."""
    return {name: _of_variable(variable, catalogue) for name, variable in variables.items()}


def _of_variable(variable: Variable, catalogue: Catalog) -> Validator:
    following = _validators_of(variable.input, catalogue)

    def validate(value: Any) -> Any:
        if value == UNCHANGED and variable.default == UNCHANGED:
            return value
        typed = _typed(variable.input, value)
        for validator in following:
            found = validator(typed)
            typed = typed if found is None else found
        return typed

    return validate


def _validators_of(declared: Input, catalogue: Catalog) -> list[Validator]:
    found: list[Validator] = []
    if declared.validator:
        found.append(BY_NAME.get(declared.validator) or OF_CATALOGUE[declared.validator](catalogue))
    if declared.choices:
        found.append(some_of(declared.choices) if declared.type == "list" else one_of(declared.choices))
    return [*found, within(declared)] if declared.type in ("int", "float") else found


def _typed(declared: Input, value: Any) -> Any:
    try:
        return type_conversion.typed(declared.type, declared.elements, value)
    except ValueError as problem:
        if declared.unit:
            raise ValueError(f"{_limits(declared)}, not {quoted(value)}") from None
        if declared.type in ("list", "dict") and declared.example:
            raise ValueError(f"{problem}; for example {json.dumps(declared.example)}") from None
        raise


def _limits(declared: Input) -> str:
    bounds = [
        "" if declared.above is None else f"above {declared.above:g}",
        "" if declared.minimum is None else f"at least {declared.minimum:g}",
        "" if declared.maximum is None else f"at most {declared.maximum:.0f}",
    ]
    kind_of_number = "whole number" if declared.type == "int" else "number"
    unit = f" of {declared.unit}" if declared.unit else ""
    return f"must be a {kind_of_number}{unit}, {' and '.join(filter(None, bounds))}"


def within(declared: Input) -> Validator:
    """Return a validator for the limits that an input declares."""
    above = -math.inf if declared.above is None else declared.above
    minimum = -math.inf if declared.minimum is None else declared.minimum
    maximum = math.inf if declared.maximum is None else declared.maximum

    def validate(value: float) -> None:
        if not (above < value and minimum <= value <= maximum):
            raise ValueError(f"{_limits(declared)}, not {quoted(value)}")

    return validate


def one_of(choices: tuple[str, ...] | list[str]) -> Validator:
    """Return a validator for one of `choices`, given as strings."""

    def validate(value: Any) -> None:
        if not isinstance(value, str):
            raise ValueError(
                f"{quoted(value)} is a {kind(value)}, not a string; write it in quotes, one of {', '.join(choices)}"
            )
        if value not in choices:
            found = (
                f"{quoted(value)} is unknown"
                if value
                else "not set for the group rtf_nodes, in the inventory or its group_vars"
            )
            raise ValueError(f"{found}; valid: {', '.join(choices)}")

    return validate


def some_of(choices: tuple[str, ...]) -> Validator:
    """Return a validator for a list of names, each of them one of `choices`."""

    def validate(value: list[Any]) -> None:
        unknown = [named(name) for name in value if name not in choices]
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is unknown; valid: {', '.join(choices)}")

    return validate


def proxy_url_with(scheme: str) -> Validator:
    """Return a validator for `scheme://[user:password@]host:port`; an empty string means no proxy."""
    shape = f"{scheme}://[user:password@]host:port"

    def validate(value: Any) -> None:
        if not isinstance(value, str):
            raise ValueError(f"must be a URL {shape}, not a {kind(value)}")
        if not value:
            return
        if any(character.isspace() for character in value):
            raise ValueError(f"contains spaces; write {shape}")
        try:
            url = urlsplit(value)
            port = url.port
        except ValueError:
            raise ValueError(
                f"has no valid host and port; write {shape}, with @ : / % # of a password percent-encoded"
            ) from None
        if url.scheme != scheme:
            raise ValueError(f"must start with {scheme}://; write {shape}")
        if not url.hostname or not is_host(url.hostname):
            raise ValueError(f"has no valid host name; write {shape}, with @ : / % # of a password percent-encoded")
        if port is None:
            raise ValueError(f"has no port; write {shape}")
        if url.path not in ("", "/") or url.query or url.fragment:
            raise ValueError(f"has text after the port; write {shape}, with @ : / % # of a password percent-encoded")

    return validate


def directory(value: Any) -> None:
    """A path on the control node."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be a path on the control node, not {quoted(value)}")


def file_in(folder: str) -> Validator:
    """Return a validator for a file of ours: root replaces it, and removes it on revert, so it lies in one directory."""

    def validate(value: Any) -> None:
        if not isinstance(value, str) or not re.fullmatch(
            re.escape(folder) + r"/[A-Za-z0-9][A-Za-z0-9._@-]*\.conf", value
        ):
            raise ValueError(
                f"must be the path of a separate file in {folder}, such as {folder}/x.conf, not {quoted(value)}"
            )

    return validate


def ipv4_address(value: Any) -> None:
    """One IPv4 address of the node itself."""
    try:
        ipaddress.IPv4Address(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a valid IPv4 address") from None


def ipv6_address(value: Any) -> None:
    """One IPv6 address of the node itself."""
    try:
        ipaddress.IPv6Address(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a valid IPv6 address") from None


def networks(value: list[Any]) -> None:
    """A list of addresses and networks."""
    for entry in value:
        network(entry)


def cluster_network(value: Any) -> None:
    """The network of the pods or of the services, IPv4, in CIDR notation, or `auto`."""
    shape = f"write an IPv4 network such as 10.244.0.0/16, or {cluster_networks.AUTO}"
    if value == cluster_networks.AUTO:
        return
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"{quoted(value)} is not a valid network; {shape}")
    try:
        found = ipaddress.IPv4Network(value)
    except ValueError as problem:
        why = f" ({problem})" if repeatable(value) else ""
        raise ValueError(f"{quoted(value)} is not a valid network{why}; {shape}") from None
    if not LARGEST_NETWORK <= found.prefixlen <= SMALLEST_NETWORK:
        raise ValueError(
            f"{value} is not a valid size for a network of the cluster; valid: /{LARGEST_NETWORK} to /{SMALLEST_NETWORK}"
        )


def load_balancer(value: Any) -> None:
    """The load balancer in front of the controllers, `host` or `host:port`; an empty string means none."""
    if not isinstance(value, str):
        raise ValueError(f"must be host or host:port, not a {kind(value)}")
    if not value:
        return
    host, colon, port = value.partition(":")
    if not is_host(host):
        raise ValueError(f"{quoted(value)} has no host name or IPv4 address before the port; write host or host:port")
    if colon and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise ValueError(f"{quoted(value)} has no port from 1 to 65535 after the colon; write host or host:port")


def download_url(value: Any) -> None:
    """A URL to download from; an empty string means none."""
    shape = "write http://host/path or https://host/path"
    if not isinstance(value, str):
        raise ValueError(f"must be a URL, not a {kind(value)}; {shape}")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = False
    if value and (not usable or parts.username is not None or not re.fullmatch(r"[!-~]+", value)):
        raise ValueError(f"is not a valid URL, or contains a user, a password or spaces; {shape}")


def duration(value: Any) -> None:
    """A duration such as 24h."""
    durations.seconds(value)


def valid_mail_server(value: dict[str, Any]) -> None:
    """A mail server, or an empty dictionary."""
    mail_server.of_input(value)


def patterns_of_checks(catalogue: Catalog) -> Validator:
    """Return a validator for a list of names and globs of checks."""
    return check_patterns.globs(checks.load(), catalogue)


def _site_rows(variable: str, read: Callable[[list[Any]], Any]) -> Validator:
    """Return a validator for rows that `read` accepts; its message need not repeat the name of the variable."""

    def validate(value: list[Any]) -> None:
        try:
            read(value)
        except RowError as error:
            raise ValueError(str(error).removeprefix(f"{variable}: ")) from None

    return validate


BY_NAME: dict[str, Validator] = {
    "cluster_network": cluster_network,
    "directory": directory,
    "download_url": download_url,
    "duration": duration,
    "http_proxy_url": proxy_url_with("http"),
    "ipv4_address": ipv4_address,
    "ipv6_address": ipv6_address,
    "load_balancer": load_balancer,
    "mail_server": valid_mail_server,
    "modules_file": file_in("/etc/modules-load.d"),
    "networks": networks,
    "no_proxy_entries": no_proxy_extra.check_extra,
    "ntp_keys": ntp_servers.check_keys,
    "ntp_servers": ntp_servers.check_servers,
    "persistence_database": site_services.DATABASE.check,
    "proxy_password": proxy_url.check_password,
    "proxy_user": proxy_url.check_user,
    "registry": site_services.REGISTRY.check,
    "socks5_proxy_url": proxy_url_with("socks5"),
    "sysctl_file": file_in("/etc/sysctl.d"),
}
# What the catalogue offers, such as its releases, is valid for these.
OF_CATALOGUE: dict[str, Callable[[Catalog], Validator]] = {
    "check_patterns": patterns_of_checks,
    "cluster_profile": lambda catalogue: one_of((clusters.NO_PROFILE, *clusters.load().profiles)),
    "control_plane": lambda catalogue: one_of(catalogue.control_planes),
    "extra_endpoints": lambda catalogue: _site_rows(
        "rtf_extra_endpoints", lambda rows: with_site_rows(catalogue, extra_endpoints=rows)
    ),
    "extra_ports": lambda catalogue: _site_rows(
        "rtf_extra_ports", lambda rows: with_site_rows(catalogue, extra_ports=rows)
    ),
    "features": lambda catalogue: some_of(tuple(features.load())),
    "release": lambda catalogue: one_of(catalogue.release_ids),
    "waivers": lambda catalogue: waiver_list.checked(patterns_of_checks(catalogue)),
}
