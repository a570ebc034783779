# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replay of a boot says what systemd-sysctl, udev and sysctl have done on real nodes, for each case that was recorded."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import sysctl_names
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    sysctl_boot_replay,
    sysctl_files,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs.sysctl_cases import (
    BEFORE,
    CASES,
    NAMES,
    PRISTINE,
    Link,
)

LIVE = {path: BEFORE[name] for name, path in NAMES.items()}
KEYS = list(NAMES.values())


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def files(case, tmp_path):
    """The files of the case as the product reads them, and /etc/sysctl.conf as `sysctl` reads it again."""
    for path, content in (*case.files.items(), PRISTINE):
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            place.symlink_to(content.target)
        else:
            place.write_bytes(content.encode())
    found, _problems = sysctl_files.read_configuration([str(tmp_path) + top for top in sysctl_files.DIRECTORIES])
    last = tmp_path / "etc/sysctl.conf"
    return found, [(str(last), last.read_text())] if last.exists() else []


def values(outcomes):
    """{short name: value} after a boot."""
    return {
        name: outcomes[path].settings[-1]["value"] if outcomes[path].settings else BEFORE[name]
        for name, path in NAMES.items()
    }


def test_what_systemd_sysctl_leaves(case, files):
    found, _forwarding, _refused = sysctl_boot_replay.replay(sysctl_boot_replay.Boot(files[0]), KEYS, ["eth0"], LIVE)
    assert values(found) == {**BEFORE, **case.systemd}


def test_what_an_interface_gets_that_udev_adds_afterwards(case, files):
    boot = sysctl_boot_replay.Boot(files[0], udev=True)
    _found, forwarding, _refused = sysctl_boot_replay.replay(boot, KEYS, ["eth0", "late0"], LIVE)
    late = forwarding["late0"]
    usual = late.settings[-1]["value"] if late.settings else "0"
    assert case.late in [usual, *(one["value"] for one in late.otherwise)]


def test_what_sysctl_leaves(case, files):
    boot = sysctl_boot_replay.Boot((), later=[*files[0], *files[1]])
    found, _forwarding, _refused = sysctl_boot_replay.replay(boot, KEYS, ["eth0"], LIVE)
    assert values(found) == {**BEFORE, **(case.systemd if case.sysctl is None else case.sysctl)}


FORWARD, ALL = NAMES["on"], "net/ipv4/conf/all/forwarding"
OURS = ("/etc/sysctl.d/zz-runtime-fabric.conf", "net.ipv4.ip_forward = 1\n")


def replayed(*files, **others):
    return sysctl_boot_replay.replay(sysctl_boot_replay.Boot([*files, OURS], **others), [FORWARD], ["eth0"], LIVE)


def test_the_line_that_decides_is_named_with_those_that_do_not():
    a, b = (
        ("/etc/sysctl.d/20-a.conf", "# x\nnet.ipv4.ip_forward=1\n"),
        ("/etc/sysctl.d/99-b.conf", "\n\nnet.ipv4.conf.all.forwarding=0\n"),
    )
    found, _forwarding, refused = replayed(a, b)
    assert found[FORWARD].settings == [
        {"value": "1", "source": a[0] + ":2"},
        {"value": "1", "source": OURS[0] + ":1"},
        {"value": "0", "source": b[0] + ":3"},
    ]
    assert refused == []


def test_what_the_kernel_refuses_is_named():
    refused = replayed(("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = off\n"))[2]
    assert refused == []  # ours has taken its place
    other = ("/etc/sysctl.d/a.conf", "net.ipv4.conf.all.forwarding = off\n")
    assert replayed(other)[2] == [(ALL, "off", other[0] + ":1")]


def test_a_line_that_excludes_ours_is_named():
    files = [OURS, ("/etc/sysctl.d/zzz.conf", "-net.ipv4.ip_forward\n")]
    found, _forwarding, refused = sysctl_boot_replay.replay(sysctl_boot_replay.Boot(files), [FORWARD], [], LIVE)
    assert found[FORWARD].settings == [] and refused == [(ALL, None, "/etc/sysctl.d/zzz.conf:1")]


