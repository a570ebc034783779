# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rtf_firewall where firewalld is installed, stopped and disabled, as packages of the RedHat family leave it.

Runs when the role is gone again.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.front_end_tests import FrontEndTests
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import PREPARE, REVERT, Scenario

NODE = "worker-1"
ALONE = ("--limit", f"localhost,{NODE}")
PAIRS = [(source, NODE) for source in ("controller-1", "worker-2", "outside")]
FILES = "cd /etc/firewalld && find . -type f | sort | xargs md5sum"


def service(lab):
    """Whether firewalld runs now, and at boot."""
    return tuple(
        lab.exec(NODE, "systemctl", question, "--quiet", "firewalld", check=False).returncode == 0
        for question in ("is-active", "is-enabled")
    )


class TestStoppedFirewalld(Scenario):
    """A node on which nobody has started firewalld yet."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def files(cls, lab):
        """What the files of firewalld hold before the role comes."""
        lab.exec(NODE, "systemctl", "disable", "--now", "firewalld")
        yield lab.exec(NODE, "sh", "-c", FILES).stdout.decode()
        lab.exec(NODE, "systemctl", "enable", "--now", "firewalld")

    def test_it_is_started_with_the_rules_and_a_second_run_changes_nothing(self, lab, view, play):
        cells = FrontEndTests.wanted(view, "install")
        for changed in (1, 0):
            outcome = play(*PREPARE, *ALONE, rtf_firewall_backend="firewalld")
            assert outcome.changed[NODE] == changed, outcome.output
        assert service(lab) == (True, True)
        assert view.differences(cells, PAIRS) == {}

    def test_the_revert_stops_and_disables_it_again(self, lab, view, play, files):
        play(*REVERT, *ALONE)
        assert service(lab) == (False, False)
        assert lab.exec(NODE, "sh", "-c", FILES).stdout.decode() == files
        assert view.differences(dict.fromkeys(PAIRS, view.everything)) == {}
