# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which profile of keyfiles and ifcfg files NetworkManager activates at boot.

NetworkManager 1.42.4 was given the keyfiles of CASES, each set in a network namespace of its own, and activated what they say.
"""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    ifcfg_files,
    network_manager_profiles,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.files_at_next_boot import HostTree
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_identity import Link

ETC = "/etc/NetworkManager/system-connections/"
RUN = "/run/NetworkManager/system-connections/"
LIB = "/usr/lib/NetworkManager/system-connections/"
SCRIPTS = "/etc/sysconfig/network-scripts/ifcfg-"
PLUGIN = "/usr/lib64/NetworkManager/1.42.2-1.el9/libnm-settings-plugin-ifcfg-rh.so"
TIMES = "/var/lib/NetworkManager/timestamps"
AA, BB = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
ETH0 = Link("eth0", 2, "02:00:00:00:00:01", "02:00:00:00:00:01")
ETH1 = Link("eth1", 3, "02:00:00:00:00:02", "02:00:00:00:00:02")
BOND = Link("bond0", 4, "02:00:00:00:00:01", None, "bonding", "bond", "bond", device=False)


def keyfile(ipv4, interface="eth0", **connection):
    lines = ["[connection]", "id=x", "type=ethernet"] + ([f"interface-name={interface}"] if interface else [])
    lines += [f"{key.replace('_', '-')}={value}" for key, value in connection.items()]
    return "\n".join(lines + ["[ipv4]", ipv4, ""])


STATIC, LEASED = "method=manual\naddress1=10.0.0.5/24,10.0.0.1", "method=auto"

# {what: ({path: text}, (method, addresses, the file that decides))}
CASES = {
    "U16: cloud-init's profile has priority 120 (canonical/cloud-init#4121)": (
        {
            ETC + "eth0.nmconnection": keyfile(STATIC),
            ETC + "cloud-init-eth0.nmconnection": keyfile(LEASED, autoconnect_priority=120),
        },
        ("dhcp", [], ETC + "cloud-init-eth0.nmconnection"),
    ),
    "a fallback with a low priority (RevolutionPi/imagebakery#107)": (
        {
            ETC + "a.nmconnection": keyfile(LEASED, autoconnect_priority=-98),
            ETC + "b.nmconnection": keyfile(STATIC),
        },
        ("static", ["10.0.0.5"], ETC + "b.nmconnection"),
    ),
    "of equal priorities the one that was active last": (
        {
            ETC + "a.nmconnection": keyfile(LEASED, uuid=AA),
            ETC + "b.nmconnection": keyfile(STATIC, uuid=BB),
            TIMES: f"[timestamps]\n{AA}=1700000000\n{BB}=1764000000\n",
        },
        ("static", ["10.0.0.5"], ETC + "b.nmconnection"),
    ),
    "autoconnect is off": (
        {ETC + "a.nmconnection": keyfile(STATIC, autoconnect="false")},
        ("not at boot", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "only for a user who is logged in": (
        {ETC + "a.nmconnection": keyfile(STATIC, permissions="user:ops:;")},
        ("not at boot", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "a port of a bridge has no address (metal3-io/metal3-dev-env#1062)": (
        {
            ETC + "a.nmconnection": keyfile(LEASED),
            ETC + "b.nmconnection": keyfile(STATIC, master="br0", slave_type="bridge", autoconnect_priority=999),
            ETC + "br0.nmconnection": keyfile(LEASED, "br0").replace("type=ethernet", "type=bridge"),
        },
        ("none", [], ETC + "b.nmconnection"),
    ),
    "a port of a bridge that there is not": (
        {
            ETC + "a.nmconnection": keyfile(STATIC),
            ETC + "b.nmconnection": keyfile(LEASED, master="br0", slave_type="bridge", autoconnect_priority=999),
        },
        ("static", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "a static address beside DHCP is set": (
        {ETC + "a.nmconnection": keyfile("method=auto\naddress1=10.0.0.5/24")},
        ("static", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "a profile of /run is gone after the boot": (
        {
            RUN + "a.nmconnection": keyfile(STATIC, uuid=AA, autoconnect_priority=5),
            ETC + "a.nmconnection": keyfile(LEASED, uuid=AA),
        },
        ("dhcp", [], ETC + "a.nmconnection"),
    ),
    "that of the kernel's command line is made again": (
        {
            RUN + "a.nmconnection": keyfile(STATIC)
            + "[user]\norg.freedesktop.NetworkManager.origin=nm-initrd-generator\n"
        },
        ("static", ["10.0.0.5"], RUN + "a.nmconnection"),
    ),
    "a name of /run and /usr/lib needs its suffix, one of /etc does not": (
        {LIB + "a": keyfile(LEASED, autoconnect_priority=9), ETC + "b": keyfile(STATIC)},
        ("static", ["10.0.0.5"], ETC + "b"),
    ),
    "one of /etc hides that in /usr/lib, whatever it says": (
        {
            ETC + "a.nmconnection": keyfile(STATIC, uuid=AA, autoconnect="false"),
            LIB + "a.nmconnection": keyfile(LEASED, uuid=AA),
        },
        ("not at boot", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "a label of an ifcfg file": (
        {
            PLUGIN: "",
            SCRIPTS + "eth0": "DEVICE=eth0\nIPADDR=10.0.0.5\n",
            SCRIPTS + "eth0:1": "DEVICE=eth0:1\nIPADDR=10.0.0.6\n",
        },
        ("static", ["10.0.0.5", "10.0.0.6"], SCRIPTS + "eth0"),
    ),
    "by hardware address": (
        {
            ETC + "a.nmconnection": keyfile(LEASED, "") + "[ethernet]\nmac-address=02:00:00:00:00:02\n",
            ETC + "b.nmconnection": keyfile(STATIC, "") + "[802-3-ethernet]\nmac-address=02:00:00:00:00:01\n",
        },
        ("static", ["10.0.0.5"], ETC + "b.nmconnection"),
    ),
    "by a pattern of names": (
        {ETC + "a.nmconnection": keyfile(STATIC, "") + "[match]\ninterface-name=eth*;\n"},
        ("static", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "cloud-init's ifcfg file with the highest priority (canonical/cloud-init#1212)": (
        {
            PLUGIN: "",
            ETC + "a.nmconnection": keyfile(STATIC),
            SCRIPTS + "eth0": "DEVICE=eth0\nBOOTPROTO=dhcp\nAUTOCONNECT_PRIORITY=999\n",
        },
        ("dhcp", [], SCRIPTS + "eth0"),
    ),
    "an ifcfg file counts only with the plugin that reads it": (
        {
            ETC + "a.nmconnection": keyfile(STATIC),
            SCRIPTS + "eth0": "DEVICE=eth0\nAUTOCONNECT_PRIORITY=999\nIPADDR=10.0.0.6\n",
        },
        ("static", ["10.0.0.5"], ETC + "a.nmconnection"),
    ),
    "an ifcfg file without BOOTPROTO asks no DHCP server (OpenMandrivaAssociation/distribution#1395)": (
        {PLUGIN: "", SCRIPTS + "eth0": "DEVICE=eth0\nONBOOT=yes\n"},
        ("none", [], SCRIPTS + "eth0"),
    ),
}


def tree_of(root, files):
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o600)
    return HostTree(str(root))


def settings(tree, links=(ETH0,)):
    found = network_manager_profiles.configurations(tree, list(links), os.getuid())
    return found[0] if found else None


@pytest.mark.parametrize("case", CASES)
def test_the_profile_that_is_activated_decides(case, tmp_path):
    files, expected = CASES[case]
    found = settings(tree_of(tmp_path, files))

    assert ((found.method, list(found.addresses), found.path), found.uncertain) == (expected, "")


def test_a_profile_that_others_can_read_is_ignored_and_that_is_said(tmp_path):
    """RevolutionPi/imagebakery#107, where the review asks for mode 0600."""
    tree = tree_of(tmp_path, {ETC + "a.nmconnection": keyfile(STATIC)})
    (tmp_path / ETC.lstrip("/") / "a.nmconnection").chmod(0o644)
    found = settings(tree)
    assert (found.method, found.addresses) == ("ignored", ["10.0.0.5"])
    assert found.ignored == "root must own it, and others must not read it (its mode is 0644)"


