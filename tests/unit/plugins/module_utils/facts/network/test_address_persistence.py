# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose file gives an interface its address: each manager's own format, on real files below a directory."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.systemd_units import parse_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    address_persistence,
    ifcfg_files,
    ini_text,
    network_manager_profiles,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.address_persistence import (
    persistence_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_identity import Link

FILES = {
    "NetworkManager, static": (
        "/etc/NetworkManager/system-connections/eth0.nmconnection",
        "[connection]\nid=eth0\ninterface-name=eth0\n\n[wifi-security]\npsk=secret\n\n[ipv4]\n"
        "address1=10.0.0.5/24,10.0.0.1\nmethod=manual\n",
        ("NetworkManager", "eth0", "static", ["10.0.0.5"]),
    ),
    "NetworkManager, DHCP": (
        "/etc/NetworkManager/system-connections/eth0.nmconnection",
        "[connection]\ninterface-name=eth0\n[ipv4]\nmethod=auto\n",
        ("NetworkManager", "eth0", "dhcp", []),
    ),
    "NetworkManager, old list of addresses": (
        "/etc/NetworkManager/system-connections/x",
        "[connection]\ninterface-name=eth0\n[ipv4]\nmethod=manual\naddresses=10.0.0.5/24,10.0.0.6/24;\n",
        ("NetworkManager", "eth0", "static", ["10.0.0.5", "10.0.0.6"]),
    ),
    "netplan by NetworkManager": (
        "/run/NetworkManager/system-connections/netplan-eth0.nmconnection",
        "[connection]\ninterface-name=eth0\n[ipv4]\nmethod=manual\naddress1=10.0.0.5/24\n",
        ("netplan", "eth0", "static", ["10.0.0.5"]),
    ),
    "netplan by networkd": (
        "/run/systemd/network/10-netplan-eth0.network",
        "[Match]\nName=eth0\n\n[Network]\nLinkLocalAddressing=ipv6\nAddress=10.0.0.5/24\n",
        ("netplan", "eth0", "static", ["10.0.0.5"]),
    ),
    "networkd, DHCP of IPv4": (
        "/etc/systemd/network/lan.network",
        "[Match]\nName=et*\n[Network]\nDHCP=ipv4\n",
        ("systemd-networkd", "eth0", "dhcp", []),
    ),
    "networkd, DHCP of IPv6 alone": (
        "/etc/systemd/network/lan.network",
        "[Match]\nName=eth0\n[Network]\nDHCP=ipv6\n[Address]\nAddress=10.0.0.5/24\n",
        ("systemd-networkd", "eth0", "static", ["10.0.0.5"]),
    ),
    "networkd, by hardware address": (
        "/etc/systemd/network/lan.network",
        "[Match]\nMACAddress=02:00:00:00:00:01\n[Network]\nAddress=10.0.0.5/24\n",
        ("systemd-networkd", "eth0", "static", ["10.0.0.5"]),
    ),
    "ifcfg, static": (
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        '# Created by cloud-init\nDEVICE="eth0"\nBOOTPROTO=none\nONBOOT=yes\nIPADDR=10.0.0.5\nPREFIX=24\nIPADDR1=10.0.0.6\n',
        ("ifcfg", "eth0", "static", ["10.0.0.5", "10.0.0.6"]),
    ),
    "ifcfg, DHCP": (
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        "DEVICE=eth0\nBOOTPROTO='dhcp'\n",
        ("ifcfg", "eth0", "dhcp", []),
    ),
    "ifcfg, by hand": (
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        "DEVICE=eth0\nONBOOT=no\nBOOTPROTO=static\nIPADDR=10.0.0.5\n",
        ("ifcfg", "eth0", "not at boot", ["10.0.0.5"]),
    ),
    "ifupdown, static": (
        "/etc/network/interfaces",
        "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address 10.0.0.5/24\n    gateway 10.0.0.1\n"
        "iface eth0 inet6 static\n    address fd00::5/64\n",
        ("ifupdown", "eth0", "static", ["10.0.0.5"]),
    ),
    "ifupdown, DHCP of cloud-init": (
        "/etc/network/interfaces.d/50-cloud-init",
        "# from cloud-init\nauto eth0\niface eth0 inet dhcp\n",
        ("ifupdown", "eth0", "dhcp", []),
    ),
    "ifupdown, by hand": (
        "/etc/network/interfaces",
        "iface eth0 inet static\n  address 10.0.0.5\n",
        ("ifupdown", "eth0", "not at boot", ["10.0.0.5"]),
    ),
}

ETH0 = Link("eth0", 2, "02:00:00:00:00:01", names=("eth0",))
ALL_RUN = {name: {"active": True, "enabled": True} for names in address_persistence.SERVICES.values() for name in names}


def write(root, path, text):
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    if "system-connections" in path:
        target.chmod(0o600)  # NetworkManager ignores one that others than root may read
    return target


@pytest.mark.parametrize("case", FILES)
def test_each_manager_is_understood(case, tmp_path):
    path, text, (manager, interface, method, addresses) = FILES[case]
    write(tmp_path, path, text)
    if path.startswith("/etc/network/interfaces.d"):
        write(tmp_path, "/etc/network/interfaces", "source /etc/network/interfaces.d/*\n")
    found = persistence_evidence(str(tmp_path), lambda: ALL_RUN, [ETH0])
    assert found["configurations"] == [
        {
            "manager": manager,
            "path": path,
            "files": [path],
            "interface": interface,
            "method": method,
            "leased": method == "dhcp",
            "addresses": addresses,
            "passed_over": [],
            "ignored": "",
            "uncertain": "",
            "cloud_init": "cloud-init" in path + text,
            "service": found["configurations"][0]["service"],
            "state": "runs",
            "managed": None,
        }
    ]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    "path, text",
    [
        (
            "/var/lib/dhclient/dhclient--eth0.lease",
            "lease {\n  fixed-address 10.0.0.4;\n}\nlease {\n  fixed-address 10.0.0.5;\n}\n",
        ),
        ("/var/lib/dhcp/dhclient.eth0.leases", "lease {\n  fixed-address 10.0.0.5;\n}\n"),
        ("/run/systemd/netif/leases/2", "# private\nADDRESS=10.0.0.5\nNETMASK=255.255.255.0\n"),
        ("/var/lib/NetworkManager/internal-1-eth0.lease", "# private\nADDRESS=10.0.0.5\n"),
    ],
)
def test_the_last_lease_of_a_file_counts(path, text, tmp_path):
    write(tmp_path, path, text)
    assert persistence_evidence(str(tmp_path))["leases"] == [{"path": path, "address": "10.0.0.5"}]


