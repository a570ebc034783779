# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preparations that are killed: the next run completes them, and reverting takes everything back. A sample of tests/kills.

Runs after test_revert_rtf.py, which leaves the nodes as they were; each node is a cluster of its own here.
"""

import concurrent.futures
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import sites, trial
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.kill_signals import Kill
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

# {node: [(where its preparation is killed, what follows)]}
SAMPLE = {
    # chrony's files are written, and chrony is not restarted.
    "controller-1": [(Kill("rtf_time_sync/apply_services: Start chrony*#1", "start"), "rerun")],
    # Files of proxies are written, and no role after them has run.
    "worker-1": [(Kill("rtf_proxy/apply_blocks: Configure the proxies#1", "after"), "rerun")],
    # A package is installed, and nothing was recorded since. A change of the firewall is not confirmed.
    "worker-2": [
        (Kill("rtf_time_sync/apply_packages: Install chrony on the Debian family#1", "after"), "revert"),
        (Kill("rtf_firewall/apply_rules: Configure the firewall*#1", "into", 1.0), "rerun"),
    ],
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{node: what came of each of its kills}."""
    lab, directory = Lab.named(), tmp_path_factory.mktemp("killed")

    def kill(node):
        sites.plain(lab, node)
        results = []
        for number, (where, follow_up) in enumerate(SAMPLE[node]):
            bench = trial.Bench(lab, node, "plain", directory / f"{node}-{number}")
            bench.start_from_here()
            results.append(trial.attempt(bench, where, follow_up, None))
        return results

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(SAMPLE, pool.map(kill, SAMPLE)))


@pytest.mark.parametrize(
    "node, number", [(node, number) for node, kills in SAMPLE.items() for number in range(len(kills))]
)
def test_a_preparation_that_was_killed_is_completed_and_taken_back(found, node, number):
    assert found[node][number]["verdict"] == [], json.dumps(found[node][number], indent=2)


def test_what_was_killed_answers(host, found):
    assert host.socket("tcp://0.0.0.0:22").is_listening
