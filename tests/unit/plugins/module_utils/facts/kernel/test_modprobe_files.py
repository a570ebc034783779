# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a module from being loaded."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import modprobe_files

CIS = """\
# hardening
install ebtables /bin/false
blacklist ebtables
blacklist overlay
install br-netfilter \\
  /bin/true
install nf_conntrack /sbin/modprobe --ignore-install nf_conntrack
options ip_tables debug=1
install
"""


def test_an_install_command_outweighs_a_blacklist_and_one_that_calls_modprobe_is_no_obstacle():
    assert modprobe_files.obstacles_in_files([("/etc/modprobe.d/cis.conf", CIS)]) == {
        "ebtables": {"how": "install", "source": "/etc/modprobe.d/cis.conf:2", "line": "install ebtables /bin/false"},
        "overlay": {"how": "blacklist", "source": "/etc/modprobe.d/cis.conf:4", "line": "blacklist overlay"},
        "br_netfilter": {
            "how": "install",
            "source": "/etc/modprobe.d/cis.conf:5",
            "line": "install br-netfilter /bin/true",
        },
    }


@pytest.mark.parametrize(
    "word, how", [("module_blacklist=a,br-netfilter", "install"), ("modprobe.blacklist=br_netfilter", "blacklist")]
)
def test_the_command_line_can_forbid_a_module(word, how):
    found = modprobe_files.obstacles_in_command_line(f"ro quiet {word} x=y")["br_netfilter"]
    assert (found["how"], found["line"]) == (how, word)
