# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a lab down removes its containers, its network and its bridge, whichever of them are gone already."""

import json
from types import SimpleNamespace

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import containers, instance, lifecycle, network
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import Instance
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import LabError

NAME = "rtf-broken"
SUBNET = Instance(NAME, 3).subnet


class Machine:
    """Plays podman and ip: `{network: subnet}`, `{bridge: address}`, and a lab's containers."""

    def __init__(self, networks, bridges, names=(), lost=()):
        self.networks, self.bridges, self.names, self.lost = dict(networks), dict(bridges), list(names), lost

    def run(self, argv, stdin=None, check=True):
        words = [word for word in argv if word not in ("sudo", "-n")]
        answer = getattr(self, "_".join(words[:3]).replace("-", ""), None) or getattr(self, "_".join(words[:2]))
        return SimpleNamespace(**{"stdout": b"", "returncode": 0, **(answer(words) or {})})

    def podman_ps(self, words):
        label = {containers.INSTANCE_LABEL: NAME, containers.DIGEST_LABEL: "x"}
        rows = [{"Names": [name], "Id": name, "State": "exited", "Status": "", "Labels": label} for name in self.names]
        return {"stdout": json.dumps(rows).encode()}

    def podman_rm(self, words):
        gone = [name for name in words if name in self.lost]
        self.names = [name for name in self.names if name not in words]
        if gone:
            raise LabError(f"no container with name {gone[0]}")

    def podman_network_ls(self, words):
        rows = [{"name": name, "subnets": [{"subnet": subnet}]} for name, subnet in self.networks.items()]
        return {"stdout": json.dumps(rows).encode()}

    def podman_network_exists(self, words):
        return {"returncode": 0 if words[-1] in self.networks else 1}

    def podman_network_rm(self, words):
        del self.networks[words[-1]]

    def ip_json_address(self, words):
        rows = [{"ifname": name, "addr_info": [{"local": address}]} for name, address in self.bridges.items()]
        return {"stdout": json.dumps(rows).encode()}

    def ip_link_delete(self, words):
        del self.bridges[words[-1]]


@pytest.fixture(name="down")
def fixture_down(tmp_path, monkeypatch):
    def take_down(machine):
        monkeypatch.setattr(instance, "CHECKOUT", tmp_path)
        monkeypatch.setattr(network, "cache_directory", lambda: tmp_path)
        for module in (containers, network):
            monkeypatch.setattr(module, "podman", lambda: ["podman"])
            monkeypatch.setattr(module, "run", machine.run)
        instance.make_state_directory(Instance(NAME))
        instance.remember(Instance(NAME, 3))
        lifecycle.down(NAME)

    return take_down


def test_a_container_that_cannot_be_removed_does_not_keep_the_network(down):
    machine = Machine({NAME: SUBNET}, {"podman3": "192.168.233.1"}, [f"{NAME}-internet"], [f"{NAME}-internet"])
    with pytest.raises(LabError, match="no container with name"):
        down(machine)
    assert (machine.networks, machine.bridges) == ({}, {})


def test_a_bridge_is_removed_though_containers_and_network_are_gone(down):
    machine = Machine({}, {"podman3": "192.168.233.1", "podman0": "10.88.0.1"})
    down(machine)
    assert machine.bridges == {"podman0": "10.88.0.1"}


@pytest.mark.parametrize(
    "networks, bridges",
    [({"rtf-other": SUBNET}, {"podman3": "192.168.233.1"}), ({}, {"virbr0": "192.168.233.1"})],
)
def test_a_bridge_of_another_lab_or_program_stays(down, networks, bridges):
    machine = Machine(networks, bridges)
    down(machine)
    assert (machine.networks, machine.bridges) == (networks, bridges)
