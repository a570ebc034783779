# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits that are interrupted or killed while they probe, and two at once: the next one is as if they had not been."""

import contextlib
import os
import signal

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.audits import NODES, statuses
from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.faults import (
    LISTENER,
    MATRIX_TABLE,
    filtered,
)

# Seconds after which the listeners of an interrupted run are gone: far less than they have without a sign of life.
SOON = 60


@contextlib.contextmanager
def probing(site, **variables):
    """An audit whose listeners are up, and which is about to probe; yields its process."""
    place, words = site(rtf_preflight_links=False, **variables)
    with place.playing(*words, port_matrix=True) as process:
        for line in process.stdout:
            if "Probe every port of every peer" in line:
                break
        yield process


@pytest.fixture(scope="module")
def crossed_and_killed(site, play):
    """What an audit says that finds another one at work, which is killed then, and one after that."""
    with probing(site) as process:
        process.send_signal(signal.SIGSTOP)  # it lives, and takes its time
        meanwhile = play(rtf_preflight_links=False)
        process.kill()
    return meanwhile, play(rtf_preflight_links=False)


def test_an_audit_beside_another_one_ends_with_one_line_and_no_verdict(crossed_and_killed):
    meanwhile = crossed_and_killed[0]
    assert meanwhile.code != 0 and meanwhile.report is None
    line = next(line for line in meanwhile.output.splitlines() if "Another audit uses the ports on " in line)
    for word in (*NODES, f" on {os.uname().nodename} since ", "Nothing was judged."):
        assert word in line
    assert "NOT READY" not in meanwhile.output and "INCOMPLETE" not in meanwhile.output


def test_an_audit_after_a_killed_one_finds_all_ports_free(crossed_and_killed):
    assert statuses(crossed_and_killed[1]) == {}
    for node in NODES:
        assert crossed_and_killed[1].result(node, "ports.free")["status"] == "pass"


@pytest.fixture(scope="module")
def interrupted(lab, site):
    """An audit is interrupted while it probes, which takes a while, because a packet filter swallows much of it."""
    with contextlib.ExitStack() as stack:
        for node in NODES:
            stack.enter_context(filtered(lab, node, "input", "tcp dport 31000-32767 counter drop"))
        process = stack.enter_context(probing(site, rtf_preflight_timeout=5))
        for node in NODES:
            lab.exec(
                node,
                "timeout",
                "60",
                "sh",
                "-c",
                f"while nft list table ip {MATRIX_TABLE} | grep -q 'packets 0 '; do sleep 0.1; done",
            )
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def test_the_listeners_of_an_interrupted_audit_end_soon(host, interrupted):
    host.check_output(f"timeout {SOON} sh -c 'while pgrep -x {LISTENER}; do sleep 0.2; done'")
