# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alerts of the guide, evaluated by Prometheus over the metrics that a report has."""

import re
import subprocess

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import simulated_reports
from ansible_collections.hostprep.runtime_fabric.tools.markdown_blocks import beginning_with

PAGE = checkout.read("docs/guide/nightly-audits.md")


def promtool(directory, *words):
    done = subprocess.run(
        ["promtool", *words],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def samples(broken):
    """The lines of readiness.prom."""
    text = formats.render(simulated_reports.report(3, broken=broken), ["prometheus"])["readiness.prom"]
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    "broken, days, firing",
    [
        (False, 0, []),
        (True, 0, ["RuntimeFabricNotReady"]),
        (False, 3, ["RuntimeFabricAuditMissing"]),
    ],
)
def test_an_alert_fires_where_its_name_says(broken, days, firing, tmp_path):
    """promtool begins at the time 0, so the audit, as old as the case says, gets a time from there."""
    rules = beginning_with(PAGE, "groups:")
    (tmp_path / "alerts.yml").write_text(rules)
    lines = [line.rsplit(" ", 1) for line in samples(broken)]
    series = [
        {"series": name, "values": f"{0 if name == 'runtime_fabric_audit_timestamp_seconds' else value}x10000"}
        for name, value in lines
    ]
    names = [rule["alert"] for group in yaml.safe_load(rules)["groups"] for rule in group["rules"]]
    labels = re.search(r"^runtime_fabric_ready\{(.*)\}", "\n".join(samples(broken)), re.MULTILINE).group(1)
    of_ready = {"alertname": "", **dict(re.findall(r'(\w+)="([^"]*)"', labels))}
    expected = {
        "RuntimeFabricNotReady": [{"exp_labels": {name: text for name, text in of_ready.items() if text}}],
        "RuntimeFabricAuditMissing": [{"exp_labels": {}}],
    }
    case = {
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": [
            {"eval_time": f"{days}d1m", "alertname": name, "exp_alerts": expected[name] if name in firing else []}
            for name in names
        ],
    }
    (tmp_path / "case.yml").write_text(yaml.safe_dump({"rule_files": ["alerts.yml"], "tests": [case]}))
    promtool(tmp_path, "test", "rules", "case.yml")


def test_the_table_names_every_metric():
    rows = set(re.findall(r"^\| `(runtime_fabric_\w+)` \|", PAGE, re.MULTILINE))
    assert rows == {re.match(r"\w+", line).group() for line in samples(broken=True)}
