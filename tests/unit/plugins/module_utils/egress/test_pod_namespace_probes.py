# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of several pods is looked at, and what is said where none can be."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import network_namespaces
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import pod_namespace_probes, pod_sandboxes

OF_CLUSTER = "nameserver 10.96.0.10\nsearch ns.svc.cluster.local svc.cluster.local\noptions ndots:5\n"
OF_NODE = "nameserver 192.0.2.53\nsearch example.com\n"


@pytest.fixture(autouse=True)
def as_root(monkeypatch):
    """All namespaces can be seen, and each process has its own, as it is for root."""
    monkeypatch.setattr(network_namespaces, "identity", lambda path: (4, path))


@pytest.fixture
def entered(monkeypatch):
    """Runs PodView where pods with some settings run, the oldest first; returns what it finds, and enters nothing."""

    def run(*settings):
        pods = [
            pod_sandboxes.Sandbox(pid, pid, f"/proc/{pid}/ns/net", (1, pid), f"uid{pid}", f"process {pid}")
            for pid in range(len(settings))
        ]

        def resolv_conf(sandbox):
            if settings[sandbox.pid] is None:
                raise Unreadable(f"/proc/{sandbox.pid}/root/etc/resolv.conf: not a regular file")
            return settings[sandbox.pid]

        monkeypatch.setattr(pod_sandboxes, "running", lambda: pods)
        monkeypatch.setattr(pod_namespace_probes, "_resolv_conf", resolv_conf)
        monkeypatch.setattr(network_namespaces, "enter", lambda path, expected: None)
        return pod_namespace_probes.PodView("", 1.0, None).serve({"do": "enter", "with": []})

    return run


def test_a_pod_with_the_name_servers_of_the_cluster_comes_before_older_ones(entered):
    assert entered(OF_NODE, OF_CLUSTER, OF_CLUSTER)["uid"] == "uid1"


def test_a_pod_with_the_settings_of_the_node_will_do(entered):
    assert entered(OF_NODE, OF_NODE)["uid"] == "uid0"


def test_a_pod_whose_settings_cannot_be_read_is_passed_over(entered):
    assert entered(None, OF_NODE)["uid"] == "uid1"
    assert entered(None)["error"] == "/proc/0/root/etc/resolv.conf: not a regular file"


def test_a_virtual_machine_in_place_of_a_pod_is_not_asked_for_its_settings(monkeypatch):
    # Kata Containers: the pod's network namespace holds the hypervisor, which sees the files of the host.
    monkeypatch.setattr(network_namespaces, "identity", lambda path: (4, "of the host"))
    machine = pod_sandboxes.Sandbox(1, 1, "/proc/1/ns/net", None, "uid", "process 1")
    with pytest.raises(Unreadable, match="only those of the host"):
        pod_namespace_probes._resolv_conf(machine)


def test_without_root_nothing_is_said_of_pods(entered, monkeypatch):
    monkeypatch.setattr(network_namespaces, "identity", lambda path: None)
    assert entered(OF_CLUSTER)["error"] == pod_namespace_probes.NOT_ROOT


def test_where_no_pod_runs_it_says_so(entered):
    assert entered()["error"] == pod_namespace_probes.NO_POD


def test_a_namespace_that_cannot_be_entered_is_told(monkeypatch):
    def refuse(path, expected):
        raise OSError(1, os.strerror(1))

    monkeypatch.setattr(network_namespaces, "enter", refuse)
    monkeypatch.setattr(pod_sandboxes, "named", lambda path: pod_sandboxes.Sandbox(9, 9, path, (1, 9), "", path))
    monkeypatch.setattr(pod_namespace_probes, "_resolv_conf", lambda sandbox: OF_NODE)
    found = pod_namespace_probes.PodView("/run/netns/x", 1.0, None).serve({"do": "enter", "with": []})
    assert "(/run/netns/x): [Errno 1]" in found["error"]


def test_the_namespace_of_a_process_whose_id_was_reused_is_not_entered():
    with pytest.raises(OSError, match="now belongs to another namespace"):
        network_namespaces.enter(network_namespaces.OWN, (0, 0))


def test_what_is_no_namespace_is_not_entered(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        network_namespaces.enter(str(tmp_path / "file"))
