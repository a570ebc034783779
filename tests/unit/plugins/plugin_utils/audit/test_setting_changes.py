# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings changed between two runs: inputs, and what is set on nodes, but nothing that is measured."""

import copy
import json
import random

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import setting_changes
from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history import simulated_cluster
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_rejudging


def run_of(**inputs):
    return test_rejudging.run_of(test_rejudging.inputs_of(**inputs))


def changed(before, after):
    found = setting_changes.changes(setting_changes.of_run(before), setting_changes.of_run(after))
    return [tuple(change.values()) for change in found]


@pytest.mark.parametrize("setting", setting_changes.SETTINGS, ids=lambda setting: setting.name)
def test_each_setting_is_in_the_evidence_of_a_node(setting):
    host = simulated_cluster.states(1, {})["worker-1"]["host"]
    host["proxy"]["settings"] = [{"source": "/etc/environment", "variable": "HTTP_PROXY", "value": "http://proxy:3128"}]
    host["swap"]["active"] = [{"name": "/dev/sda3", "kilobytes": 1}]
    found = setting_changes.of_run({"inputs": {}, "nodes": {"worker-1": {"host": host}}})["worker-1"]
    assert any(name == setting.name or "{}" in setting.name for name in found)
    names = setting.name.partition("{}")
    assert [name for name in found if name.startswith(names[0]) and name.endswith(names[2])]


def test_settings_of_inputs_and_nodes_are_named_with_both_values():
    before, after = run_of(), run_of(max_latency_ms=20, checks=["net.*"])
    own = after["nodes"]["w1"]["host"]
    own["network"]["mtus"]["eth0"] = 1400
    own["network"]["resolvers"]["nameservers"] = ["192.0.2.54", "192.0.2.53"]
    assert changed(before, after) == [
        ("", "rtf_checks", '["*"]', '["net.*"]'),
        ("", "rtf_max_latency_ms", "15", "20"),
        ("w1", "name servers", "192.0.2.53", "192.0.2.54, 192.0.2.53"),
        ("w1", "MTU of eth0", "1500", "1400"),
    ]


def test_what_is_measured_or_listed_in_another_order_has_not_changed():
    before, after = run_of(), run_of()
    for number, run in enumerate((before, after)):
        for name, state in zip(run["nodes"], simulated_cluster.states(number, {}).values()):
            host = json.loads(json.dumps(state["host"]))
            random.Random(number).shuffle(host["packages"]["repositories"])
            run["nodes"][name]["host"] = host
        run["nodes"]["w1"]["host"]["system"]["hostname"]["name"] = "w1"
    names = {name: own["host"] for name, own in before["nodes"].items()}
    for name, own in after["nodes"].items():
        own["host"]["system"] = copy.deepcopy(names[name]["system"])
    assert changed(before, after) == []


@pytest.mark.parametrize(
    "lost", [{"unreachable": "no route"}, {"host": {"error": "no Python"}}, {"host": {"kernel": 1}}]
)
def test_a_node_without_evidence_has_changed_nothing(lost):
    whole, partial = run_of(), run_of()
    partial["nodes"]["w1"] = {"inventory": {"role": "worker"}, **lost}
    assert changed(whole, partial) == changed(partial, whole) == []
