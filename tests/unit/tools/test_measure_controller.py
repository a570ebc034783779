# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit of simulated nodes: how many tasks it shows, and how many it runs on a node."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tools import measure_controller

OPEN = {"ports": {"open": ["4242", "8472"]}, "reasons": {}}
FREE = {"bound": ["4242", "8472"], "occupied": [], "beside": [], "failed": []}
RATES = {"bytes": 1, "seconds": 1.0, "mean_mbit": 941.0, "peak_mbit": 942.0}
LINK = {
    "sent": 100,
    "received": 100,
    "loss_percent": 0.0,
    "rtt_ms": {"min": 0.1, "p50": 0.1, "p95": 0.1, "max": 0.1},
    "clock": {"offset_ms": 0.0, "error_ms": 0.05},
    "path": {"mtu": 1500, "arrives": True, "icmp": False, "interface": "eth0", "interface_mtu": 1500},
}
PEER = {"name": "other", "address": "10.0.0.2"}
ADDRESS = "192.168.230.11"
EVERYTHING = {
    "rtf_preflight_disk_writes": True,
    "rtf_outbound_bandwidth_url": "http://www.example.com/large",
}


@pytest.fixture
def recording(tmp_path):
    host = samples.evidence()["host"]
    host["time"]["chrony"]["tracking"].update(offset=0.0, root_dispersion=0.001, root_delay=0.001)
    answers = {
        "host_info": {"host": host},
        "egress_info": {"endpoints": [], "name_servers": {"servers": [], "search": [], "ndots": 1}},
        "download_info": {"download": {"bytes": 1, "seconds": 1.0}},
        "disk_write_info": {"directories": []},
        "port_listener": {"listening": {"places": [{"address": ADDRESS, "tcp": FREE, "udp": FREE}]}},
        "port_probe_info": {"peers": [{**PEER, "tcp": OPEN, "udp": OPEN}]},
        "link_info": {"peers": [{**PEER, **LINK, "port": 8472}]},
        "bandwidth_info": {"peers": [{**PEER, "port": 4242, "send": RATES, "receive": RATES}]},
    }
    nodes = {name: {"address": ADDRESS, "answers": answers} for name in ("controller-1", "worker-1")}
    path = tmp_path / "recording.json"
    path.write_text(json.dumps(nodes))
    return path


def audited(tmp_path, recording, count, **inputs):
    """Return (the tasks on the screen, how often each node ran each module)."""
    place = measure_controller.site(tmp_path / "site")
    every = {**measure_controller.INPUTS, **inputs}
    lines, dummy_usage, calls, dummy_memory = measure_controller.measure(count, place, recording, every)
    return [name for dummy_moment, name in measure_controller.tasks_shown(lines)], Counter(calls)


def on_each_node(calls):
    return Counter(host for host, _module in calls.elements())


def test_an_audit_shows_few_tasks_and_runs_fewer_on_a_node(tmp_path, recording):
    shown, calls = audited(tmp_path, recording, 4)
    assert len(shown) <= 18, shown  # four nodes have two rounds of bandwidth
    assert max(on_each_node(calls).values()) <= 7, calls
    assert {module for dummy_host, module in calls if module == "command"} == set()


def test_three_nodes_with_all_measurements_stay_below_ten_tasks_a_node(tmp_path, recording):
    shown, calls = audited(tmp_path, recording, 3, **EVERYTHING)
    assert len(shown) <= 19, shown
    assert set(on_each_node(calls).values()) == {9}, calls
    report = json.loads((tmp_path / "site" / "rtf-report" / "report.json").read_text())
    assert len(report["port_matrix"]["bandwidth"]) == 6


def test_what_is_not_selected_is_not_even_shown(tmp_path, recording):
    shown, calls = audited(tmp_path, recording, 3, rtf_checks=["kernel.*"])
    assert {module for dummy_host, module in calls} == {"host_info"}
    assert [name for name in shown if name.startswith(("Probe", "Measure", "Start", "Stop"))] == []


def test_memory_is_that_of_a_process_and_of_those_that_it_started():
    """What both share is counted once: the child is a fork, as the workers of Ansible are."""
    script = "import os; held = b'x' * 60_000_000; os.fork() or print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert 60_000_000 < measure_controller.memory_of(process.pid) < 110_000_000
        process.stdin.close()
