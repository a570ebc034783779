# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of sysctl.d count, and what their lines say."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
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


def test_sysctl_conf_counts_at_boot_only_where_a_directory_links_to_it(tmp_path):
    directory, beside = tmp_path / "sysctl.d", tmp_path / "sysctl.conf"
    directory.mkdir()
    assert sysctl_files.read_beside([], [], str(beside)) == []
    beside.write_text("net.ipv4.ip_forward = 0\n")
    assert sysctl_files.read_beside([], [], str(beside)) == [(str(beside), "net.ipv4.ip_forward = 0\n")]
    (directory / "99-sysctl.conf").symlink_to(beside)
    files, _problems = sysctl_files.read_configuration([str(directory)])
    assert sysctl_files.read_beside(files, [], str(beside)) == []
    assert files == [(str(directory / "99-sysctl.conf"), "net.ipv4.ip_forward = 0\n")]
