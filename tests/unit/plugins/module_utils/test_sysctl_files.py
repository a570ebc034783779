# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd-sysctl will set at boot."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import sysctl_files


@pytest.mark.parametrize(
    "written, path",
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.5/forwarding", "net/ipv4/conf/eth0.5/forwarding"),
        ("net.ipv4.conf.eth0/5.forwarding", "net/ipv4/conf/eth0.5/forwarding"),
        ("plain", "plain"),
    ],
)
def test_the_first_separator_of_a_name_decides(written, path):
    assert sysctl_files.key_path(written) == path


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


def test_an_earlier_directory_hides_the_same_name_and_names_decide_the_order():
    listings = [["/etc/sysctl.d/50-a.conf", "/etc/sysctl.d/99-z.conf"], ["/usr/lib/sysctl.d/50-a.conf"], ["/x/10-b.conf"]]
    assert sysctl_files.effective_files(listings) == [
        "/x/10-b.conf",
        "/etc/sysctl.d/50-a.conf",
        "/etc/sysctl.d/99-z.conf",
    ]


def test_the_last_setting_wins_and_its_line_is_named():
    files = [("/etc/a.conf", "# first\nnet.ipv4.ip_forward = 1\n"), ("/etc/b.conf", "net/ipv4/ip_forward=0")]
    assert sysctl_files.settings_at_boot(files, ["net.ipv4.ip_forward", "vm.swappiness"]) == {
        "net.ipv4.ip_forward": {"value": "0", "source": "/etc/b.conf:1"},
        "vm.swappiness": None,
    }


def test_a_literal_name_beats_a_glob_wherever_it_stands():
    files = [("/a", "net.ipv4.conf.eth0.forwarding = 1"), ("/b", "net.ipv4.conf.*.forwarding = 0")]
    wanted = ["net.ipv4.conf.eth0.forwarding", "net.ipv4.conf.eth1.forwarding"]
    outcome = sysctl_files.settings_at_boot(files, wanted)
    assert [outcome[name]["value"] for name in wanted] == ["1", "0"]


def test_a_glob_spans_no_separator_and_an_exclusion_takes_a_name_out_of_it():
    files = [("/a", "net.ipv4.* = 0\nnet.ipv4.conf.*.forwarding = 1\n-net.ipv4.conf.lo.forwarding\n")]
    wanted = ["net.ipv4.conf.eth0.forwarding", "net.ipv4.conf.lo.forwarding"]
    outcome = sysctl_files.settings_at_boot(files, wanted)
    assert outcome[wanted[0]]["value"] == "1"
    assert outcome[wanted[1]] is None


def test_files_are_read_once_masked_ones_never_and_unreadable_ones_are_named(tmp_path):
    first, second = tmp_path / "etc", tmp_path / "usr"
    first.mkdir()
    second.mkdir()
    (first / "50-a.conf").write_text("a.b = 1\n")
    (first / "60-masked.conf").symlink_to("/dev/null")
    (second / "60-masked.conf").write_text("a.b = 2\n")
    (second / "70-no.txt").write_text("a.b = 3\n")
    os.mkfifo(str(first / "80-fifo.conf"))
    (first / "90-binary.conf").write_bytes(b"\xff\xfe\x00 a.b = 4\n")
    (tmp_path / "alias").symlink_to(second)
    files, problems = sysctl_files.read_configuration([str(first), str(second), str(tmp_path / "alias")])
    assert [os.path.basename(path) for path, _text in files] == ["50-a.conf", "90-binary.conf"]
    assert len(problems) == 1 and "80-fifo.conf: not a regular file" in problems[0]
    assert sysctl_files.settings_at_boot(files, ["a.b"])["a.b"]["value"] == "1"
