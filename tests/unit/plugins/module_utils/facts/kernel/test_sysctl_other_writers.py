# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that write kernel parameters besides systemd-sysctl, from their files as sites have them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    sysctl_files,
    sysctl_other_writers,
)


@pytest.fixture
def site(tmp_path):
    """A function that writes a file below the root and returns the root."""

    def write(path, text, mode=0o644):
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)
        return str(tmp_path)

    return write


def said(files):
    """[(key, value, source)] of what files set."""
    return list(sysctl_files.settings(files))


FORWARD = "net/ipv4/ip_forward"


@pytest.mark.parametrize(
    "default, enabled, found",
    [
        ("IPT_SYSCTL=/etc/ufw/sysctl.conf\n", "ENABLED=yes\n", [(FORWARD, "0", "/etc/ufw/sysctl.conf:2")]),
        (
            "# IPT_SYSCTL=/x\nIPT_SYSCTL='/etc/ufw/sysctl.conf' # x\n",
            'ENABLED="Yes"\n',
            [(FORWARD, "0", "/etc/ufw/sysctl.conf:2")],
        ),
        ("IPT_SYSCTL=/etc/ufw/sysctl.conf\n", "ENABLED=no\n", []),
        # What hardening guides advise, so that sysctl.d decides alone.
        ("IPT_SYSCTL=0\n", "ENABLED=yes\n", []),
        ("IPT_SYSCTL=\n", "ENABLED=yes\n", []),
        ("IPT_SYSCTL=/etc/none\n", "ENABLED=yes\n", []),
    ],
)
def test_ufw_applies_the_file_that_its_defaults_name(site, default, enabled, found):
    site("/etc/ufw/sysctl.conf", "# x\nnet/ipv4/ip_forward=0\n")
    site("/etc/default/ufw", default)
    root = site("/etc/ufw/ufw.conf", enabled)
    assert said(sysctl_other_writers.of_ufw(root, [])) == found


def test_tuned_applies_sysctl_conf_last(site):
    """https://github.com/redhat-performance/tuned/issues/409"""
    site("/etc/sysctl.d/zz-runtime-fabric.conf", "net.ipv4.ip_forward = 1\n")
    site("/etc/sysctl.conf", "net.ipv4.ip_forward = 0\n")
    root = site("/etc/tuned/active_profile", "virtual-guest\n")
    assert said(sysctl_other_writers.of_tuned(root, []))[-1] == (FORWARD, "0", "/etc/sysctl.conf:1")
    site("/etc/tuned/tuned-main.conf", "# x\nreapply_sysctl = 0\n")
    assert sysctl_other_writers.of_tuned(root, []) == []


def test_tuned_applies_its_profile_and_those_that_this_includes(site):
    site("/usr/lib/tuned/base/tuned.conf", "[main]\ninclude=base\n[sysctl]\nnet.ipv4.ip_forward=0\n[vm]\nx=1\n")
    site("/etc/tuned/own/tuned.conf", "[main]\ninclude = base\n[sysctl]\n# x = 1\nvm.swappiness=>10\n")
    root = site("/etc/tuned/active_profile", "own\n")
    assert said(sysctl_other_writers.of_tuned(root, [])) == [
        (FORWARD, "0", "/usr/lib/tuned/base/tuned.conf:4"),
        ("vm/swappiness", "10", "/etc/tuned/own/tuned.conf:5"),
    ]


def test_networkd_sets_all_interfaces_and_each_by_the_file_that_it_has_chosen(site):
    """https://github.com/NixOS/nixpkgs/pull/509648"""
    site("/etc/systemd/networkd.conf", "[Network]\n#IPv4Forwarding=no\n")
    site("/etc/systemd/networkd.conf.d/router.conf", "[Network]\nIPv4Forwarding=yes\n")
    site("/etc/systemd/network/10-eth0.network", "[Match]\nName=eth0\n[Network]\nIPv4Forwarding=no\n")
    root = site(
        "/run/systemd/netif/links/2",
        "# private\nADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-eth0.network\n",
    )
    assert said(sysctl_other_writers.of_networkd(root, {"2": "eth0", "3": "eth1"}, [])) == [
        ("net/ipv4/conf/all/forwarding", "1", "/etc/systemd/networkd.conf.d/router.conf:2"),
        ("net/ipv4/conf/eth0/forwarding", "0", "/etc/systemd/network/10-eth0.network:4"),
    ]


