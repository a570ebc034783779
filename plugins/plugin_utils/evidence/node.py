# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the registered results of a run to the evidence of each node."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import failures
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import repository_probes

# Names under which the role rtf_preflight and the playbook prepare_rtf leave what they found for a node.
HOST_RESULT = "__rtf_preflight_host"
EGRESS_RESULT = "__rtf_preflight_egress"
REPOSITORIES_RESULT = "__rtf_preflight_repositories"
DOWNLOAD_RESULT = "__rtf_preflight_download"
DISK_WRITES_RESULT = "__rtf_preflight_disk_writes"
COLLECTION_FAILURE = "__rtf_preflight_failure"
PREPARATION_FAILURE = "__rtf_preparation_failure"
# What was asked of the nodes that an earlier task lost, the result of a loop over their names, the same on every node.
LOST_RESULT = "__rtf_preflight_lost"
NAMES = (
    HOST_RESULT,
    EGRESS_RESULT,
    REPOSITORIES_RESULT,
    DOWNLOAD_RESULT,
    DISK_WRITES_RESULT,
    COLLECTION_FAILURE,
    PREPARATION_FAILURE,
)

OUTSIDE_RUN = "not part of this run (--limit or a batch of serial)"
NEVER_COLLECTED = "nothing was collected"
LOST = "an earlier task failed on the node, or lost its connection for a while; the output of the run above says which"


def of_lost(result):
    """Return `{node: what it answered}` of LOST_RESULT as plain data."""
    return {answer["item"]: answer for answer in result.get("results", [])}


def of_node(variables, in_run, lost=None):
    """Return the evidence of one node.

    variables: the node's variables of NAMES, where they exist, as plain data. in_run: False for a node that the play
    was not meant to touch. lost: what one answered that an earlier task lost. Returns
    `{"host", "egress", "repositories", "name_servers", "download", "disk_writes", "preparation_failure"}` (each part
    optional), or `{"unreachable": why}`, or `{"not_run": why}`.
    """
    host = variables.get(HOST_RESULT) or {}
    if not in_run and not host:
        return {"not_run": OUTSIDE_RUN}
    if lost and not host:
        host, variables = lost, {**variables, COLLECTION_FAILURE: LOST}
    for result in (host, *(variables.get(name) or {} for name in (REPOSITORIES_RESULT, EGRESS_RESULT))):
        if result.get("unreachable"):
            return {"unreachable": failures.reason(result.get("msg") or "no reason given")}
    evidence = {
        "host": host.get("host") or {"error": _why_missing(host, variables)},
        **_of_endpoints(variables),
        "name_servers": _of_egress("name_servers", variables),
        "download": _measured("download", variables.get(DOWNLOAD_RESULT) or {}, variables),
        "disk_writes": _measured("directories", variables.get(DISK_WRITES_RESULT) or {}, variables),
    }
    if variables.get(PREPARATION_FAILURE):
        evidence["preparation_failure"] = variables[PREPARATION_FAILURE]
    return evidence


def _of_endpoints(variables):
    """The parts `egress` and `repositories`. Repositories behind another proxy than the site's have a result of their own."""
    found = _of_egress("endpoints", variables)
    elsewhere = _of_egress("endpoints", variables, REPOSITORIES_RESULT)
    if not isinstance(found, list):
        return {"egress": found, "repositories": elsewhere}
    egress, repositories = repository_probes.split(found)
    if repositories and not egress:
        egress = {"error": NEVER_COLLECTED}
    return {"egress": egress, "repositories": [*repositories, *(elsewhere if isinstance(elsewhere, list) else ())]}


def _of_egress(name, variables, of=EGRESS_RESULT):
    """A part of what egress_info found, in one of its results."""
    result = variables.get(of) or {}
    return result[name] if name in result else {"error": _why_missing(result, variables)}


def _measured(name, result, variables):
    """What download_info or disk_write_info found; `{"skipped": True}` where nothing was to be measured."""
    if result.get("skipped"):
        return {"skipped": True}
    return result.get(name) or {"error": _why_missing(result, variables)}


def _why_missing(result, variables):
    return failures.reason(variables.get(COLLECTION_FAILURE) or result.get("msg") or NEVER_COLLECTED)
