# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drivers and features: the protocol against recorded answers, and the interfaces of the machine that runs the tests."""

import os
import struct

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import interface_features

# A vmxnet3 whose features 33 and 34 are the ones of interest; 34 is on.
NAMES = [f"feature-{number}" for number in range(33)] + list(interface_features.TUNNEL_FEATURES)


def answer(name, request):
    """What the kernel makes of a request for `ens192`."""
    if name != "ens192":
        raise OSError(95, "Operation not supported")
    command = struct.unpack("=I", request[:4])[0]
    if command == interface_features.GET_DRIVER:
        return request[:4] + b"vmxnet3".ljust(32, b"\0") + request[36:]
    if command == interface_features.GET_SET_INFO:
        return struct.pack("=IIQI", command, 0, 1 << 4, len(NAMES))
    if command == interface_features.GET_STRINGS:
        return request[:12] + b"".join(text.encode().ljust(32, b"\0") for text in NAMES)
    assert (command, len(request)) == (interface_features.GET_FEATURES, 8 + 2 * 16)
    return request[:8] + struct.pack("=IIII", 1, 1, 0xFFFFFFFF, 0) + struct.pack("=IIII", 7, 7, 0b100, 0)


def test_a_driver_and_the_features_of_interest_are_read(monkeypatch, tmp_path):
    monkeypatch.setattr(interface_features, "_ask", answer)
    for name in ("lo", "ens192"):
        (tmp_path / name).mkdir()
    found = interface_features.tunnel_offload_evidence(str(tmp_path))
    assert found["interfaces"] == [
        {
            "name": "ens192",
            "driver": "vmxnet3",
            "features": {"tx-udp_tnl-segmentation": False, "tx-udp_tnl-csum-segmentation": True},
        }
    ]


def test_the_kernel_of_this_machine_knows_its_features():
    names = interface_features.feature_names("lo")
    assert set(interface_features.TUNNEL_FEATURES) <= set(names)
    assert set(interface_features.active_features("lo", interface_features.TUNNEL_FEATURES)) == set(
        interface_features.TUNNEL_FEATURES
    )


def test_an_interface_that_is_not_there_is_an_error():
    with pytest.raises(OSError):
        interface_features.driver("no-such-nic")
    listed = {entry["name"] for entry in interface_features.tunnel_offload_evidence()["interfaces"]}
    assert listed <= set(os.listdir("/sys/class/net"))
