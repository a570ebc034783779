# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rejudge_rtf: a saved run with the inputs of today, without a host, beside the real runs."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import evidence_json, formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit, test_rejudging
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import report_schema


def save(site, **inputs):
    """Save a whole run as the audit does, and return its report."""
    run = test_rejudging.run_of(test_rejudging.inputs_of(**inputs))
    document = test_rejudging.first_judged(run)
    files = {formats.MAIN: json.dumps(document), formats.EVIDENCE: evidence_json.text(run)}
    run_directories.save(site / "rtf-report", files, test_audit.NOW, False, 30)
    return document


def real_runs(site):
    """What a real run has written, and where the links lead."""
    reports = site / "rtf-report"
    return {
        str(path): (path.readlink() if path.is_symlink() else path.read_text(encoding="utf-8"))
        for path in (*reports.iterdir(), *(reports / "runs").rglob("*"))
        if not path.is_dir()
    }


def rejudged(site):
    """The reports that were judged again, the oldest first."""
    places = sorted((site / "rtf-report" / "rejudged").iterdir())
    return [json.loads((place / formats.MAIN).read_text(encoding="utf-8")) for place in places]


def test_the_last_run_is_judged_again_beside_it(play, site):
    before = save(site, enforce=False)
    there = real_runs(site)
    same = play("rejudge_rtf")
    assert same.returncode == 0 and f"Report: {site}/rtf-report/rejudged/" in same.stdout, same.stdout
    other = play(
        "rejudge_rtf",
        rtf_release="1.13",
        rtf_report_formats=["junit", "html"],
        rtf_gate="rejudged.inputs[?now=='1.13']",
    )
    assert other.returncode != 0 and "rtf_gate (rejudged.inputs" in other.stdout, other.stdout
    said = other.stdout.partition("the run did not collect")[2].partition(" ask: ")[0]
    assert "exchange-files.anypoint.mulesoft.com:443" in said, other.stdout
    assert "; next: run the audit again\n" in other.stdout, other.stdout
    # The example's ansible.cfg has the callback that shows the verdict last.
    assert '"summary"' not in other.stdout and "\nINCOMPLETE: 3 nodes" in other.stdout.partition("PLAY RECAP")[2]
    assert real_runs(site) == there and run_directories.all_runs(site / "rtf-report")[-1].name == "20270131T120000Z"

    first, second = rejudged(site)
    assert report_schema.problems(first) == report_schema.problems(second) == []
    assert first["rejudged"]["inputs"] == [] and not first["since"]["new"] and second["release"] == "1.13"
    assert {key: value for key, value in first.items() if key not in ("rejudged", "since")} == before
    places = sorted((site / "rtf-report" / "rejudged").iterdir())
    assert sorted(path.name for path in places[1].iterdir()) == ["junit.xml", "report.html", "report.json"]
    compared = play("compare_rtf", rtf_compare_before=str(places[0]), rtf_compare_after=str(places[1]))
    assert compared.returncode == 0 and "0 new, 0 fixed" in compared.stdout, compared.stdout


def test_a_run_is_named_and_waived_and_nothing_is_written_in_a_dry_run(play, site):
    save(site, max_latency_ms=0.1, checks=["net.latency"])
    waivers = [{"checks": ["*"], "reason": "a slow line"}]
    options = {"rtf_rejudge_run": "rtf-report/runs/20270131T120000Z", "rtf_waivers": waivers}
    dry = play("rejudge_rtf", "--check", **options)
    assert dry.returncode == 0 and "Waived: *: a slow line" in dry.stdout, dry.stdout
    assert "Dry run: no report was written" in dry.stdout and not (site / "rtf-report" / "rejudged").exists()
    without = play("rejudge_rtf", "--check", **{**options, "rtf_waivers": []})
    assert without.returncode != 0 and "rtf_checks leaves out required checks" in without.stdout, without.stdout


@pytest.mark.parametrize(
    "variables, why",
    [
        ({}, "rtf-report does not exist: set rtf_rejudge_run to the evidence.json of a run"),
        ({"rtf_rejudge_run": "old.json"}, "old.json holds only evidence, without inputs and plan"),
        ({"rtf_waivers": [{"checks": ["*"], "reason": "http://u:Kq1xKq1v@a"}]}, "contains a URL with credentials"),
    ],
)
def test_what_cannot_be_judged_again_is_refused_in_one_sentence(play, site, variables, why):
    (site / "old.json").write_text(json.dumps({"node-1": {"host": {}}}))
    refused = play("rejudge_rtf", **variables)
    assert refused.returncode != 0 and why in refused.stdout and "Traceback" not in refused.stdout, refused.stdout
    assert "Kq1xKq1v" not in refused.stdout