def test_a_file_of_networkd_hides_those_of_its_name_in_later_directories(tmp_path):
    write(tmp_path, "/etc/systemd/network/a.network", "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.5/24\n")
    write(tmp_path, "/usr/lib/systemd/network/a.network", "[Match]\nName=eth0\n[Network]\nDHCP=yes\n")
    found = persistence_evidence(str(tmp_path), links=[ETH0])["configurations"]
    assert [(row["method"], row["files"]) for row in found] == [("static", ["/etc/systemd/network/a.network"])]


def test_a_host_without_any_such_file_has_none(tmp_path):
    assert persistence_evidence(str(tmp_path)) == {"configurations": [], "leases": [], "unreadable": [], "dangling": []}


PLUGIN = "/usr/lib64/NetworkManager/1.42.2-1.el9/libnm-settings-plugin-ifcfg-rh.so"
IFCFG = ("/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\nIPADDR=10.0.0.5\nPREFIX=24\n")
NOT_THERE = "is not installed"


@pytest.mark.parametrize(
    "plugin, running, expected",
    [
        # EL 9 and earlier: NetworkManager itself reads ifcfg files.
        (True, ["NetworkManager.service"], [("ifcfg", "NetworkManager.service", "runs")]),
        # EL 10 has no such plugin, and no network scripts: nothing reads the file.
        (False, ["NetworkManager.service"], [("ifcfg", "network.service", NOT_THERE)]),
        (False, ["network.service"], [("ifcfg", "network.service", "runs")]),
        # EL 7 has both, and the scripts leave the interface to NetworkManager.
        (True, ["NetworkManager.service", "network.service"], [("ifcfg", "NetworkManager.service", "runs")]),
        (
            True,
            ["network.service"],
            [("ifcfg", "NetworkManager.service", NOT_THERE), ("ifcfg", "network.service", "runs")],
        ),
    ],
)
def test_an_ifcfg_file_belongs_to_the_program_that_reads_it(plugin, running, expected, tmp_path):
    write(tmp_path, *IFCFG)
    if plugin:
        write(tmp_path, PLUGIN, "")
    units = {name: {"active": True, "enabled": True} for name in running}
    rows = persistence_evidence(str(tmp_path), lambda: units, [ETH0])["configurations"]
    assert [(row["manager"], row["service"], row["state"]) for row in rows] == expected


