# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces of a pod's packets, with a worker that answers at once."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.deadlines import Deadline
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import pod_packet_traces, syn_capture

TARGETS = {("198.51.100.9", 443 + number): f"endpoint-{number}" for number in range(9)}


class Worker:
    def ask(self, request, seconds):
        targets, given = request["with"]
        assert request["do"] == "dial" and given < seconds
        return [{"verdict": "timeout", "detail": str(port)} for dummy_address, port in targets]


@pytest.fixture(autouse=True)
def untapped(monkeypatch):
    def refuse(targets):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(syn_capture, "Tap", refuse)


def test_the_first_targets_are_dialled_and_each_keeps_its_endpoint():
    found = pod_packet_traces.traces(Worker(), TARGETS, "10.42.0.7", Deadline(30))
    assert [(row["id"], row["port"], row["detail"]) for row in found] == [
        (f"endpoint-{number}", 443 + number, str(443 + number)) for number in range(pod_packet_traces.MOST)
    ]
    assert {row["unseen"] for row in found} == {"[Errno 1] Operation not permitted"}


@pytest.mark.parametrize("targets, seconds", [({}, 30), (TARGETS, 0)])
def test_without_targets_or_time_nothing_is_dialled(targets, seconds):
    assert pod_packet_traces.traces(None, targets, "10.42.0.7", Deadline(seconds)) == []
