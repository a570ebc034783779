# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


@pytest.mark.parametrize("stratum, words", [(0, "refuses"), (16, "not synchronised")])
def test_a_time_server_that_is_of_no_use_is_reachable_all_the_same(stratum, words):
    with loopback.udp_server(loopback.time_server(stratum=stratum)) as port:
        prober = Prober(2, None)
        (row,) = prober.probe_all([loopback.endpoint(port, protocol="ntp")], 1, 10, deadlines.Deadline(10))
    assert (row["verdict"], words in row["detail"]) == ("reachable", True)
