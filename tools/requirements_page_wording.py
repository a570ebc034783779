# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a setting of the catalogue wants, in the words of docs/requirements.md."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import row_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.markdown_tables import code


def wanted(row):
    """Return what a row of host_requirements.yml wants, as one text."""
    expected = row["expected"]
    if "printed" in expected:
        return row_text.printed(row).removeprefix(": ")
    return ", ".join(_WORDS[name](content) for name, content in expected.items())


def _assigned(values):
    return ", ".join(code(f"{name} = {value}") for name, value in values.items())


def _modules(names):
    return f"module{'' if len(names) == 1 else 's'} {', '.join(map(code, names))}"


def _one_of(values):
    return " or ".join(filter(None, [", ".join(map(str, values[:-1])), str(values[-1])]))


# The keys of `expected`, each with a function that puts its value into words.
_WORDS = {
    "between_pods_and_services": lambda value: f"{value} between pods and services",
    "burstable": lambda value: "burstable" if value else "dedicated",
    "controller_gib": lambda value: f"{value} GiB on controllers",
    "controllers": lambda value: f"{_one_of(value)} controllers",
    "cores": lambda value: f"{value} or more",
    "development_gib": lambda value: f"{value} GiB for development",
    "directories_gib": lambda value: ", ".join(f"{size} GiB in {code(path)}" for path, size in value.items()),
    "directory": lambda value: f"in {code(value)}",
    "distributions": _one_of,
    "family": lambda value: {"ipv4": "IPv4"}[value],
    "free_addresses": str,
    "from": lambda value: f"for {row_text.side(value)}",
    "loadable_modules": lambda value: f"{_modules(value)} can be loaded",
    "machines": lambda value: " or ".join(map(code, value)),
    "megabytes_per_second": lambda value: f"{value} MB/s or more",
    "milliseconds_at_most": lambda value: f"{value[0]} ms at most, with more than {value[1]} ms refused",
    "modules": _modules,
    "needed_if": lambda value: f"needed if {value}",
    "node_type": str,
    "nodes": lambda value: f"{value} or more",
    "not_enforcing_from": lambda value: f"not enforcing from RHEL {value} on",
    "only_where_present": lambda _value: "where the kernel has it",
    "persistent": lambda value: "persistent" if value else "not persistent",
    "private": lambda value: "private" if value else "public",
    "production_controllers": lambda value: f"in production {value} or more controllers",
    "production_gib": lambda value: f"{value} GiB for production",
    "production_workers": lambda value: f"in production {value} or more workers",
    "programs": lambda value: f"one of {', '.join(map(code, value))}",
    "protocol": str.upper,
    "reserved_ports": lambda value: f"ports {', '.join(value)} reserved",
    "roles": lambda value: f"on {' and '.join(f'{name}s' for name in value)}",
    "same_on_every_node": lambda _value: "the same on all nodes",
    "same_region": lambda _value: "in the same region",
    "size_gib": lambda value: f"{value} GiB or more",
    "swap": lambda value: f"swap {'on' if value else 'off'}",
    "system": str,
    "systems": lambda value: "; ".join(f"{name} {', '.join(versions)}" for name, versions in value.items()),
    "sysctls": _assigned,
    "sysctls_at_least": lambda value: ", ".join(f"{code(name)} of {least} or more" for name, least in value.items()),
    "sysctls_of_the_service": _assigned,
    "to": lambda value: f"to {row_text.side(value)}",
    "versions": _one_of,
    "worker_gib": lambda value: f"{value} GiB on workers",
    "workers": lambda value: f"{value[0]} to {value[1]} workers",
    "writes_per_second_at_least": lambda value: f"{value[0]} writes/s or more, with fewer than {value[1]} refused",
}
