# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""default_deny where the site has no denial of its own, as packets see it. Runs when the role is gone again."""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import PREPARE, REVERT, Scenario
from ansible_collections.hostprep.runtime_fabric.molecule.packets import stream

NODE = "worker-2"
ALONE = ("--limit", f"localhost,{NODE}")
PAIRS = [(source, NODE) for source in ("controller-1", "worker-1", "outside", "neighbour", f"{NODE} itself")]
PORT_OF_NOBODY = 9191


class DefaultDeny(Scenario):
    """Tests for one backend.

    permissive: shell commands after which the site lets everything in, and has the kernel track connections, which it
    only does for rules that ask for them. restored: those that bring the site of the scenario back.
    """

    backend = ""
    permissive = ""
    restored = ""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def site_without_denials(cls, lab):
        lab.exec(NODE, "sh", "-ec", cls.permissive)
        yield
        lab.exec(NODE, "sh", "-ec", cls.restored)

    def test_it_drops_what_nobody_asked_for_and_keeps_ssh_and_connections(self, lab, view, play):
        with stream(lab, "internet", NODE, PORT_OF_NOBODY) as passes:
            assert passes()
            play(*PREPARE, *ALONE, rtf_firewall_backend=self.backend, rtf_firewall_default_deny=True)
            assert passes()
        assert view.differences(view.wanted("install"), PAIRS) == {}
        assert lab.ssh(NODE, "id", "-un").stdout == b"ops\n"

    def test_the_revert_takes_it_off(self, view, play):
        play(*REVERT, *ALONE)
        assert view.differences(dict.fromkeys(PAIRS, view.everything)) == {}
