# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broken labs: each is declared whole, and its audit is held against what is wrong."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import OWNERS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import evidence_json
from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind import declared, judgement, rejudged_audits
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults, internet
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_rejudging

LABS = declared.read().labs
NODES = {"controller-1", "worker-1", "worker-2"}
LAB = LABS[0]._replace(cause=r"storage\.", owners=("storage",), nodes=("worker-2",), says=("read-only",), blocking=(1,))
CAUSE = {
    "id": "storage.writable:fail:worker-2",
    "title": "/var/lib is not writable",
    "owner": "storage",
    "what": "read-only",
    "nodes": ["worker-2"],
    "blocking": True,
    "explains": [{"id": "storage.writable", "node": "worker-2", "follows": False}],
}
OUTPUT = (
    "PLAY [all]\nok: [worker-2]\nRuntime Fabric 1.4, phase install\n\n 1. FAIL  /var/lib is not writable\n"
    "    found:    mounted read-only\n\nNOT READY: 3 nodes, 1 fault to fix; next: storage\n"
)


def test_there_are_sixteen_and_labs_of_one_site_follow_each_other():
    assert sorted(lab.number for lab in LABS) == list(range(1, 17))
    sites = [lab.site for lab in LABS]
    assert sites == sorted(sites, key=declared.SITES.index) and set(sites) == set(declared.SITES)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.number)
def test_a_lab_says_how_it_is_broken_and_repaired_and_what_is_expected(lab):
    assert lab.fault and lab.next_step and lab.says and set(lab.owners) <= set(OWNERS)
    assert lab.nodes and set(lab.nodes) <= NODES
    for pattern in (lab.cause, *lab.says):
        re.compile(pattern)
    known = {*NODES, "internet", "net", *internet.service_addresses()}
    for breakage in lab.breakages:
        if "fault" in breakage:
            assert hasattr(faults, breakage["fault"]) and set(breakage) == {"fault", "with"}
            continue
        assert breakage["on"] in {*NODES, "nodes", "internet"} and breakage["run"] and breakage["repair"]
        names = declared.names_in(breakage["run"] + breakage["repair"])
        assert all(name in known or name.endswith((".com", ".io")) for name in names)


def problems(output=OUTPUT, code=2, readiness="not_ready", causes=(CAUSE,)):
    return judgement.problems(LAB, output, {"causes": list(causes), "readiness": readiness}, code)


def test_an_audit_that_says_what_is_wrong_has_no_problem():
    assert problems() == []


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ({"causes": [{**CAUSE, "id": "time.ntp"}]}, "cause 1 is time.ntp"),
        ({"causes": [{**CAUSE, "owner": "vendor"}]}, "cause 1 is for vendor, not for storage"),
        ({"causes": [{**CAUSE, "nodes": ["worker-1"]}]}, "cause 1 names worker-1, not worker-2"),
        ({"causes": [CAUSE, {**CAUSE, "id": "b", "what": "b", "explains": []}]}, "2 causes block, for one fault"),
        ({"causes": [CAUSE, {**CAUSE, "id": "b", "what": "b", "explains": []}]}, "title of two causes: /var/lib"),
        ({"causes": [CAUSE, {**CAUSE, "id": "b", "title": "b", "what": "b"}]}, "on worker-2 belongs to two causes"),
        ({"causes": []}, "there is no cause"),
        ({"output": OUTPUT.replace("read-only", "odd")}, "the first 10 lines do not say read-only"),
        ({"output": OUTPUT.replace("phase install\n", "phase install\n" + 9 * "x\n")}, "do not say read-only"),
        ({"output": OUTPUT + "PLAY RECAP\nworker-2 : ok=1\n"}, "the last line is no verdict"),
        ({"output": OUTPUT.replace("next: storage", "next: proxy")}, "the last line does not say that storage is next"),
        ({"output": OUTPUT.replace("; next", "\nnext")}, "the last line is no verdict"),
        ({"code": 0}, "the exit status is 0, the verdict NOT READY"),
        ({"readiness": "ready"}, "the last line says NOT READY, report.json ready"),
    ],
)
def test_what_an_audit_gets_wrong_is_named(arguments, problem):
    assert any(problem in text for text in problems(**arguments))


def test_an_audit_without_a_report_is_one_problem():
    assert judgement.problems(LAB, OUTPUT, None, 2) == ["the audit wrote no report"]


def test_what_a_reader_gets_are_the_last_sixty_lines_without_the_answer():
    text = judgement.last_lines("\n".join(str(number) for number in range(100)) + "\n")
    assert text.splitlines() == [str(number) for number in range(40, 100)]


def test_names_in_commands_become_addresses_and_braces_of_nft_stay():
    text = declared.filled("nft 'table inet x { chain y { ip saddr {worker-2} drop; }; }'", {"worker-2": "192.0.2.2"})
    assert text == "nft 'table inet x { chain y { ip saddr 192.0.2.2 drop; }; }'"


def test_a_saved_run_is_judged_again_without_the_lab(tmp_path):
    assert rejudged_audits.audit_of(tmp_path).report is None
    run = tmp_path / "runs" / "20270131T120000Z"
    run.mkdir(parents=True)
    (run / "evidence.json").write_text(evidence_json.text(test_rejudging.run_of(test_rejudging.inputs_of())))
    audit = rejudged_audits.audit_of(tmp_path)
    assert audit.report["causes"] and audit.report["causes"][0]["title"] in judgement.first_lines(audit.output)
    assert problems(audit.output, audit.code, audit.report["readiness"]) != ["the last line is no verdict"]
