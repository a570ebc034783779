# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of `make test-history`: three audits of simulated nodes, and what is said to have changed between them."""

import copy

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history import campaign, sayings

# The second one finds a node off, an endpoint closed and a waiver; in the third one the node is back with a fault.
SAMPLE = [
    {"still": 3},
    {
        "inputs": {"rtf_waivers": [{"checks": ["time.*"], "reason": "by DHCP"}]},
        "nodes": {"controller-1": ["dropped_endpoint"], "worker-1": ["off"]},
        "new": ["egress.anypoint on controller-1"],
        "waived": ["time.requested_servers on controller-1", "time.requested_servers on worker-2"],
        "settings": ['rtf_waivers: [] -> [{"checks": ["time.*"], "reason": "by DHCP"}]'],
        "unreached": ["worker-1"],
        "still": 0,
    },
    {
        "nodes": {"worker-1": ["forwarding"], "controller-1": ["dropped_endpoint"]},
        "new": [
            "kernel.ip_forward on worker-1",
            "time.requested_servers on controller-1",
            "time.requested_servers on worker-2",
        ],
        "settings": [
            'rtf_waivers: [{"checks": ["time.*"], "reason": "by DHCP"}] -> []',
            "net.ipv4.ip_forward of worker-1: 1 -> 0",
        ],
        "still": 2,
    },
]


def test_three_audits_are_compared_as_the_schedule_says(tmp_path):
    history = campaign.Campaign(tmp_path / "site", campaign.schedule()["faults"])
    assert [history.run(run) for run in SAMPLE] == [[], [], []]


def test_the_schedule_has_twenty_whole_runs_and_everything_that_can_change():
    content = campaign.schedule()
    runs = content["runs"]
    assert len([run for run in runs if not run.get("limit")]) >= 20 and any(run.get("limit") for run in runs)
    assert set().union(*runs) == {*sayings.FIELDS, "run", "nodes", "inputs", "limit"}
    used = {fault for run in runs for faults in run.get("nodes", {}).values() for fault in faults}
    assert used == set(content["faults"])


PRINTED = """\
From 2027-01-31T12:00:00+00:00 to 2027-01-31T13:00:00+00:00
  New:      net.latency on w1: w2 is the slowest: p50 0.1, p95 0.1, max 0.1 ms -> w2: p50
            40, p95 40, max 40 ms
  Fixed:    kernel.ip_forward on w1, w2: ip_forward = 0 -> ip_forward = 1
  Setting:  time zone of w1, w2: UTC ->
            Europe/Berlin
w3 was unreachable in one of the runs and is not compared.
NOT READY -> NOT READY: 1 new, 2 fixed, 0 changed, 0 waived, 3 as before
ok: [localhost]
"""
EXPECTED = {
    "new": ["net.latency on w1"],
    "fixed": ["kernel.ip_forward on w1", "kernel.ip_forward on w2"],
    "settings": ["time zone of w1: UTC -> Europe/Berlin", "time zone of w2: UTC -> Europe/Berlin"],
    "unreached": ["w3"],
    "still": 3,
}


def test_what_is_printed_is_read_in_the_words_of_the_schedule():
    assert sayings.printed(PRINTED) == sayings.scheduled(EXPECTED)


@pytest.mark.parametrize(
    "field, value",
    [("new", []), ("fixed", ["kernel.ip_forward on w1"]), ("unreached", []), ("still", 2), ("unstable", ["a on w1"])],
)
def test_what_is_said_otherwise_is_named(field, value):
    expected = copy.deepcopy({**EXPECTED, field: value})
    [wrong] = campaign.differences("compare_rtf", sayings.printed(PRINTED), sayings.scheduled(expected))
    assert wrong.startswith(f"compare_rtf: {field}: ")
