# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which RPMs are made of Debian's packages, and which files they own."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.images.rocky import rpms

DEPENDS = "dbus, gir1.2-nm-1.0, polkitd | policykit-1, python3-nftables (>= 0.9.3-2~), python3:any"


def test_names_are_those_of_a_dependency_field_without_versions_and_architectures():
    assert rpms.names(DEPENDS) == {"dbus", "gir1.2-nm-1.0", "polkitd", "policykit-1", "python3-nftables", "python3"}
    assert rpms.names("") == set()


def test_what_is_wanted_is_made_with_all_that_it_needs_and_nothing_else():
    dependencies = {"a": {"b"}, "b": {"c", "a"}, "c": set(), "other": {"c"}}
    assert rpms.needed(["a"], dependencies) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "path, is_directory, line",
    [
        ("/usr/bin/nft", False, '"/usr/bin/nft"'),
        ("/etc/firewalld/firewalld.conf", False, '%config(noreplace) "/etc/firewalld/firewalld.conf"'),
        ("/etc/firewalld/zones", True, '%dir "/etc/firewalld/zones"'),
    ],
)
def test_configuration_and_empty_directories_are_marked_as_such(path, is_directory, line):
    assert rpms.line(path, is_directory) == line
