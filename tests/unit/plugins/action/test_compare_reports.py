# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs of one directory are compared, by default the last two."""

import copy
import datetime
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import evidence_json
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit, test_rejudging
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

NOW = datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def documents():
    good = test_audit.audit_of(samples.audit_inputs(), test_audit.collected()).document
    evidence = copy.deepcopy(test_audit.collected())
    evidence["w1"]["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]["live"] = "0"
    return good, test_audit.audit_of(samples.audit_inputs(), evidence).document


def save(directory, documents):
    for hours, document in enumerate(documents):
        now = NOW + datetime.timedelta(hours=hours)
        run_directories.save(directory / "found", {"report.json": json.dumps(document)}, now, False, 30)


def compared(directory, **arguments):
    words = json.dumps({"directory": "found", **arguments})
    return play(directory, f"    - hostprep.runtime_fabric.compare_reports: {words}\n")


def test_the_last_two_runs_are_compared(tmp_path, documents):
    good, bad = documents
    save(tmp_path, [bad, good, bad])
    code, output = compared(tmp_path)
    assert code == 0, output
    assert "New:      kernel.ip_forward on w1: " in output and "1 new, 0 fixed, 0 changed" in output


def test_runs_are_chosen_by_file_or_directory(tmp_path, documents):
    save(tmp_path, documents)
    first, second = run_directories.all_runs(tmp_path / "found")
    code, output = compared(tmp_path, before=str(second / "report.json"), after=str(first))
    assert code == 0 and "Fixed:    kernel.ip_forward on w1" in output, output


def test_a_link_to_a_run_has_the_runs_before_it(tmp_path, documents):
    good, bad = documents
    lost = [{**one, "status": "unknown"} if one["node"] == "w1" else one for one in good["results"]]
    save(tmp_path, [good, {**good, "results": lost}])
    (tmp_path / "now.json").write_text(json.dumps(bad))
    code, output = compared(tmp_path, before="found/report.json", after="now.json")
    assert code == 0 and "New:      kernel.ip_forward on w1" in output, output


def test_settings_are_compared_where_the_evidence_was_saved(tmp_path):
    for hours, limit in enumerate((15, 20)):
        run = test_rejudging.run_of(test_rejudging.inputs_of(max_latency_ms=limit))
        run["nodes"]["w1"]["host"]["network"]["mtus"]["eth0"] = 1500 - 100 * hours
        document = test_rejudging.first_judged(run)
        files = {"report.json": json.dumps(document), "evidence.json": evidence_json.text(run)}
        run_directories.save(tmp_path / "found", files, NOW + datetime.timedelta(hours=hours), False, 30)
    code, output = compared(tmp_path)
    assert code == 0 and "  Setting:  rtf_max_latency_ms: 15 -> 20\n" in output, output
    assert "  Setting:  MTU of eth0 of w1: 1500 -> 1400\n" in output


def test_what_cannot_be_compared_is_said(tmp_path, documents):
    save(tmp_path, documents[:1])
    code, output = compared(tmp_path)
    assert code != 0 and "has 1 complete runs to compare" in output
    (tmp_path / "odd.json").write_text("{}")
    code, output = compared(tmp_path, before="odd.json", after="odd.json")
    assert code != 0 and "not a report of format" in output
