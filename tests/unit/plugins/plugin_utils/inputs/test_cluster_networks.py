# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of a cluster, and what a kind of cluster and features are refused with."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import cluster_networks, inventory

APPLIANCE = ("10.244.0.0/16", "10.100.0.0/16")
RKE2 = ("10.42.0.0/16", "10.43.0.0/16")


@pytest.mark.parametrize(
    "inputs, networks",
    [
        ({}, APPLIANCE),
        ({"pod_cidr": "auto", "service_cidr": "auto", "cluster_profile": "none"}, APPLIANCE),
        ({"cluster_profile": "unchanged"}, APPLIANCE),
        ({"cluster_profile": "rke2-canal"}, RKE2),
        ({"cluster_profile": "kubeadm-calico", "pod_cidr": "auto"}, ("192.168.0.0/16", "10.96.0.0/12")),
        ({"cluster_profile": "kubeadm-cilium", "pod_cidr": "10.50.0.0/16"}, ("10.50.0.0/16", "10.96.0.0/12")),
        ({"cluster_profile": "k3s-flannel", "service_cidr": "10.99.0.0/16"}, ("10.42.0.0/16", "10.99.0.0/16")),
    ],
)
def test_what_the_site_sets_counts_before_the_kind_of_its_cluster(inputs, networks):
    assert cluster_networks.of_inputs(inputs) == networks
    assert cluster_networks.of_inventory({f"rtf_{name}": value for name, value in inputs.items()}) == networks


def test_no_network_of_the_cluster_contains_a_node_whether_it_is_set_or_the_usual_one():
    """A firewall trusts these networks: with the usual one of Calico it would open to a whole LAN."""
    node = {"rtf_node_address": "192.168.7.1", "rtf_cluster_profile": "kubeadm-calico"}
    (problem,) = inventory.network_problems({"n1": node})
    assert problem.startswith("rtf_pod_cidr: not set, and 192.168.0.0/16, the default of kubeadm-calico, contains n1")
    assert inventory.network_problems({"n1": {**node, "rtf_pod_cidr": "10.50.0.0/16"}}) == []
    assert inventory.network_problems({"n1": {"rtf_node_address": "10.244.7.1"}}) == []
    (problem,) = inventory.network_problems({"n1": {**node, "rtf_pod_cidr": "192.168.0.0/16"}})
    assert problem.startswith("rtf_pod_cidr: 192.168.0.0/16 contains the address of n1")


def test_a_kind_of_cluster_without_usual_pods_asks_for_them():
    (problem,) = inventory.network_problems({"n1": {"rtf_cluster_profile": "kubeadm-cilium"}})
    assert problem.startswith("rtf_pod_cidr: not set, and kubeadm-cilium has no default")
    assert (
        inventory.network_problems({"n1": {"rtf_cluster_profile": "kubeadm-cilium", "rtf_pod_cidr": "10.9.0.0/16"}})
        == []
    )


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"rtf_release": "2.x", "rtf_cluster_profile": "rke2-canal", "rtf_features": ["mule-gateway"]}, ""),
        ({"rtf_cluster_profile": "none", "rtf_features": []}, ""),
        (
            {"rtf_cluster_profile": "rke2-canal"},
            "rtf_cluster_profile: 'rke2-canal' is for releases that run on your own",
        ),
        ({"rtf_release": "1.13", "rtf_features": ["mule-gateway"]}, "release 1.13 brings its own"),
        (
            {"rtf_release": "2.x", "rtf_control_plane": "jp", "rtf_features": ["mule-gateway"]},
            "rtf_features: the vendor lists no endpoints of mule-gateway for the control plane jp",
        ),
    ],
)
def test_they_are_for_releases_and_control_planes_that_have_them(variables, said):
    problems = inventory.offer_problems({"rtf_control_plane": "us", **variables}, catalog.load())
    assert [said in problem for problem in problems] == ([True] if said else [])
