# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fcntl
import resource
import socket
import time
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable, writable

PLUGINS = Path(__file__).resolve().parents[5] / "plugins"
HIGH = 1500


@pytest.fixture
def pair():
    """Two connected sockets, of which the first has a descriptor that select.select refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, HIGH + 100)), hard))
    low, other = socket.socketpair()
    high = socket.socket(fileno=fcntl.fcntl(low.fileno(), fcntl.F_DUPFD, HIGH))
    with low, other, high:
        yield high, other
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_descriptor_of_any_number_is_waited_for(pair):
    high, other = pair
    assert high.fileno() >= HIGH
    assert readable([high], 0) == [] and writable([high], 0) == [high]
    other.sendall(b"x")
    assert readable([high, other], 1) == [high] and readable([high.fileno()], 1) == [high.fileno()]


def test_what_has_ended_is_ready_and_what_is_silent_takes_all_of_the_time(pair):
    high, other = pair
    begun = time.monotonic()
    assert readable([high], 0.01) == [] and time.monotonic() - begun >= 0.01
    other.shutdown(socket.SHUT_WR)
    assert readable([high], 1) == [high]


def test_nothing_on_hosts_waits_by_select():
    """A module that probes thousands of ports has more open files than select.select can name: the audit then ended unknown."""
    users = [path.name for path in PLUGINS.rglob("*.py") if "select.select(" in path.read_text(encoding="utf-8")]
    assert users == []
