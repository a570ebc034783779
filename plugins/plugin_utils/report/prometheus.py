# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""readiness.prom: the state of the cluster for the textfile collector of Prometheus' node exporter."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report

_PREFIX = "runtime_fabric"
_READINESS = {"ready": 1, "not_ready": 0, "incomplete": -1}


def text(report: Report) -> str:
    """Return the content of the file."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    document = report.document
    yield from _head("node_ready", "Readiness of a node: 1 ready, 0 not ready, -1 incomplete.")
    for node in document["nodes"]:
        labels = {"node": node["name"], "role": node["role"]}
        yield _sample("node_ready", labels, _READINESS[node["readiness"]])
    yield from _head("checks", "Number of checks of a node by severity and status.")
    counts: dict[tuple[str, str, str], int] = {}
    for result in document["results"]:
        key = result["node"], result["severity"], result["status"]
        counts[key] = counts.get(key, 0) + 1
    for (node_name, severity, status), count in counts.items():
        yield _sample("checks", {"node": node_name, "severity": severity, "status": status}, count)
    yield from _head("causes", "Number of causes by the team that has to act.")
    owners: dict[tuple[str, bool], int] = {}
    for cause in document["causes"]:
        owners[cause["owner"], cause["blocking"]] = owners.get((cause["owner"], cause["blocking"]), 0) + 1
    for (owner, blocking), count in owners.items():
        yield _sample("causes", {"owner": owner, "blocking": str(blocking).lower()}, count)
    yield from _head("ready", "Readiness of the cluster: 1 ready, 0 not ready, -1 incomplete.")
    scope = {"release": document["release"], "control_plane": document["control_plane"], "phase": document["phase"]}
    yield _sample("ready", scope, _READINESS[document["readiness"]])
    yield from _head("audit_timestamp_seconds", "When the audit was made.")
    yield _sample(
        "audit_timestamp_seconds", {}, int(datetime.datetime.fromisoformat(document["generated"]).timestamp())
    )


def _head(name: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {meaning}"
    yield f"# TYPE {_PREFIX}_{name} gauge"


def _sample(name: str, labels: Mapping[str, str], value: int) -> str:
    listed = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{_PREFIX}_{name}{{{listed}}} {value}" if listed else f"{_PREFIX}_{name} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
