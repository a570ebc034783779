# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action preflight_report: judge the evidence of all nodes, show the table, write the report."""

from __future__ import annotations

import datetime
import json
import os
import tempfile

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import selection, subjects, waivers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import blocking
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import tls_interception
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import FAIL, PASS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import clock_offsets
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import cluster as cluster_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node as evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import ports as port_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import mail_server
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import SPARE_ADDRESSES
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_arguments import (
    PROXY_ARGUMENTS,
    proxy_settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_runs
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import document, terminal

display = Display()

MOST_NAMED = 10

ARGUMENTS = {
    "plan": {"type": "dict", "default": {}},
    "release": {"type": "str", "required": True},
    "control_plane": {"type": "str", "required": True},
    "phase": {"type": "str", "required": True},
    "ntp_servers": {"type": "list", "elements": "raw", "default": []},
    **PROXY_ARGUMENTS,
    "directory": {"type": "path", "required": True},
    "enforce": {"type": "bool", "default": True},
    "extra_endpoints": {"type": "list", "elements": "dict", "default": []},
    "extra_ports": {"type": "list", "elements": "dict", "default": []},
    "spare_addresses": {"type": "int", "default": SPARE_ADDRESSES},
    "checks": {"type": "list", "elements": "str", "default": list(selection.ALL)},
    "skip_checks": {"type": "list", "elements": "str", "default": []},
    "waivers": {"type": "list", "elements": "dict", "default": []},
    "smtp": {"type": "dict", "default": {}},
    "min_outbound_bandwidth_mbit": {"type": "float", "default": 100.0},
    "port_matrix": {"type": "bool", "default": False},
    "port_matrix_peers": {"type": "int", "default": 20},
    "links": {"type": "bool", "default": True},
    "bandwidth": {"type": "str", "default": "ring"},
    "outside_host": {"type": "str", "default": ""},
    "load_balancer": {"type": "str", "default": ""},
    "max_latency_ms": {"type": "float", "default": Limits().latency_ms},
    "min_node_bandwidth_mbit": {"type": "float", "default": Limits().bandwidth_mbit},
}


class ActionModule(ActionBase):
    """Runs once, on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Judge every node of rtf_nodes; fail when something required failed or is unknown."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        collected = _collect(task_vars)
        if arguments["plan"].get("ports"):
            _collect_ports(task_vars["hostvars"], collected)
        report = _judge(arguments, collected, task_vars)
        for pattern in report["selection"]["unmatched"]:
            display.warning(f"{pattern!r} of rtf_checks or rtf_skip_checks matches no check of this run")
        for text, colour in terminal.lines(report, every=display.verbosity > 0):
            display.display(text, color=colour)
        result.update(changed=False, readiness=report["readiness"], report=None)
        if not self._task.check_mode:
            result["report"] = _write(arguments["directory"], report, collected)
            display.display(f"Report: {result['report']}")
        absent = {node: found["evidence"] for node, found in collected.items()}
        stopping = blocking(report["results"], document.left_out(report["results"], report["selection"], absent))
        lost = [entry for entry in stopping if entry["id"] == "access.preparation"]
        if lost or (arguments["enforce"] and stopping):
            result.update(failed=True, msg=_message(report, stopping))
        return result


def _collect(task_vars):
    """Return `{node: {"variables", "evidence"}}` for every node of the inventory."""
    hostvars, in_run = task_vars["hostvars"], set(task_vars["ansible_play_batch"])
    names = (*evidence.NAMES, "rtf_node_address", "ansible_host")
    lost = evidence.of_lost(plain(task_vars.get(evidence.LOST_RESULT) or {}))
    collected = {}
    for node in task_vars["groups"]["rtf_nodes"]:
        of_host = hostvars[node]  # put together anew each time
        variables = {name: plain(of_host[name]) for name in names if name in of_host}
        collected[node] = {
            "variables": {name: variables[name] for name in variables if name not in evidence.NAMES},
            "evidence": evidence.of_node(variables, node in in_run or node in _failed_here(task_vars), lost.get(node)),
        }
    return collected


def _collect_ports(hostvars, collected):
    # Registered results hold no templates, and those of tasks that ran once are as long as the inventory.
    variables = {node: hostvars.raw_get(node) for node in collected}
    others = audit_runs.in_the_way({node: plain(variables[node].get(port_evidence.LISTENER)) for node in collected})
    if others:
        raise AnsibleActionFail(audit_runs.sentence(others))
    outside = port_evidence.from_outside(variables.values())
    for node, found in collected.items():
        ports = plain(port_evidence.of_node(node, variables[node], outside))
        if ports:
            found["evidence"]["ports"] = ports


def _failed_here(task_vars):
    """Nodes that this play was meant for and lost: they are unknown, not left out."""
    return set(task_vars["ansible_play_hosts_all"]) - set(task_vars["ansible_play_hosts"])


def _judge(arguments, collected, task_vars):
    groups, proxy = plain(task_vars["groups"]), proxy_settings(arguments, task_vars)
    scope = {name: arguments[name] for name in ("release", "control_plane", "phase")}
    rows = checks.load()
    catalogue = with_site_rows(catalog.load(), plain(arguments["extra_endpoints"]), plain(arguments["extra_ports"]))
    cluster, sizes = cluster_evidence.of_nodes(collected), cluster_evidence.sizes(groups)
    ports = plain(arguments["plan"]).get("ports")
    matrix = outcome.Matrix(ports, {node: found["evidence"] for node, found in collected.items()}) if ports else None
    limits = Limits(arguments["max_latency_ms"], bandwidth_mbit=arguments["min_node_bandwidth_mbit"])
    clocks = clock_offsets.of_cluster(
        {node: found["evidence"] for node, found in collected.items()},
        clock_offsets.by_packets(matrix.document["links"]) if matrix else [],
    )
    off = selection.switched_off(arguments)
    judged, results = [], []
    for node, found in collected.items():
        judged.append(
            subjects.subject(node, groups, found["variables"], scope, plain(arguments["ntp_servers"]), catalogue, proxy)
        )
        judged[-1] = judged[-1]._replace(
            **{name: arguments[name] for name in ("pod_cidr", "service_cidr", "spare_addresses")},
            mail_server=mail_server.of_input(plain(arguments["smtp"])),
            outbound_mbit=arguments["min_outbound_bandwidth_mbit"],
        )
        found["evidence"].setdefault("cluster", cluster)
        if node in sizes:
            found["evidence"].setdefault("cluster_size", sizes[node])
        if matrix:
            judged[-1] = judged[-1]._replace(ports=matrix.rows(judged[-1].role), limits=limits)
            found["evidence"].update(matrix.evidence(node))
        else:
            judged[-1] = judged[-1]._replace(ports=outcome.rows_without(catalogue, scope, judged[-1].role))
        found["evidence"].update(clocks[node])
        results += judge_node(rows, judged[-1], found["evidence"], expected=selection.without_evidence(arguments))
    now = datetime.datetime.now(datetime.timezone.utc)
    accepted = waivers.parse(plain(arguments["waivers"]), selection.globs(rows, catalogue))
    chosen = (arguments["checks"], arguments["skip_checks"], off)
    selected = selection.summary(results, *chosen)
    absent = {node: found["evidence"] for node, found in collected.items()}
    left_out = document.left_out(results, selected, absent)
    results = waivers.apply(selection.leave_out(results, *chosen), accepted, now.date(), left_out)
    verified = _verified(rows, [entry for entry in results if entry["status"] in (PASS, FAIL)])
    report = document.build(
        scope,
        judged,
        results,
        subjects.requirements(scope, catalogue),
        verified,
        now.isoformat(timespec="seconds"),
        selected,
        waivers.summary(results, accepted, now.date(), left_out),
        absent,
    )
    report["cluster"] = tls_interception.notes(
        {node: found["evidence"].get("egress") for node, found in collected.items()}
    )
    return {**report, "port_matrix": matrix.document} if matrix else report


def _verified(rows, results):
    """Return the ids of the requirements that some check came to an answer on. results: those with one."""
    judged = {entry["id"] for entry in results}
    verified = {row_id for entry in results for row_id in entry["requirement"]}
    for check in rows:
        if check["id"] in judged or ("each" in check and any(name.startswith(f"{check['id']}.") for name in judged)):
            verified.update(check["requirements"])
    return verified


def _message(report, stopping):
    """Why the play fails, in one line: nodes that could not be reached first, and no check of theirs."""
    lost = [node["name"] for node in report["nodes"] if node["unreachable"]]
    reasons = [f"{', '.join(lost)} {'is' if len(lost) == 1 else 'are'} unreachable"] if lost else []
    left_out_by = report["selection"]["left_out_by"]
    reasons += [
        f"{variable} leaves out {len(ids)} checks (a waiver accepts that)"
        for variable, ids in left_out_by.items()
        if any(entry["id"] in ids for entry in stopping)
    ]
    names = {}
    for entry in stopping:
        if entry["node"] not in lost and entry["id"] not in report["selection"]["left_out"]:
            names.setdefault(entry["id"], []).append(entry["node"])
    reasons += [f"{check} on {', '.join(nodes)}" for check, nodes in list(names.items())[:MOST_NAMED]]
    reasons += [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return f"The cluster is {report['readiness']}: {'; '.join(reasons)}. The table above says what to do."


def _write(directory, report, collected):
    """Write report.json, and evidence.json to judge the run again without the hosts; return the report's path."""
    directory = os.path.abspath(directory)
    os.makedirs(directory, exist_ok=True)
    _write_json(
        os.path.join(directory, "evidence.json"), {node: found["evidence"] for node, found in collected.items()}
    )
    path = os.path.join(directory, "report.json")
    _write_json(path, report)
    return path


def _write_json(path, content):
    """Replace the file in one step: a reader never sees half of it. Readable for its owner only."""
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".report-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2, ensure_ascii=False)
            stream.write("\n")
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
