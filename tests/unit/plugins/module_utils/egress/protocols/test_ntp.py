# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


def probe(**answer):
    with loopback.udp_server(loopback.time_server(**answer)) as port:
        prober = Prober(2, None)
        (row,) = prober.probe_all([loopback.endpoint(port, protocol="ntp")], 1, 10, deadlines.Deadline(10))
    return row


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"stratum": 0}, "does not serve time"),
        ({"stratum": 0, "reference": b"RATE"}, "fewer queries (RATE)"),
        ({"stratum": 16}, "not synchronised"),
        # chrony's selectdata says `d` for it: chrony.conf(5), maxdistance.
        ({"dispersion": 10.0}, "its time may be wrong by 10.0 s, and chrony accepts 3 s"),
        ({"dispersion": 2.0, "delay": 3.0}, "wrong by 3.5 s"),
    ],
)
def test_a_time_server_that_is_of_no_use_is_reachable_all_the_same(answer, words):
    row = probe(**answer)
    assert (row["verdict"], words in row["detail"]) == ("reachable", True)


@pytest.mark.parametrize("code", ["DENY", "RSTR"])
def test_a_server_that_refuses_this_host_is_not_reached(code):
    """RFC 5905, 7.4: a client that gets one of these has to stop asking."""
    row = probe(stratum=0, reference=code.encode("ascii"))
    assert (row["verdict"], row["cause"], row["ntp"]["kiss"]) == ("no_reply", "refuses_time", code)
    assert row["detail"] == f"127.0.0.1 refuses to serve time to this host ({code})"


def test_an_honest_server_has_its_distance_shown():
    row = probe(dispersion=0.5, delay=0.25)
    assert (row["detail"], row["ntp"]["root_distance"], row["ntp"]["kiss"]) == (None, 0.625, None)
