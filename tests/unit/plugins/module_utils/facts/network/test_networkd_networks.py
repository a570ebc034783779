# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd-networkd's merge. molecule/host_audit has systemd-networkd of three releases say the same of the same files."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    ini_text,
    networkd_networks,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.files_at_next_boot import HostTree
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.facts.network.networkd_cases import (
    CASES,
    ETC,
    ETH0,
    LEASED,
    LIB,
    STATIC,
)

HARDWARE = ETH0._replace(permanent="02:00:00:00:00:01", driver="virtio_net", kind="")


def tree_of(root, files):
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return HostTree(str(root))


def settings(root, files, **options):
    found = networkd_networks.configurations(tree_of(root, files), [ETH0], **options)
    return found[0] if found else None


@pytest.mark.parametrize("case", CASES)
def test_the_file_that_networkd_applies_decides(case, tmp_path):
    files, expected = CASES[case]
    found = settings(tmp_path, files)
    assert ((found.method, list(found.addresses), found.path), found.uncertain) == (expected, "")


def test_a_link_to_nowhere_masks_and_what_does_not_count_is_named(tmp_path):
    tree = tree_of(tmp_path, {LIB + "10-a.network": LEASED, ETC + "20-b.network": STATIC, ETC + "30-c.network": STATIC})
    os.symlink("/dev/null", str(tmp_path / "etc/systemd/network/10-a.network"))
    [found] = networkd_networks.configurations(tree, [ETH0])
    assert (found.path, found.passed_over) == (ETC + "20-b.network", [(ETC + "30-c.network", ["10.0.0.5"])])


@pytest.mark.parametrize(
    "version, addresses, certain",
    [(252, ["10.0.0.5", "10.0.0.6"], True), (256, ["10.0.0.6"], True), (None, None, False)],
)
def test_an_empty_address_resets_from_systemd_256_on(version, addresses, certain, tmp_path):
    """systemd/systemd#30485, which asked for it."""
    files = {ETC + "a.network": STATIC, ETC + "a.network.d/b.conf": "[Network]\nAddress=\nAddress=10.0.0.6/24\n"}
    found = settings(tmp_path, files, version=lambda: version)
    assert (not found.uncertain) is certain and (not certain or list(found.addresses) == addresses)


def test_a_file_that_the_user_of_networkd_cannot_read_is_left_out(tmp_path):
    """canonical/netplan writes mode 0640 with the group systemd-network; a file of root's own with 0600 is not read."""

    def readable(status):
        return bool(status.st_mode & 0o004)

    tree = tree_of(tmp_path, {ETC + "10-a.network": STATIC, ETC + "20-b.network": LEASED})
    (tmp_path / "etc/systemd/network/10-a.network").chmod(0o600)
    [found] = networkd_networks.configurations(tree, [ETH0], readable)
    assert (found.method, found.path) == ("dhcp", ETC + "20-b.network")
    (tmp_path / "etc/systemd/network/20-b.network").unlink()
    [found] = networkd_networks.configurations(HostTree(str(tmp_path)), [ETH0], readable)
    assert (found.method, found.ignored) == ("ignored", "the user systemd-network cannot read it")


@pytest.mark.parametrize("key", ["Path=pci-*", "Property=A=b", "Host=x", "Virtualization=vm", "KernelCommandLine=x"])
def test_what_only_networkd_can_match_is_asked_of_it_or_left_open(key, tmp_path):
    files = {
        ETC + "10-a.network": f"[Match]\nName=eth0\n{key}\n[Network]\nAddress=10.0.0.5/24\n",
        ETC + "20-b.network": LEASED,
    }
    found = settings(tmp_path, files)
    assert (
        found.uncertain
        == f"whether {ETC}10-a.network applies to eth0 depends on {key.split('=')[0]}= in its section [Match]"
    )
    state = tmp_path / "run/systemd/netif/links/2"
    state.parent.mkdir(parents=True)
    for applied, expected in (("10-a", ("static", "")), ("20-b", ("dhcp", ""))):
        state.write_text(f"ADMIN_STATE=configured\nNETWORK_FILE={ETC}{applied}.network\n")
        [found] = networkd_networks.configurations(HostTree(str(tmp_path)), [ETH0])
        assert (found.method, found.uncertain) == expected
    os.utime(str(tmp_path / "etc/systemd/network/10-a.network"), (2**33, 2**33))  # changed since
    assert networkd_networks.configurations(HostTree(str(tmp_path)), [ETH0])[0].uncertain


@pytest.mark.parametrize(
    "state, managed", [("configured", True), ("unmanaged", False), ("pending", False), (None, None)]
)
def test_whether_networkd_manages_an_interface_is_its_own_word(state, managed, tmp_path):
    files = {} if state is None else {"/run/systemd/netif/links/2": f"ADMIN_STATE={state}\n"}
    assert networkd_networks.managed(tree_of(tmp_path, files), ETH0) is managed


@pytest.mark.parametrize("known", [{"driver": None}, {"type": None}, {"kind": None}, {"permanent": None}])
def test_what_is_not_known_of_an_interface_decides_nothing(known):
    match = "[Match]\nDriver=virtio_net\nType=ether\nKind=!*\nPermanentMACAddress=02:00:00:00:00:01\n"
    entries = ini_text.parse(match)
    assert networkd_networks.matches(entries, HARDWARE) is True
    assert networkd_networks.matches(entries, HARDWARE._replace(**known)) not in (True, False)
    assert networkd_networks.matches(ini_text.parse(match + "Name=wl*\n"), HARDWARE._replace(**known)) is False
