# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What netplan's own generator makes of YAML, and what the evidence says of it."""

import shutil

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    address_persistence,
    netplan_files,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_identity import Link

ETH0 = Link("eth0", 2, "02:00:00:00:00:01", "02:00:00:00:00:01", "virtio_net", "", "ether", ("eth0",))
RUNS = {name: {"active": True, "enabled": True} for name in ("systemd-networkd.service", "NetworkManager.service")}
ETC, LIB, RUN = "/etc/netplan/", "/usr/lib/netplan/", "/run/netplan/"
MADE = "/run/systemd/network/10-netplan-eth0.network"
STATIC = "network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.5/24]}}}\n"
LEASED = "network: {version: 2, ethernets: {eth0: {dhcp4: true}}}\n"

# {what: ({path: text}, (method, leased, addresses, manager))}
CASES = {
    "two files are merged, which leaves DHCP on (keepittechie/Linux-Server-Arsenal#2)": (
        {ETC + "50-cloud-init.yaml": LEASED, ETC + "99-static.yaml": STATIC},
        ("static", True, ["10.0.0.5"]),
    ),
    "the later file turns it off": (
        {
            ETC + "50-cloud-init.yaml": LEASED,
            ETC + "99-static.yaml": "network: {ethernets: {eth0: {dhcp4: false, addresses: [10.0.0.5/24]}}}\n",
        },
        ("static", False, ["10.0.0.5"]),
    ),
    "the YAML has changed since the last boot (TheRemote/Ubuntu-Server-raspi4-unofficial#65)": (
        {ETC + "50-cloud-init.yaml": LEASED, MADE: "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.5/24\n"},
        ("dhcp", True, []),
    ),
    "a file of one name in /etc hides that in /usr/lib": (
        {LIB + "a.yaml": LEASED, ETC + "a.yaml": STATIC},
        ("static", False, ["10.0.0.5"]),
    ),
    "by a hardware address that is another one (ghik/kubernetes-the-harder-way#3)": (
        {
            ETC
            + "a.yaml": "network: {ethernets: {x: {match: {macaddress: '52:00:00:12:34:56'}, addresses: [10.0.0.5/24]}}}\n"
        },
        None,
    ),
    "by its hardware address, for NetworkManager": (
        {
            ETC
            + "a.yaml": "network: {renderer: NetworkManager, ethernets: {x: {match: {macaddress: '02:00:00:00:00:01'},"
            " addresses: [10.0.0.5/24]}}}\n"
        },
        ("static", False, ["10.0.0.5"]),
    ),
}


@pytest.fixture(autouse=True)
def generator(monkeypatch):
    path = shutil.which("netplan-generate")
    assert path, "netplan-generate is missing: tools/programs.sh unpacks it"
    monkeypatch.setattr(netplan_files, "generator", lambda: path)


def evidence(root, files):
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return address_persistence.persistence_evidence(str(root), lambda: RUNS, [ETH0])


@pytest.mark.parametrize("case", CASES)
def test_what_netplan_makes_of_its_yaml_decides(case, tmp_path):
    files, expected = CASES[case]
    rows = evidence(tmp_path, files)["configurations"]
    found = [(row["method"], row["leased"], row["addresses"]) for row in rows]
    assert found == ([] if expected is None else [expected])
    assert all((row["manager"], row["uncertain"]) == ("netplan", "") for row in rows)


def test_yaml_that_netplan_refuses_leaves_open_what_the_next_boot_brings(tmp_path):
    wrong = "network: {ethernets: {eth0: {dhcp4: Kq1xKq1v}}}\n"
    found = evidence(tmp_path, {ETC + "a.yaml": wrong, MADE: "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.5/24\n"})
    [row] = found["configurations"]
    assert row["uncertain"] == "netplan rejects its YAML: run `netplan generate` to see why"
    assert "Kq1" not in str(found)


def test_nothing_is_written_but_into_a_directory_that_goes_again(tmp_path):
    before = set(tmp_path.rglob("*"))
    evidence(tmp_path, {ETC + "a.yaml": STATIC})
    after = {str(path.relative_to(tmp_path)) for path in set(tmp_path.rglob("*")) - before}
    assert after == {"etc", "etc/netplan", "etc/netplan/a.yaml"}
