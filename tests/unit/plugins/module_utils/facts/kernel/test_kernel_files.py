# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to a kernel release on disk."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import kernel_files

DEP = """\
kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz kernel/net/llc/llc.ko.xz
kernel/net/ipv4/netfilter/iptable-nat.ko:
"""


def test_modules_are_found_by_name_whatever_their_files_are_called(tmp_path):
    directory = tmp_path / "6.1.0-40-amd64"
    directory.mkdir()
    (directory / "modules.dep").write_text(DEP)
    (directory / "modules.builtin").write_text("kernel/fs/overlayfs/overlay.ko\n")
    files, built_in = kernel_files.module_files("6.1.0-40-amd64", str(tmp_path))
    assert files == {
        "br_netfilter": str(directory / "kernel/net/bridge/br_netfilter.ko.xz"),
        "iptable_nat": str(directory / "kernel/net/ipv4/netfilter/iptable-nat.ko"),
    }
    assert built_in == {"overlay"}
    assert kernel_files.module_files("6.9", str(tmp_path)) == ({}, set())


def test_an_option_is_on_off_or_not_known():
    text = "CONFIG_IP_NF_NAT=y\nCONFIG_OVERLAY_FS=m\n# CONFIG_EBT is not set\n"
    assert [
        kernel_files.option(text, name) for name in ("CONFIG_IP_NF_NAT", "CONFIG_OVERLAY_FS", "CONFIG_EBT", "CONFIG_IP")
    ] == ["y", "m", "n", None]


def test_a_kernel_without_any_configuration_has_none(tmp_path):
    nowhere = str(tmp_path / "none")
    assert kernel_files.configuration("6.9", nowhere, nowhere) is None
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8bnonsense")
    assert kernel_files.configuration("6.9", nowhere, str(tmp_path / "broken.gz")) is None
