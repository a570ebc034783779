# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site may ask for besides: asked for, it holds after a restart; taken back, everything is as it was.

Units, files, routing rules and ethtool are real; `switchable_features` says what is not.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule import switchable_features
from ansible_collections.hostprep.runtime_fabric.molecule.switchable_features import (
    ASKED_FOR,
    FSTAB,
    RULE,
    SELINUX,
    SWAPS_FILE,
    UNITS,
    show_swaps,
)

NODE = "worker-1"
COMMENTED = FSTAB.replace("/dev/mapper", "# runtime-fabric: /dev/mapper").replace(
    "/swapfile", "# runtime-fabric: /swapfile"
)
OFFLOADS = ("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation")


def state(lab):
    """What the switches touch, by name."""

    def said(*argv):
        return lab.exec(NODE, *argv, check=False).stdout.decode()

    features = dict(line.strip().split(": ", 1) for line in said("ethtool", "-k", "eth0").splitlines() if ": " in line)
    return {
        "fstab": said("cat", "/etc/fstab"),
        "swaps": {line.split()[0] for line in said("cat", SWAPS_FILE).splitlines()[1:]},
        "selinux": said("cat", "/etc/selinux/config"),
        "enabled": said("systemctl", "is-enabled", *UNITS).split(),
        "active": said("systemctl", "is-active", *UNITS[1:]).split(),
        "offloads": [features[name].split()[0] for name in OFFLOADS],
        "rules": [line for line in said("ip", "rule").splitlines(keepends=True) if line.startswith("304")],
        "files": said("find", "/etc", "/var/lib/hostprep-runtime-fabric", "-name", "*runtime?fabric*"),
    }


@pytest.fixture(scope="module")
def before(lab, site):
    """The state of a node that nothing was asked of, with everything that can be switched off."""
    assert site.run(NODE, entry_point="revert").code == 0
    switchable_features.provide(lab, NODE)
    found = state(lab)
    assert (found["enabled"], found["offloads"], found["rules"]) == (["enabled"] * 3, ["on", "on"], [RULE])
    yield found
    switchable_features.take_away(lab, NODE)


@pytest.fixture(scope="module")
def announced(before, lab, site):
    """The Outcome of a dry run, which must change nothing."""
    outcome = site.run(NODE, "--check", "--diff", **ASKED_FOR)
    assert outcome.code == 0, outcome.output
    assert state(lab) == before
    return outcome


@pytest.fixture(scope="module")
def done(announced, lab, site):
    """The Outcome of the run."""
    outcome = site.run(NODE, **ASKED_FOR)
    assert outcome.code == 0, outcome.output
    return outcome


def test_nothing_is_switched_off_unless_it_is_asked_for(before, lab, site):
    assert site.run(NODE).code == 0
    unasked = state(lab)
    assert {name: unasked[name] for name in unasked if name != "files"} == {
        name: before[name] for name in before if name != "files"
    }
    assert site.run(NODE, entry_point="revert").code == 0


def test_what_is_asked_for_holds_and_was_announced(announced, done, lab, site):
    assert announced.changed == done.changed
    assert "-/swapfile\tswap\tswap\tsw" in announced.output and "+SELINUX=permissive" in announced.output
    found = state(lab)
    assert (found["fstab"], found["swaps"], found["rules"]) == (COMMENTED, set(), [])
    assert found["selinux"] == SELINUX.replace("enforcing", "permissive")
    assert (found["enabled"], found["active"]) == (["disabled"] * 3, ["inactive"] * 2)
    assert found["offloads"] == ["off", "off"]
    assert site.run(NODE, **ASKED_FOR).changed == {NODE: 0}


def test_offloads_are_off_on_interfaces_that_come_with_a_restart(done, lab):
    lab.restart(NODE)
    show_swaps(lab, NODE)
    assert state(lab)["offloads"] == ["off", "off"]


def test_taken_back_everything_is_as_it_was(before, done, lab, site):
    outcome = site.run(NODE, entry_point="revert")
    assert outcome.code == 0, outcome.output
    # The service makes its rules again when it runs.
    assert {**state(lab), "rules": [RULE]} == before
    assert site.run(NODE, entry_point="revert").changed == {NODE: 0}
