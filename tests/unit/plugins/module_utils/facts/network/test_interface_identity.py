# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of an interface, from sysfs and from `ip -d -j link show`, and without the latter."""

import json

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import interface_identity

MAC = "02:00:00:00:00:01"


def interface(root, name, driver=None, **files):
    directory = root / "sys/class/net" / name
    directory.mkdir(parents=True)
    for key, value in {
        "address": MAC,
        "ifindex": "2",
        "type": "1",
        "addr_assign_type": "0",
        "uevent": "",
        **files,
    }.items():
        (directory / key).write_text(f"{value}\n")
    if driver:
        target = root / "drivers" / driver
        target.mkdir(parents=True)
        (directory / "device").mkdir()
        (directory / "device" / "driver").symlink_to(target)


def refuse():
    raise Unreadable("ip: unknown option -j")


def test_a_card_its_driver_and_its_other_names(tmp_path):
    interface(tmp_path, "eth0", "virtio_net")
    interface(tmp_path, "lo", type="772")
    shown = json.dumps([{"ifname": "eth0", "altnames": ["enp1s0", "ens1"]}, {}])
    expected = interface_identity.Link("eth0", 2, MAC, MAC, "virtio_net", "", "ether", ("eth0", "enp1s0", "ens1"), True)
    assert interface_identity.read_links(str(tmp_path), lambda: shown) == [expected]
    assert interface_identity.read_links(str(tmp_path), refuse) == [expected._replace(names=("eth0",))]


def test_a_bond_has_a_kind_and_a_type_of_its_own_and_no_permanent_address(tmp_path):
    interface(tmp_path, "bond0", uevent="DEVTYPE=bond", addr_assign_type="3")
    shown = json.dumps([{"ifname": "bond0", "linkinfo": {"info_kind": "bond"}}])
    expected = interface_identity.Link("bond0", 2, MAC, None, "bonding", "bond", "bond", ("bond0",), False)
    assert interface_identity.read_links(str(tmp_path), lambda: shown) == [expected]
    # Of an ip without JSON the kind of a virtual interface is not known.
    assert interface_identity.read_links(str(tmp_path), refuse) == [expected._replace(kind=None, driver=None)]


def test_the_port_of_a_bond_keeps_its_permanent_address(tmp_path):
    interface(tmp_path, "eth1", "e1000", addr_assign_type="3")
    shown = json.dumps([{"ifname": "eth1", "permaddr": "02:00:00:00:00:0F"}])
    assert interface_identity.read_links(str(tmp_path), lambda: shown)[0].permanent == "02:00:00:00:00:0f"


def test_a_host_without_sysfs_has_no_known_interface(tmp_path):
    assert interface_identity.read_links(str(tmp_path), refuse) == []