def test_a_profile_that_is_masked_is_none(tmp_path):
    tree = tree_of(
        tmp_path, {LIB + "a.nmconnection": keyfile(LEASED, uuid=AA), ETC + "b.nmconnection": keyfile(STATIC)}
    )
    assert settings(tree).uncertain
    os.symlink("/dev/null", str(tmp_path / ETC.lstrip("/") / f"{AA}.nmmeta"))
    found = settings(HostTree(str(tmp_path)))
    assert (found.method, found.uncertain) == ("static", "")


def test_profiles_that_nothing_ranks_are_left_open(tmp_path):
    tree = tree_of(tmp_path, {ETC + "a.nmconnection": keyfile(LEASED), ETC + "b.nmconnection": keyfile(STATIC)})
    assert "both apply to eth0, with the same autoconnect-priority" in settings(tree).uncertain
    same = tree_of(tmp_path, {ETC + "a.nmconnection": keyfile(STATIC)})
    assert settings(same).uncertain == ""  # whichever it is


def test_a_profile_for_any_interface_is_left_open_where_there_are_several(tmp_path):
    tree = tree_of(tmp_path, {ETC + "a.nmconnection": keyfile(STATIC, "")})
    assert settings(tree).uncertain == ""
    assert "names no interface" in settings(tree, [ETH0, ETH1]).uncertain
    assert settings(tree, [BOND]) is None


