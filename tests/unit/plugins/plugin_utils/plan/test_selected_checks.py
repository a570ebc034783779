# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which checks are made, and that each of them names all the evidence that it is judged by."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import check_patterns
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.audit_plan import HOST_SECTIONS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import Scope, requirements_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.selected_checks import (
    evidence_of,
    selected_checks,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CATALOG = catalog.load()
WORKER = requirements_of(CATALOG, Scope("1.4", "us", "install"), "worker")
OF_INPUTS = ("smtp-server", "persistence-database", "private-registry")
# Where the evidence that a check names stands; that of the port matrix and of pods has tests of its own.
PARTS = {
    "endpoints": lambda probe: probe["id"] not in OF_INPUTS and probe["protocol"] != "ntp",
    "ntp": lambda probe: probe["protocol"] == "ntp",
    "mail": lambda probe: probe["id"] == "smtp-server",
    "database": lambda probe: probe["id"] == "persistence-database",
    "registry": lambda probe: probe["id"] == "private-registry",
}
OF_PODS = {"pods"}
OF_MATRIX = {"listeners", "probes", "outside", "links", "bandwidth", "load_balancer"}
ALONE = ("name_servers", "repositories", "download", "disk_writes")
ROWS = [check for check in checks.load() if not OF_MATRIX.intersection(check["evidence"])]


def reduced(evidence, names):
    """Evidence of which only some was collected. What concerns the whole cluster stays."""
    host = {"privileged": True}
    host.update({section: evidence["host"][section] for name, section in HOST_SECTIONS.items() if name in names})
    found = {"host": host, "cluster": evidence["cluster"], "egress": []}
    for name in names:
        if name in PARTS:
            found["egress"] += [probe for probe in evidence["egress"] if PARTS[name](probe)]
        elif name in ALONE:
            found[name] = evidence[name]
    return found


@pytest.mark.parametrize("check", ROWS, ids=lambda check: check["id"])
@pytest.mark.parametrize("node", ["n1", "n2"])
def test_a_check_comes_to_the_same_with_the_evidence_that_it_names(node, check):
    evidence, subject = samples.evidence(node), samples.subject(node)
    every = judge_node([check], subject, evidence)
    alone = judge_node([check], subject, reduced(evidence, check["evidence"]))
    assert [said(result) for result in alone] == [said(result) for result in every]


def said(result):
    """What a result says; the number of names that name servers know follows from what else is dialled."""
    observed = "" if result["id"] == "egress.dns" else result["observed"]
    return result["id"], result["status"], observed


def test_the_schema_names_all_evidence_that_is_planned():
    schema = json.loads((catalog.FOLDER / "schemas" / "checks.schema.json").read_text(encoding="utf-8"))
    names = schema["$defs"]["check"]["properties"]["evidence"]["items"]["enum"]
    assert set(names) == {"host", *HOST_SECTIONS, *PARTS, *ALONE, *OF_PODS, *OF_MATRIX}
    assert set(names) == {name for check in checks.load() for name in check["evidence"]}


@pytest.mark.parametrize("role", ["controller", "worker"])
@pytest.mark.parametrize(
    "release, phase", [("1.4", "install"), ("1.4", "operate"), ("1.13", "install"), ("2.x", "install")]
)
def test_selected_are_the_checks_that_have_a_result(role, release, phase):
    """Where the judge makes a check, it is selected; but for what the release does not ask for, which needs no evidence."""
    node = {"controller": "n1", "worker": "n2"}[role]
    scope = {"release": release, "control_plane": "us", "phase": phase}
    subject = samples.subject_of(node, samples.GROUPS, {"ansible_host": "192.168.230.11"}, scope)
    judged = judge_node(checks.load(), subject, {}, expected=[check["id"] for check in checks.load()])
    made = {entry["id"] for entry in judged if entry["observed"] != "not required by this release of Runtime Fabric"}
    selected = selected_checks(checks.load(), requirements_of(CATALOG, Scope(release, "us", phase), role))
    assert {entry.result_id for entry in selected} == made


def test_names_and_globs_select():
    def ids(patterns=check_patterns.ALL, skip=()):
        return [entry.result_id for entry in selected_checks(checks.load(), WORKER, patterns, skip)]

    assert ids(["kernel.ip_forward", "fw.b*"]) == ["kernel.ip_forward", "fw.backend"]
    assert ids(["kernel.*"], ["kernel.[!i]*"]) == ["kernel.ip_forward", "kernel.installer_modules"]
    assert "storage.etcd_latency" not in ids()
    assert "ports.etcd" in ids() and "ports.ops-center-api" not in ids()


def test_evidence_of_several_checks_is_named_once():
    found = selected_checks(checks.load(), WORKER, ["kernel.*", "egress.ntp"])
    assert evidence_of(found) == {"host.kernel", "host.time", "ntp"}
