# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods are found by what the kernel shows; a pod cannot show another one in its place."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import pod_sandboxes

# As kubelets write them: containerd with cgroupfs (recorded in the lab, cgroup v1), with systemd (v2), CRI-O with systemd (v2),
# a pod with guaranteed resources, kind (kubernetes-sigs/kind: the cgroup root is /kubelet).
CGROUPS = {
    "0000-web": "9:name=systemd:/machine/kubepods/besteffort/pod0000-web/18fa7ed7\n1:cpu:/\n0::/system.slice/containerd.service\n",
    "1b2c_3d": "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1b2c_3d.slice/cri-containerd-aa.scope\n",
    "2c3d": "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod2c3d.slice/crio-bb.scope\n",
    "3d4e-5f": "0::/kubepods.slice/kubepods-pod3d4e-5f.slice/cri-containerd-cc.scope\n",
    "4e5f": "0::/kubelet/kubepods/pod4e5f/dd\n",
    "5f60": "11:memory:/system.slice/containerd.service/kubepods-besteffort-pod5f60.slice:cri-containerd:ee\n",
}
NODE = "0::/init.scope\n"


class Proc:
    """A tree like /proc: processes with the files that are read, namespaces as files that processes share."""

    def __init__(self, folder):
        self.folder = folder
        self.namespaces = folder / "namespaces"
        self.namespaces.mkdir()
        self.add(1, "node", NODE, born=1)
        (folder / "self").symlink_to("1")

    def add(self, pid, namespace, cgroup, born, state="S"):
        own = self.folder / str(pid)
        (own / "ns").mkdir(parents=True)
        (own / "cgroup").write_text(cgroup)
        (own / "stat").write_text(f"{pid} (a) b) {state} {' '.join(['0'] * 18)} {born} 0\n")
        kept = self.namespaces / namespace
        kept.touch()
        os.link(kept, own / "ns" / "net")

    def pin(self, name, namespace):
        folder = self.folder / "pinned"
        folder.mkdir(exist_ok=True)
        os.link(self.namespaces / namespace, folder / name)

    def running(self):
        return pod_sandboxes.running(str(self.folder), str(self.folder / "pinned"))


@pytest.fixture
def proc(tmp_path):
    return Proc(tmp_path)


@pytest.mark.parametrize("uid", CGROUPS)
def test_a_pod_is_known_by_its_control_group(proc, uid):
    proc.add(40, "pod", CGROUPS[uid], born=7)
    [found] = proc.running()
    assert (found.pid, found.uid) == (40, uid)
    assert found.namespace == f"{proc.folder}/40/ns/net"
    assert uid in found.source


def test_no_pod_is_found_where_none_runs(proc):
    proc.add(40, "container", "0::/user.slice\n", born=7)
    assert proc.running() == []


def test_pods_in_the_network_of_the_host_are_left_out(proc):
    proc.add(40, "node", CGROUPS["2c3d"], born=7)
    assert proc.running() == []


def test_the_first_process_of_a_pod_decides_whatever_namespaces_others_of_it_make(proc):
    cgroup = CGROUPS["2c3d"]
    proc.add(90, "pod", cgroup, born=100)  # ids of processes start again at the end of their range
    proc.add(20, "made by the pod", cgroup, born=300)
    proc.add(30, "pod", cgroup, born=200)
    assert [one.pid for one in proc.running()] == [90]


def test_a_pod_of_the_host_network_that_makes_a_namespace_stays_left_out(proc):
    proc.add(40, "node", CGROUPS["2c3d"], born=1)
    proc.add(41, "made by the pod", CGROUPS["2c3d"], born=2)
    assert proc.running() == []


def test_a_process_that_is_dead_is_no_pod(proc):
    proc.add(40, "pod", CGROUPS["2c3d"], born=7, state="Z")
    assert proc.running() == []


def test_the_oldest_pod_comes_first(proc):
    proc.add(40, "a", CGROUPS["2c3d"], born=9)
    proc.add(41, "b", CGROUPS["4e5f"], born=8)
    assert [one.uid for one in proc.running()] == ["4e5f", "2c3d"]


def test_a_container_without_a_kubelet_is_known_by_its_mounted_namespace_and_comes_last(proc):
    proc.add(40, "alone", "0::/k8s.io/x\n", born=3)
    proc.pin("cni-5d1f", "alone")
    proc.add(41, "pod", CGROUPS["2c3d"], born=9)
    proc.pin("cni-77aa", "pod")
    found = proc.running()
    assert [(one.pid, one.uid) for one in found] == [(41, "2c3d"), (40, "")]
    assert "cni-5d1f" in found[1].source


def test_a_mounted_namespace_that_a_reboot_left_empty_is_no_pod(proc):
    (proc.namespaces / "gone").touch()
    proc.pin("cni-5d1f", "gone")
    assert proc.running() == []


def test_a_named_namespace_is_looked_up_with_its_first_process(proc):
    proc.add(40, "a", "0::/x\n", born=9)
    proc.add(41, "a", "0::/x\n", born=8)
    found = pod_sandboxes.named(str(proc.namespaces / "a"), str(proc.folder))
    assert (found.pid, found.uid) == (41, "")
    (proc.namespaces / "empty").touch()
    assert pod_sandboxes.named(str(proc.namespaces / "empty"), str(proc.folder)).pid is None
    with pytest.raises(OSError, match="does not exist"):
        pod_sandboxes.named("no-such-namespace", str(proc.folder))


def test_the_logs_of_the_kubelet_name_a_pod(tmp_path):
    (tmp_path / "kube-system_web-0_1b2c-3d").mkdir()
    (tmp_path / "junk").mkdir()
    assert pod_sandboxes.name_of("1b2c_3d", str(tmp_path)) == "kube-system/web-0"
    assert pod_sandboxes.name_of("other", str(tmp_path)) is None
    assert pod_sandboxes.name_of("", str(tmp_path / "missing")) is None
