# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What apt is asked before an installation, when its package lists are too old to ask it, and what is recorded of it."""

import json
import os
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import apt_simulation
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_programs
from ansible_collections.hostprep.runtime_fabric.plugins.modules import change_record

PRINTED = """cat <<END
Reading package lists...
Remv systemd-timesyncd [252.39-1~deb12u1]
Inst libedit2 (3.1-20221030-2 Debian:12.13/oldstable [amd64])
Inst libnettle8 [3.8.1-1] (3.8.1-2 Debian:12.13/oldstable [amd64])
Inst chrony (4.3-2+deb12u1 Debian:12.13/oldstable [amd64])
END
"""
CHANGES = {"packages_added": ["chrony", "libedit2"], "packages_removed": ["systemd-timesyncd"]}
NOT_LISTED = "echo 'E: Unable to locate package chrony' >&2; exit 100"
OLD = apt_simulation.RECENT + 600


@pytest.fixture(name="apt")
def fixture_apt(tmp_path, monkeypatch):
    """Return a function that puts an apt-get in place: (its script, how many seconds ago the marks of an update changed)."""

    def put(script, *ages):
        program = tmp_path / "apt-get"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setattr(host_programs, "PATH", f"{tmp_path}:/usr/bin:/bin")
        marks = []
        for number, age in enumerate(ages):
            mark = tmp_path / f"mark-{number}"
            mark.touch()
            os.utime(str(mark), (time.time() - age, time.time() - age))
            marks.append(str(mark))
        monkeypatch.setattr(apt_simulation, "MARKS", (*marks, str(tmp_path / "missing")))
        return tmp_path / "asked"

    return put


@pytest.mark.parametrize("recommends, word", [(True, "yes"), (False, "no")])
def test_apt_is_asked_by_recent_lists_and_changes_nothing(apt, recommends, word):
    asked = apt(PRINTED, 60)
    assert apt_simulation.simulated(["chrony"], recommends) == CHANGES
    said = f"--simulate --quiet --yes --option=APT::Install-Recommends={word} install chrony\n"
    assert asked.read_text() == said


@pytest.mark.parametrize(
    "ages",
    [
        (),  # no lists at all
        (OLD,),
        (60, OLD),  # an update has changed some lists, and has not succeeded
        (-600,),  # the clock was ahead when they were updated, and nobody knows when that was
    ],
)
def test_older_lists_are_asked_for_nothing(apt, ages):
    asked = apt(PRINTED, *ages)
    assert apt_simulation.simulated(["chrony"], False) is None and not asked.exists()


def test_recent_lists_without_the_package_as_in_a_new_image_answer_nothing(apt):
    apt(NOT_LISTED, 60)
    assert apt_simulation.simulated(["chrony"], False) is None


def recorded(directory, **options):
    return change_record.run(
        {
            "name": "role",
            "directory": str(directory),
            "values": {"units": {}},
            "state": "present",
            "apt_installs": {"packages": ["chrony"], "recommends": False},
            **options,
        },
        False,
    )


def test_what_the_installation_changes_is_recorded_with_the_values(apt, tmp_path):
    apt(PRINTED, 60)
    found = recorded(tmp_path / "records")
    assert (found["simulated"], found["changed"]) == (True, True)
    assert json.loads((tmp_path / "records" / "role.json").read_text()) == {"units": {}, **CHANGES}


def test_nothing_is_recorded_while_it_is_not_known_and_an_earlier_record_stays(apt, tmp_path):
    apt(NOT_LISTED, 60)
    found = recorded(tmp_path / "records")
    assert (found["simulated"], found["changed"], (tmp_path / "records").exists()) == (False, False, False)
    recorded(tmp_path / "records", apt_installs=None)
    assert recorded(tmp_path / "records")["remembered"] == {"units": {}}