def test_an_interface_that_udev_adds_gets_its_own_parameters_once_more():
    """The other order, in which it is there already, is possible as well."""
    before = ("/etc/sysctl.d/10-a.conf", "net.ipv4.conf.eth0.forwarding = 0\n")
    own = {"value": "0", "source": before[0] + ":1"}
    for udev, otherwise in ((True, [own]), (False, [])):
        _found, forwarding, _refused = replayed(before, udev=udev)
        assert forwarding["eth0"].settings[-1] == {"value": "1", "source": OURS[0] + ":1"}
        assert forwarding["eth0"].otherwise == otherwise


def test_a_glob_of_interfaces_holds_for_those_to_come():
    glob = ("/etc/sysctl.d/10-a.conf", "net.ipv4.conf.*.forwarding = 0\n")
    found, forwarding, _refused = replayed(glob, udev=True)
    assert found[FORWARD].settings[-1]["value"] == "1"
    assert forwarding["default"].otherwise == [{"value": "0", "source": glob[0] + ":1"}]


def test_what_runs_later_decides_and_what_has_no_order_can():
    ufw = [("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=0\n")]
    later = replayed(later=ufw)[0][FORWARD]
    assert later.settings[-1] == {"value": "0", "source": "/etc/ufw/sysctl.conf:1"} and later.otherwise == []
    unordered = replayed(unordered=ufw)[0][FORWARD]
    assert unordered.settings[-1]["value"] == "0" and [one["value"] for one in unordered.otherwise] == ["1"]


def test_the_command_line_of_the_kernel_comes_first():
    """Documentation/admin-guide/kernel-parameters.txt, sysctl.*"""
    line = [("the kernel's command line", "net.ipv4.conf.all.forwarding=0")]
    assert replayed(command_line=line)[0][FORWARD].settings[-1]["value"] == "1"
    alone = sysctl_boot_replay.replay(sysctl_boot_replay.Boot((), command_line=line), [FORWARD], [], LIVE)[0][FORWARD]
    assert alone.settings == [{"value": "0", "source": "the kernel's command line:1"}]


@pytest.mark.parametrize(
    "text", ["\0" * 50, "=", "-", "-=", "= 1", "[", "net.ipv4.conf.[.forwarding = 1", "a" * 9999, os.linesep]
)
def test_no_text_raises(text):
    found = sysctl_boot_replay.replay(sysctl_boot_replay.Boot([("/etc/sysctl.d/x.conf", text)]), KEYS, ["eth0"], LIVE)
    assert values(found[0]) == BEFORE


def settings_of(files, name):
    """[{"value", "source"}] of the lines that set a parameter, the one that wins at boot last."""
    key = sysctl_names.key_path(name)
    outcomes, _forwarding, _refused = sysctl_boot_replay.replay(sysctl_boot_replay.Boot(files), [key])
    return outcomes[key].settings


def setting_at_boot(files, name):
    """The value that a boot sets, or None."""
    entries = settings_of(files, name)
    return entries[-1]["value"] if entries else None


def test_the_last_setting_wins_and_every_line_is_named():
    files = [("/etc/a.conf", "# first\nnet.ipv4.ip_forward = 1\n"), ("/etc/b.conf", "net/ipv4/ip_forward=0")]
    assert settings_of(files, "net.ipv4.ip_forward") == [
        {"value": "1", "source": "/etc/a.conf:2"},
        {"value": "0", "source": "/etc/b.conf:1"},
    ]
    assert settings_of(files, "vm.swappiness") == []


def test_a_literal_name_beats_a_glob_wherever_it_stands():
    files = [("/a", "net.ipv4.conf.eth0.forwarding = 1"), ("/b", "net.ipv4.conf.*.forwarding = 0")]
    assert setting_at_boot(files, "net.ipv4.conf.eth0.forwarding") == "1"
    assert setting_at_boot(files, "net.ipv4.conf.eth1.forwarding") == "0"


def test_a_glob_spans_no_separator_and_an_exclusion_takes_a_name_out_of_it():
    files = [("/a", "net.ipv4.* = 0\nnet.ipv4.conf.*.forwarding = 1\n-net.ipv4.conf.lo.forwarding\n")]
    assert setting_at_boot(files, "net.ipv4.conf.eth0.forwarding") == "1"
    assert setting_at_boot(files, "net.ipv4.conf.lo.forwarding") is None
