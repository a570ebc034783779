# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is recorded of platforms is what Ansible would say there."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded

PROMISED = {
    "rhel-7",
    "rhel-8",
    "rhel-9",
    "rocky-8",
    "rocky-9",
    "almalinux-8",
    "almalinux-9",
    "amazon-2",
    "ubuntu-18.04",
    "ubuntu-20.04",
    "ubuntu-22.04",
    "ubuntu-24.04",
    "debian-11",
    "debian-12",
    "debian-13",
}
VERSIONS = ("distribution_version", "distribution_major_version", "distribution_release")


def test_every_platform_that_is_promised_is_recorded():
    assert PROMISED - set(recorded.names()) == set()


@pytest.mark.parametrize("name", recorded.names())
def test_ansible_makes_the_recorded_facts_of_the_recorded_files(name, tmp_path):
    known = recorded.load(name)
    by_ansible = recorded.facts_by_ansible(known["files"], tmp_path)
    assert {key: value for key, value in known["facts"].items() if key in by_ansible} == {
        key: by_ansible[key] for key in ("os_family", "distribution", *VERSIONS)
    }


@pytest.mark.parametrize("name", recorded.names())
def test_what_ansible_does_not_read_from_files_is_recorded_too(name):
    known = recorded.load(name)
    assert {"pkg_mgr", "service_mgr", "kernel", "python_version"} <= set(known["facts"])
    assert known["facts"]["pkg_mgr"] in known["versions"]
    assert {"systemd", "curl", "chrony", "python3"} <= set(known["versions"])