def test_networkmanager_sets_the_interface_of_a_keyfile(site):
    path = "/etc/NetworkManager/system-connections/a.nmconnection"
    root = site(path, "[connection]\ninterface-name=eth0\n[wifi-security]\npsk=secret\n[ipv4]\nforwarding=0\n")
    found = sysctl_other_writers.of_networkmanager(root, [])
    assert said(found) == [("net/ipv4/conf/eth0/forwarding", "0", path + ":6")] and "secret" not in str(found)


def test_frr_and_shorewall_switch_forwarding(site):
    """A router's daemon was the cause of https://github.com/systemd/systemd/issues/40230"""
    root = site("/etc/frr/frr.conf", "frr version 8.4\nno ip  forwarding\n!\n")
    assert said(sysctl_other_writers.of_frr(root, [])) == [(FORWARD, "0", "/etc/frr/frr.conf:2")]
    for word, value in (("Off", "0"), ("Yes", "1")):
        site("/etc/shorewall/shorewall.conf", f"# x\nIP_FORWARDING={word}\n")
        assert said(sysctl_other_writers.of_shorewall(root, [])) == [
            (FORWARD, value, "/etc/shorewall/shorewall.conf:2")
        ]
    site("/etc/shorewall/shorewall.conf", "IP_FORWARDING=Keep\n")
    assert said(sysctl_other_writers.of_shorewall(root, [])) == []


@pytest.mark.parametrize(
    "line, setting",
    [
        # Advised in https://github.com/mm3906078/vGate/issues/2
        ("echo 1 > /proc/sys/net/ipv4/ip_forward", "net/ipv4/ip_forward = 1"),
        ("    up echo 0 >/proc/sys/net/ipv4/conf/$IFACE/forwarding", "net/ipv4/conf/*/forwarding = 0"),
        ('sysctl -w "net.ipv4.conf.${IFACE}.forwarding=0"', "net.ipv4.conf.*.forwarding = 0"),
        ("post-up echo '0' > /proc/sys/net/ipv4/conf/eth0/forwarding", "net/ipv4/conf/eth0/forwarding = 0"),
        ("/sbin/sysctl -q -w net.ipv4.ip_forward=0 || true", "net.ipv4.ip_forward = 0"),
        ('sysctl "net.ipv4.ip_forward = 0"', "net.ipv4.ip_forward = 0"),
        ('ACTION=="add", SUBSYSTEM=="net", RUN+="/sbin/sysctl -w net.ipv4.ip_forward=0"', "net.ipv4.ip_forward = 0"),
        ("# sysctl -w net.ipv4.ip_forward=0", ""),
        ("sysctl -w net.ipv4.ip_forward=$VALUE", ""),
        ("sysctl net.ipv4.ip_forward", ""),
        ("sysctl -p /etc/sysctl.conf", ""),
    ],
)
def test_a_line_of_a_script_says_what_it_writes(line, setting):
    assert sysctl_other_writers.written_by(line) == setting


def test_scripts_count_where_they_can_run(site):
    text = "#!/bin/sh\nsysctl -w net.ipv4.ip_forward=0\n"
    root = site("/etc/rc.local", text)
    assert sysctl_other_writers.of_scripts(root, []) == []
    site("/etc/rc.local", text, 0o755)
    site("/etc/network/interfaces.d/eth0", "iface eth0 inet static\n  up sysctl -w net.ipv4.ip_forward=0\n")
    assert said(sysctl_other_writers.of_scripts(root, [])) == [
        (FORWARD, "0", "/etc/rc.local:2"),
        (FORWARD, "0", "/etc/network/interfaces.d/eth0:2"),
    ]


def test_the_command_line_of_the_kernel():
    text = "BOOT_IMAGE=/vmlinuz ro sysctl.net.ipv4.ip_forward=0 quiet sysctl.vm/swappiness=5 sysctl.x\n"
    assert said(sysctl_other_writers.on_command_line(text)) == [
        (FORWARD, "0", "the kernel's command line:1"),
        ("vm/swappiness", "5", "the kernel's command line:2"),
    ]


@pytest.mark.parametrize(
    "reader",
    [
        sysctl_other_writers.of_ufw,
        sysctl_other_writers.of_tuned,
        sysctl_other_writers.of_networkmanager,
        sysctl_other_writers.of_frr,
        sysctl_other_writers.of_shorewall,
    ],
)
def test_a_host_without_a_program_has_nothing_of_it(reader, tmp_path):
    problems = []
    assert (reader(str(tmp_path), problems), problems) == ([], [])
