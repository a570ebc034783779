# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd-sysctl will set at boot."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import sysctl_names
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    sysctl_boot_replay,
    sysctl_files,
)


@pytest.mark.parametrize(
    "line, parsed",
    [
        ("", None),
        ("  # net.ipv4.ip_forward = 1", None),
        ("; net.ipv4.ip_forward = 1", None),
        ("net.ipv4.ip_forward", None),
        (" net.ipv4.ip_forward=1 ", ("net/ipv4/ip_forward", "1", False)),
        ("-net.ipv4.ip_forward = 1", ("net/ipv4/ip_forward", "1", True)),
        ("-net.ipv4.conf.lo.forwarding", ("net/ipv4/conf/lo/forwarding", None, True)),
        ("kernel.core_pattern = |/bin/x a=b", ("kernel/core_pattern", "|/bin/x a=b", False)),
    ],
)
def test_a_line_is_read_as_sysctl_d_says(line, parsed):
    assert sysctl_files.parse_line(line) == parsed


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


def test_sysctl_conf_counts_at_boot_only_where_a_directory_links_to_it(tmp_path):
    directory, beside = tmp_path / "sysctl.d", tmp_path / "sysctl.conf"
    directory.mkdir()
    assert sysctl_files.read_beside([], [], str(beside)) == []
    beside.write_text("net.ipv4.ip_forward = 0\n")
    assert sysctl_files.read_beside([], [], str(beside)) == [(str(beside), "net.ipv4.ip_forward = 0\n")]
    (directory / "99-sysctl.conf").symlink_to(beside)
    files, _problems = sysctl_files.read_configuration([str(directory)])
    assert sysctl_files.read_beside(files, [], str(beside)) == []
    assert setting_at_boot(files, "net.ipv4.ip_forward") == "0"