def test_what_only_network_manager_can_match_is_left_open(tmp_path):
    tree = tree_of(tmp_path, {ETC + "a.nmconnection": keyfile(STATIC) + "[match]\nkernel-command-line=x\n"})
    assert "depends on kernel-command-line= in its section [match]" in settings(tree).uncertain


@pytest.mark.parametrize("text, managed", [("managed=true", True), ("managed=false", False), ("", None)])
def test_whether_network_manager_manages_an_interface_is_its_own_word(text, managed, tmp_path):
    tree = tree_of(tmp_path, {"/run/NetworkManager/devices/2": f"[device]\n{text}\n"})
    assert network_manager_profiles.managed(tree, ETH0) is managed


# {what: (pattern, {path: text}, (method, addresses))}
IFCFG = {
    "by the hardware address of another interface": (
        ifcfg_files.RED_HAT,
        {SCRIPTS + "eth0": "DEVICE=eth0\nHWADDR=02:00:00:00:00:09\nIPADDR=10.0.0.5\n"},
        None,
    ),
    "by its own hardware address": (
        ifcfg_files.RED_HAT,
        {SCRIPTS + "lan": "HWADDR=02:00:00:00:00:01\nIPADDR=10.0.0.5\n"},
        ("static", ["10.0.0.5"]),
    ),
    "a label of it": (
        ifcfg_files.RED_HAT,
        {SCRIPTS + "eth0": "IPADDR=10.0.0.5\n", SCRIPTS + "eth0:1": "DEVICE=eth0:1\nIPADDR=10.0.0.6 # x\n"},
        ("static", ["10.0.0.5", "10.0.0.6"]),
    ),
    "a static address beside DHCP": (
        ifcfg_files.RED_HAT,
        {SCRIPTS + "eth0": "BOOTPROTO=dhcp\nIPADDR='10.0.0.5'\n"},
        ("static", ["10.0.0.5"]),
    ),
    "wicked, at boot": (
        ifcfg_files.SUSE,
        {
            "/etc/sysconfig/network/ifcfg-eth0": "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='10.0.0.5/24'\nIPADDR_1=10.0.0.6/24\n"
        },
        ("static", ["10.0.0.5", "10.0.0.6"]),
    ),
    "wicked, by hand": (
        ifcfg_files.SUSE,
        {"/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='static'\nIPADDR='10.0.0.5/24'\n"},
        ("not at boot", ["10.0.0.5"]),
    ),
}


@pytest.mark.parametrize("case", IFCFG)
def test_ifcfg_files_as_the_network_scripts_and_wicked_apply_them(case, tmp_path):
    pattern, files, expected = IFCFG[case]
    found = ifcfg_files.configurations(tree_of(tmp_path, files), [ETH0], pattern)
    assert [(one.method, list(one.addresses)) for one in found] == ([] if expected is None else [expected])


def test_two_ifcfg_files_of_one_interface_are_left_open(tmp_path):
    tree = tree_of(tmp_path, {SCRIPTS + "eth0": "IPADDR=10.0.0.5\n", SCRIPTS + "lan": "DEVICE=eth0\nBOOTPROTO=dhcp\n"})
    [found] = ifcfg_files.configurations(tree, [ETH0], ifcfg_files.RED_HAT)
    assert found.uncertain == f"{SCRIPTS}eth0 and {SCRIPTS}lan both configure eth0"
