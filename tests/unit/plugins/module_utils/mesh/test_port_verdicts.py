# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import errno

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import port_verdicts


def test_a_summary_tells_ranges_by_verdict_and_the_usual_reason():
    outcomes = dict.fromkeys(range(30000, 30010), ("open", None))
    outcomes.update({30003: ("dropped", "silence"), 30004: ("dropped", "silence"), 30005: ("dropped", "other")})
    assert port_verdicts.summary(outcomes) == {
        "asked": 10,
        "ports": {"open": ["30000-30002", "30006-30009"], "dropped": ["30003-30005"]},
        "reasons": {"dropped": "silence"},
    }


def test_nothing_asked():
    assert port_verdicts.summary({}) == {"asked": 0, "ports": {}, "reasons": {}}


@pytest.mark.parametrize(
    "number, verdict",
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.EHOSTUNREACH, "rejected"),
        (errno.ENETUNREACH, "rejected"),
        (errno.EPERM, "rejected"),
        (errno.ETIMEDOUT, "dropped"),
        (errno.EADDRNOTAVAIL, "error"),
        (errno.EMFILE, "error"),
    ],
)
def test_errors_of_the_network_and_of_this_host_are_told_apart(number, verdict):
    assert port_verdicts.verdict_of(number)[0] == verdict
