# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into images and containers, and how nodes are reached."""

import io
import tarfile

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import containers, files, images, pki, plan, ssh
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import Instance, Node, load_nodes
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lifecycle import CLUSTER
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import LabError


def test_an_archive_holds_the_files_with_their_modes():
    packed = files.archive([files.text_file("/etc/a", "text"), files.File("/etc/key", b"\x00", 0o600)])
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert [(one.name, one.mode, one.uid) for one in tar] == [("etc/a", 0o644, 0), ("etc/key", 0o600, 0)]
        assert tar.extractfile("etc/key").read() == b"\x00"


def test_a_container_is_made_anew_when_one_of_its_files_changes():
    def digest(content):
        return containers.Specification(
            "n", "lab-n", "image", "net", "192.0.2.1", (), (files.text_file("/etc/a", content),)
        ).digest()

    assert digest("one") == digest("one") != digest("two")


def test_hardware_addresses_last_and_are_locally_administered_unicast():
    assert containers.mac_address("lab-a") == containers.mac_address("lab-a") != containers.mac_address("lab-b")
    assert containers.mac_address("lab-a").startswith("02:")
    assert len(containers.mac_address("lab-a").split(":")) == 6


def test_the_images_differ_in_their_keys_and_the_nodes_have_no_time_service():
    nodes, internet = images.load_images("node"), images.load_images("internet")
    references = {image.reference for image in [*nodes.values(), *internet.values()]}
    assert len(references) == len(nodes) + len(internet)
    for node in nodes.values():
        assert "chrony" in node.repository and "chrony" not in node.packages


def test_there_is_an_image_of_nodes_for_every_suite_of_the_cluster_and_each_is_tested():
    suites = {node.suite for node in load_nodes(CLUSTER)}
    assert {image.suite for image in images.load_images("node").values()} == suites


def test_a_suite_without_an_image_is_refused_before_anything_is_built():
    with pytest.raises(LabError, match="'potato'"):
        images.ensure_images({"potato"})


def test_every_suite_of_the_nodes_has_a_package_mirror_of_its_own():
    nodes = tuple(Node(suite, "rtf_workers", number, suite) for number, suite in enumerate(["trixie", "bullseye"], 9))
    found = plan.nodes_images(Instance("lab", 3, nodes), images.load_images("node"))
    assert [image.suite for image in found] == ["bullseye", "trixie"]
    assert len({image.packages_directory for image in found}) == 2


def test_mirrors_are_those_of_the_suite_or_mmdebstraps_own():
    listed = (
        "http://deb.example/debian/ bookworm main\n"
        "http://deb.example/debian/ bookworm contrib\n"
        "http://deb.example/security/ bookworm-security main\n"
        "http://other.example/ nodistro main\n"
    )
    assert images.mirror_lines(listed, "bookworm") == [
        "deb http://deb.example/debian/ bookworm main",
        "deb http://deb.example/security/ bookworm-security main",
    ]
    assert images.mirror_lines(listed, "trixie") == []
    assert images.mirror_lines("", "bookworm") == []


def test_a_name_too_long_for_a_common_name_is_left_to_the_subject_alternative_name():
    assert "CN = short.example" in pki.request("short.example", "")
    assert "CN" not in pki.request("x" * 65, "")


def test_nodes_are_reached_by_name_and_by_address_and_their_keys_are_known():
    config = ssh.ssh_config({"worker-1": "192.0.2.21"}, "/state/id", "/state/known hosts")
    assert "Host worker-1 192.0.2.21\n" in config
    assert "StrictHostKeyChecking yes\n" in config
    assert 'UserKnownHostsFile "/state/known hosts"\n' in config
    assert (
        ssh.known_hosts({"worker-1": "192.0.2.21"}, {"worker-1": "ssh-ed25519 AAAA comment\n"})
        == "worker-1,192.0.2.21 ssh-ed25519 AAAA\n"
    )


def test_the_inventory_has_every_node_in_its_group():
    nodes = (Node("c", "rtf_controllers", 11), Node("w", "rtf_workers", 21))
    tree = yaml.safe_load(ssh.inventory(Instance("lab", 3, nodes)))
    children = tree["rtf_nodes"]["children"]
    assert children["rtf_controllers"] == {"hosts": {"c": {"ansible_host": "192.168.233.11"}}}
    assert children["rtf_workers"] == {"hosts": {"w": {"ansible_host": "192.168.233.21"}}}