def test_each_manager_says_whether_it_manages_the_interface(tmp_path):
    """Debian's NetworkManager leaves alone what /etc/network/interfaces names."""
    write(
        tmp_path, "/etc/NetworkManager/system-connections/a", "[connection]\ninterface-name=eth0\n[ipv4]\nmethod=auto\n"
    )
    write(tmp_path, "/run/NetworkManager/devices/2", "[device]\nmanaged=false\n")
    write(tmp_path, "/etc/network/interfaces", "auto eth0\niface eth0 inet static\n  address 10.0.0.5/24\n")
    write(tmp_path, "/run/network/ifstate", "lo=lo\neth0=eth0\n")
    rows = persistence_evidence(str(tmp_path), lambda: ALL_RUN, [ETH0])["configurations"]
    assert [(row["manager"], row["state"], row["managed"]) for row in rows] == [
        ("NetworkManager", "leaves eth0 unmanaged", False),
        ("ifupdown", "runs", True),
    ]


# What `systemctl show` prints on Debian 12 without ifupdown, of services that are installed and do not run, and on EL 7.
SHOWN = """Id=systemd-networkd.service
LoadState=loaded
ActiveState={networkd}
UnitFileState={at_boot}

Id=networking.service
LoadState=not-found
ActiveState=inactive
UnitFileState=

Id=network.service
LoadState=loaded
ActiveState=active
UnitFileState=bad
"""


@pytest.mark.parametrize(
    "networkd, at_boot, manager, told",
    [
        ("inactive", "disabled", "ifupdown", ("networking.service", "is not installed")),
        ("inactive", "disabled", "systemd-networkd", ("systemd-networkd.service", "does not run")),
        ("inactive", "enabled", "systemd-networkd", ("systemd-networkd.service", "does not run")),
        ("failed", "enabled", "systemd-networkd", ("systemd-networkd.service", "does not run")),
        ("active", "disabled", "systemd-networkd", ("systemd-networkd.service", "does not start at boot")),
        ("active", "enabled-runtime", "systemd-networkd", ("systemd-networkd.service", "runs")),
        ("active", "enabled", "ifcfg", ("network.service", "runs")),
        ("active", "enabled", "NetworkManager", ("NetworkManager.service", "is not installed")),
    ],
)
def test_the_service_that_reads_a_file_runs_or_not(networkd, at_boot, manager, told):
    units = parse_units(SHOWN.format(networkd=networkd, at_boot=at_boot))
    assert address_persistence.service_of(manager, units) == told


def test_of_a_host_without_systemd_no_state_is_known():
    assert address_persistence.service_of("ifupdown", None) == ("networking.service", "unknown")


READERS = [
    address_persistence.lease_addresses,
    ifcfg_files.parse,
    ini_text.parse,
    lambda text: network_manager_profiles.keyfile("/x", text),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "text", ["", "=\n[", "\0\xff=\x01\n[ipv4]\naddress1", "iface\naddress\niface a inet\n", "IPADDR=1\n" * 50]
)
def test_nonsense_is_read_as_nothing(read, text):
    assert "10." not in str(read(text))


@pytest.mark.parametrize(
    "text", ["", "=\n[", "\0\xff=\x01\n[ipv4]\naddress1", "iface\naddress\niface a inet\n", "source\nauto\nmapping\n"]
)
def test_nonsense_for_ifupdown_configures_nothing(text, tmp_path):
    write(tmp_path, "/etc/network/interfaces", text)
    rows = persistence_evidence(str(tmp_path), lambda: ALL_RUN, [ETH0])["configurations"]
    assert not any(row["addresses"] for row in rows)
