# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check needs and an earlier run did not collect, by the plans of both. Pure functions.

A check must not pass by evidence that another release asks for and nobody has collected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.audit_plan import NodePlan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import (
    ALL,
    NONE,
    SHAPED,
    PortPlan,
    PortRows,
    Row,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.selected_checks import SelectedCheck

# Which options of host_info a section is made from; one that is missing here is made from none.
_OPTIONS = {
    "kernel": ("sysctls", "kernel_modules"),
    "network": ("dns_address", "arp_sweep"),
    "storage": ("directories", "settings_file", "device_settings"),
    "system": ("kernel_options", "accounts"),
}
# What of an endpoint decides what is dialled.
_DIALLED = ("host", "port", "protocol", "mutual_tls", "url_path")


def of_node(check: SelectedCheck, wanted: NodePlan, had: NodePlan) -> list[str]:
    """Return what is missing of one node, in words. wanted: the plan for this check alone. had: that of the earlier run."""
    return list(
        dict.fromkeys(
            [
                *_of_host(wanted["host_info"], had["host_info"]),
                *_of_endpoints(check, wanted, had),
                *_of_measurements(wanted, had),
            ]
        )
    )


def of_cluster(check: SelectedCheck, wanted: PortRows, inputs: Mapping[str, Any], had: PortPlan | None) -> list[str]:
    """Return what is missing of the ports between nodes, in words.

    wanted: the rows that are judged now. inputs: of the role rtf_preflight; what they switch off is not missing. had: the
    plan of the earlier run, None where it had no matrix.
    """
    needed = set(check.check["evidence"]) & _switched_on(inputs)
    if not needed:
        return []
    if had is None:
        return ["the ports between the nodes"]
    missing = {
        "probes": not had["probe"],
        "links": not had["links"],
        "bandwidth": had["bandwidth"] not in (inputs["bandwidth"], ALL),
        "outside": not had["outside_host"],
        "load_balancer": had["load_balancer"] is None,
    }
    words = {"probes": "ports between the nodes", "outside": "ports from outside", "load_balancer": "the load balancer"}
    found = [words.get(name, name) for name in sorted(needed) if missing.get(name)]
    return list(dict.fromkeys([*found, *_rows(check, wanted, had, needed)]))


def _switched_on(inputs: Mapping[str, Any]) -> set[str]:
    """The names of evidence of the port matrix that a site has not switched off."""
    if not inputs["port_matrix"]:
        return set()
    there = {
        "probes": True,
        "listeners": True,
        "links": inputs["links"],
        "bandwidth": inputs["links"] and inputs["bandwidth"] != NONE,
        "outside": bool(inputs["outside_host"]),
        "load_balancer": bool(inputs["load_balancer"]),
    }
    return {name for name, on in there.items() if on}


def _of_host(wanted: Mapping[str, Any], had: Mapping[str, Any]) -> Iterator[str]:
    for section in wanted["sections"]:
        if section not in had["sections"]:
            yield f"host.{section}"
            continue
        for option in _OPTIONS.get(section, ()):
            before, now = had.get(option), wanted[option]
            if isinstance(now, list):
                yield from (f"{entry} ({option})" for entry in now if entry not in (before or ()))
            elif now and now != before:
                yield option


def _of_endpoints(check: SelectedCheck, wanted: NodePlan, had: NodePlan) -> Iterator[str]:
    asked = wanted["egress_info"]
    dialled = had["egress_info"]
    if wanted["repositories"] and not had["repositories"]:
        yield "the package repositories"
    if asked is None:
        return
    if asked["name_servers"] and not (dialled and dialled["name_servers"]):
        yield "the name servers"
    endpoints = dialled["endpoints"] if dialled else []
    # What is judged by whichever endpoints there are, such as a proxy, needs none in particular; each name server is
    # judged by every name, and pods by every endpoint that they dial.
    own = {"name_servers", "pods"}.intersection(check.check["evidence"])
    if check.row is None and "endpoints" in check.check["evidence"] and not own and endpoints:
        return
    known = {_key(endpoint, _DIALLED): endpoint["paths"] for endpoint in endpoints}
    for endpoint in asked["endpoints"]:
        paths, tried = endpoint["paths"], known.get(_key(endpoint, _DIALLED), [])
        # The first path is the one that is judged; the others are compared with it.
        if paths[:1] != tried[:1] or not set(paths) <= set(tried):
            yield f"{endpoint['host']}:{endpoint['port']}"


def _of_measurements(wanted: NodePlan, had: NodePlan) -> Iterator[str]:
    download, before = wanted["download_info"], had["download_info"]
    if download and (before is None or (download["url"], download["path"]) != (before["url"], before["path"])):
        yield "the bandwidth of the download"
    disks, written = wanted["disk_write_info"], had["disk_write_info"]
    if disks and not set(disks["directories"]) <= set(written["directories"] if written else ()):
        yield "the write speed of the disks"


def _rows(check: SelectedCheck, wanted: PortRows, had: PortRows, needed: set[str]) -> Iterator[str]:
    """The rows that are judged and were not among those of the earlier run."""
    if check.row is not None:
        yield from _unknown([check.row], had["rows"])
        return
    if needed & {"listeners", "outside"}:
        yield from _unknown(wanted["rows"], had["rows"])
    if needed & {"probes", "outside"}:
        yield from _unknown(wanted["closed"], had["closed"])
    if "outside" in needed:
        yield from _unknown(wanted["public"], had["public"])


def _unknown(wanted: Iterable[Row], had: Iterable[Row]) -> Iterator[str]:
    """The rows with a port that no earlier row has between the same sides and in the same shape of packets."""
    known: dict[str, set[int]] = {}
    for row in had:
        known.setdefault(_sides(row), set()).update(port_ranges.numbers(row["ports"]))
    for row in wanted:
        if not known.get(_sides(row), set()).issuperset(port_ranges.numbers(row["ports"])):
            yield f"the ports of {row['id']}"


def _sides(row: Row) -> str:
    return json.dumps([row["transport"], row["from"], row["to"], row["application"] == SHAPED])


def _key(row: Mapping[str, Any], fields: Iterable[str]) -> str:
    return json.dumps([row.get(field) for field in fields])
