# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of systemd-networkd for an interface eth0, and which of them decides what it gets."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_identity import Link

ETC, RUN, LIB = "/etc/systemd/network/", "/run/systemd/network/", "/usr/lib/systemd/network/"
# A virtual cable, since a test can make one.
ETH0 = Link("eth0", 2, "02:00:00:00:00:01", None, "veth", "veth", "ether", ("eth0", "enp1s0"), False)
STATIC = "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.5/24\n"
LEASED = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"

# {what: ({path: text}, (method, addresses, the file that decides))}
CASES = {
    "U17: a drop-in of netplan's file takes DHCP away": (
        {
            RUN + "10-netplan-eth0.network": STATIC + "DHCP=yes\n",
            ETC + "10-netplan-eth0.network.d/x.conf": "[Network]\nDHCP=no\n",
        },
        ("static", ["10.0.0.5"], RUN + "10-netplan-eth0.network"),
    ),
    "U17: a file that sorts first has DHCP": (
        {ETC + "05-dhcp.network": LEASED, ETC + "10-static.network": STATIC},
        ("dhcp", [], ETC + "05-dhcp.network"),
    ),
    "systemd/systemd#6733: names decide, not directories": (
        {ETC + "lan.network": STATIC, LIB + "80-container-host0.network": LEASED},
        ("dhcp", [], LIB + "80-container-host0.network"),
    ),
    "systemd/systemd#3964: a second file adds nothing": (
        {ETC + "10-a.network": "[Match]\nName=eth0\n", ETC + "20-b.network": STATIC},
        ("none", [], ETC + "10-a.network"),
    ),
    "systemd/systemd#35650: drop-ins are sorted by name, whatever their directory": (
        {
            ETC + "a.network": STATIC,
            LIB + "a.network.d/90-x.conf": "[Network]\nDHCP=yes\n",
            ETC + "a.network.d/10-y.conf": "[Network]\nDHCP=no\n",
        },
        ("static", ["10.0.0.5"], ETC + "a.network"),
    ),
    "systemd/systemd#5141: every [Address] of every drop-in counts": (
        {
            ETC + "a.network": STATIC,
            ETC + "a.network.d/a.conf": "[Address]\nAddress=10.0.0.6/24\n[Address]\nAddress=10.0.0.7/24\n",
            ETC + "a.network.d/b.conf": "[Address]\nAddress=10.0.0.8/24\n",
        },
        ("static", ["10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8"], ETC + "a.network"),
    ),
    "systemd/systemd#2247: an address beside DHCP is set": (
        {ETC + "a.network": STATIC + "DHCP=ipv4\n"},
        ("static", ["10.0.0.5"], ETC + "a.network"),
    ),
    "a drop-in of one name hides those in later directories": (
        {
            ETC + "a.network": STATIC,
            ETC + "a.network.d/x.conf": "",
            RUN + "a.network.d/x.conf": "[Network]\nDHCP=yes\n[Link]\nActivationPolicy=down\n",
        },
        ("static", ["10.0.0.5"], ETC + "a.network"),
    ),
    "an empty file masks the vendor's": (
        {ETC + "10-a.network": "", LIB + "10-a.network": LEASED, ETC + "20-b.network": STATIC},
        ("static", ["10.0.0.5"], ETC + "20-b.network"),
    ),
    "names of sections and keys have their case": (
        {
            ETC + "10-a.network": "[match]\nName=eth0\n[Network]\nDHCP=yes\n",
            ETC + "20-b.network": STATIC + "address=10.0.0.6/24\n[network]\nDHCP=yes\n",
        },
        ("static", ["10.0.0.5"], ETC + "20-b.network"),
    ),
    "a file without a section [Match] is for no interface": (
        {ETC + "10-a.network": "[Network]\nDHCP=yes\n", ETC + "20-b.network": STATIC},
        ("static", ["10.0.0.5"], ETC + "20-b.network"),
    ),
    "an alternative name, a driver and a type match": (
        {ETC + "a.network": "[Match]\nName=enp*\nDriver=ve*\nType=ether\nKind=veth\n[Network]\nAddress=10.0.0.5/24\n"},
        ("static", ["10.0.0.5"], ETC + "a.network"),
    ),
    "an exclamation mark excludes all names after it": (
        {ETC + "10-a.network": "[Match]\nName=!wl* e*\n[Network]\nDHCP=yes\n", ETC + "20-b.network": STATIC},
        ("static", ["10.0.0.5"], ETC + "20-b.network"),
    ),
    "another hardware address": (
        {
            ETC + "10-a.network": "[Match]\nMACAddress=02:00:00:00:00:02\n[Network]\nDHCP=yes\n",
            ETC + "20-b.network": "[Match]\nMACAddress=02-00-00-00-00-01\n[Network]\nAddress=10.0.0.5/24\n",
        },
        ("static", ["10.0.0.5"], ETC + "20-b.network"),
    ),
    "an empty value resets a list of [Match]": (
        {ETC + "a.network": "[Match]\nName=eth9\nName=\nName=eth0\n[Network]\nAddress=10.0.0.5/24\n"},
        ("static", ["10.0.0.5"], ETC + "a.network"),
    ),
    "what networkd leaves alone it does not set": (
        {ETC + "a.network": STATIC + "[Link]\nUnmanaged=yes\n"},
        ("not at boot", ["10.0.0.5"], ETC + "a.network"),
    ),
    "a line that ends with a backslash goes on": (
        {ETC + "a.network": "[Match]\nName=eth9 \\\n# comment\n  eth0\n[Network]\nAddress=10.0.0.5/24\n"},
        ("static", ["10.0.0.5"], ETC + "a.network"),
    ),
}
