# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into images and containers, and how nodes are reached."""

import io
import os
import sys
import tarfile

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import (
    containers,
    files,
    images,
    interpreters,
    pki,
    ssh,
    wanted_containers,
)
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import CHECKOUT, Instance, Node, load_nodes
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lifecycle import CLUSTER
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import LabError

EL_CLUSTER = CHECKOUT / "tests" / "lab" / "clusters" / "el_nodes.yml"
PYTHON = interpreters.Interpreter("3.6.15", "/opt/bin/python3.6", "/opt/lib/python3.6", "")


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


@pytest.mark.parametrize("definition, cluster", [("node", CLUSTER), ("rocky", EL_CLUSTER)])
def test_there_is_an_image_of_nodes_for_every_suite_of_a_cluster_and_each_is_tested(definition, cluster):
    suites = {node.suite for node in load_nodes(cluster)}
    assert {image.suite for image in images.load_images(definition).values()} == suites


@pytest.fixture
def python36(monkeypatch):
    """Lets the machine have the Python 3.6 that a test wants, or none."""

    def has(found):
        monkeypatch.setattr(interpreters, "interpreter", lambda version: found if version == "3.6" else None)
        return images.load_images("rocky")

    return has


def test_an_image_upon_another_has_what_that_has_and_is_built_from_the_same_release(python36):
    below, image = images.load_images("node")["node-bookworm"], python36(PYTHON)["rocky-el9"]
    assert image.debian == below.suite and set(below.packages) < set(image.packages)
    command = images.build_command(image, "apt.conf", "packages")
    scripts = [word.split()[1].rpartition("/images/")[2] for word in command if word.startswith("--customize-hook=")]
    assert scripts == [
        "repository.sh",
        "overlay.sh",
        "node/customize.sh",
        "rocky/customize.sh",
        "finish.sh",
        "rocky/finish.sh",
    ]
    assert command[command.index("-") - 1] == "bookworm"


def test_the_machines_python_is_part_of_the_image_that_wants_it_and_of_no_other(python36):
    without, one, other = python36(None), python36(PYTHON), python36(PYTHON._replace(version="3.6.8"))
    assert len({found["rocky-el8"].key for found in (without, one, other)}) == 3
    assert len({found["rocky-el9"].key for found in (without, one, other)}) == 1
    command = images.build_command(one["rocky-el8"], "apt.conf", "packages")
    assert any("rocky/python.sh" in word and "/opt/bin/python3.6 /opt/lib/python3.6 ''" in word for word in command)


def test_a_machine_without_the_python_that_an_image_wants_says_what_its_nodes_cannot_show(
    python36, capsys, monkeypatch
):
    monkeypatch.setattr(images, "ensure_image", lambda image: None)
    python36(PYTHON)
    images.ensure_images({"el8", "el9"})
    assert capsys.readouterr().out == ""
    python36(None)
    images.ensure_images({"el9"})
    assert capsys.readouterr().out == ""
    images.ensure_images({"el8", "el9"})
    assert "this machine has no Python 3.6: nodes of the suite el8 " in capsys.readouterr().out


def test_the_interpreter_that_runs_this_is_found_with_its_library():
    version = ".".join(map(str, sys.version_info[:2]))
    found = interpreters.interpreter(version)
    assert os.path.isfile(f"{found.library}/os.py") and os.access(found.program, os.X_OK)
    assert interpreters.interpreter("3.99") is None


def test_a_suite_without_an_image_is_refused_before_anything_is_built():
    with pytest.raises(LabError, match="'potato'"):
        images.ensure_images({"potato"})


def test_every_suite_of_the_nodes_has_a_package_mirror_of_its_own():
    nodes = tuple(Node(suite, "rtf_workers", number, suite) for number, suite in enumerate(["trixie", "bullseye"], 9))
    found = wanted_containers.nodes_images(Instance("lab", 3, nodes), images.load_images("node"))
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
