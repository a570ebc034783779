# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes and goes with an installation, in the words of apt, dnf and yum."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.package_changes import (
    planned,
    unneeded,
)

# apt-get 2.6 on Debian 12.
APT = """Reading package lists...
Building dependency tree...
Reading state information...
The following additional packages will be installed:
  libedit2
The following packages will be REMOVED:
  systemd-timesyncd
Remv systemd-timesyncd [252.39-1~deb12u1]
Inst libnettle8 [3.8.1-1] (3.8.1-2 Debian:12.13/oldstable [amd64])
Inst libedit2:amd64 (3.1-20221030-2 Debian:12.13/oldstable [amd64])
Inst chrony (4.3-2+deb12u1 Debian:12.13/oldstable [amd64])
Conf chrony (4.3-2+deb12u1 Debian:12.13/oldstable [amd64])
"""
AUTOREMOVE = """Reading package lists...
Building dependency tree...
Reading state information...
The following packages will be REMOVED:
  libedit2 libother1
0 upgraded, 0 newly installed, 2 to remove and 0 not upgraded.
Remv libedit2 [3.1-20221030-2]
Remv libother1 [1.0-1]
"""


def test_apt_says_what_an_installation_adds_and_removes_and_upgrades_are_neither():
    assert planned({"stdout": APT}, ["chrony"]) == {
        "packages_added": ["chrony", "libedit2:amd64"],
        "packages_removed": ["systemd-timesyncd"],
    }


def test_dnf_says_the_same_with_versions():
    results = [
        "Installed: chrony-4.5-2.el9.x86_64",
        "Installed: libedit-0:3.1-38.20210216cvs.el9.x86_64",
        "Installed: nettle-3.9.1-1.el9.x86_64",
        "Removed: nettle-3.8-3.el9.x86_64",
        "Removed: systemd-timesyncd-252-1.el9.noarch",
    ]
    assert planned({"results": results}, ["chrony"]) == {
        "packages_added": ["chrony", "libedit"],
        "packages_removed": ["systemd-timesyncd"],
    }


def test_yum_names_no_dependencies_and_what_was_asked_for_counts_all_the_same():
    found = planned({"changes": {"installed": ["chrony"]}, "results": []}, ["chrony"])
    assert found == {"packages_added": ["chrony"], "packages_removed": []}


def test_only_what_was_added_and_nothing_needs_is_taken_back():
    assert unneeded(AUTOREMOVE, ["libedit2", "libnettle8"]) == ["libedit2"]
    assert unneeded("libedit\n\nlibseccomp\n\n", ["libseccomp", "chrony"]) == ["libseccomp"]  # dnf 4.14
    assert unneeded("", ["libedit2"]) == []


def test_words_of_a_sentence_are_no_packages():
    assert unneeded("Reading package lists...\n0 upgraded, 0 newly installed\n", ["lists...", "upgraded,", "0"]) == []
