# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of the proxies that a person pastes, read as their readers do."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, clusters
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import proxy_values, site_and_scope
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.markdown import render
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import build
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node

NODES = [Node("server-1", "controller", "192.0.2.11"), Node("agent-1", "worker", "192.0.2.21")]
PROXIES = {
    "rtf_release": "2.x",
    "rtf_control_plane": "us",
    "rtf_http_proxy": "http://user:s3cr3t@proxy.example.com:3128",
    "rtf_monitoring_proxy": "socks5://192.0.2.99:1080",
    "rtf_no_proxy_extra": [".corp.example"],
}


def request(**variables):
    cluster = {**PROXIES, **variables}
    rows = of_site(catalog.load(), {name.removeprefix("rtf_"): value for name, value in cluster.items()})
    return build(rows, site_and_scope.scope(cluster), site_and_scope.site(NODES, cluster))


def blocks(made):
    """The blocks of code of the section, by their language."""
    return re.findall(r"```(\w+)\n(.*?)\n```", "\n".join(proxy_values.lines(made)), re.DOTALL)


def no_proxy_of(pods, services, api):
    return [
        *("localhost", "127.0.0.1", "169.254.169.254", "192.0.2.11", "192.0.2.21", "server-1", "agent-1"),
        *(pods, services, api, "kubernetes.default.svc", ".svc", ".local", ".corp.example"),
    ]


def test_helm_reads_the_keys_of_the_chart():
    (language, text), *_others = blocks(request(rtf_cluster_profile="rke2-canal"))
    values = yaml.safe_load(text)
    assert (language, list(values), list(values["proxy"])) == (
        "yaml",
        ["proxy"],
        ["http_proxy", "http_no_proxy", "monitoring_proxy"],
    )
    assert values["proxy"]["http_proxy"] == "http://proxy.example.com:3128"
    assert values["proxy"]["http_no_proxy"].split(",") == no_proxy_of("10.42.0.0/16", "10.43.0.0/16", "10.43.0.1")
    assert values["proxy"]["monitoring_proxy"] == "socks5://192.0.2.99:1080"


def test_rtfctl_gets_the_same_in_words_of_a_shell():
    _helm, (language, text), *_others = blocks(request(rtf_cluster_profile="kubeadm-flannel"))
    apply, shown, monitoring = (shlex.split(line, comments=True) for line in text.splitlines())
    without = ",".join(no_proxy_of("10.244.0.0/16", "10.96.0.0/12", "10.96.0.1"))
    assert language == "sh"
    assert apply == ["rtfctl", "apply", "http-proxy", "http://proxy.example.com:3128", "--no-proxy", without]
    assert shown == ["rtfctl", "get", "http-proxy"]
    assert monitoring == ["rtfctl", "apply", "monitoring-proxy", "socks5://192.0.2.99:1080"]


@pytest.mark.parametrize("name", clusters.load().profiles)
def test_the_container_runtime_of_each_kind_of_cluster_has_its_file(name):
    made = request(rtf_cluster_profile=name, rtf_pod_cidr="10.50.0.0/16")
    where, text = made.profile.runtime_proxy, "\n".join(proxy_values.lines(made))
    assert where.controller in text and where.worker in text and all(f"`{unit}`" in text for unit in where.restart)
    language, body = blocks(made)[-1]
    lines = body.splitlines()
    if where.form == "systemd_unit":
        assert (language, lines.pop(0)) == ("ini", "[Service]")
        lines = [re.fullmatch(r'Environment="(.*)"', line)[1] for line in lines]
    variables = dict(line.split("=", 1) for line in lines)
    assert list(variables) == ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
    assert "10.50.0.0/16" in variables["NO_PROXY"].split(",")
    assert "leader.telekube.local" not in text  # of the appliance


def test_no_credentials_are_written():
    text = render(request(rtf_cluster_profile="k3s-flannel"))["change-request.md"]
    assert "s3cr3t" not in text and "These values have no credentials" in text


def test_without_the_kind_of_the_cluster_a_person_is_asked_for_it():
    made = request()
    assert len(blocks(made)) == 2
    text = render(made)["change-request.md"]
    assert "Set `rtf_cluster_profile`" in text
    assert (
        "rtf_cluster_profile is not set, so the ports that your Kubernetes uses between its nodes are not requested"
        in text
    )
    assert (
        "rtf_cluster_profile is not set" not in render(request(rtf_cluster_profile="k3s-flannel"))["change-request.md"]
    )


def test_the_appliance_and_a_site_without_proxies_have_no_such_section():
    assert proxy_values.lines(request(rtf_release="1.13")) == []
    assert proxy_values.lines(request(rtf_http_proxy="", rtf_monitoring_proxy="")) == []


def test_ports_of_the_cluster_and_names_of_features_are_requested():
    made = request(rtf_cluster_profile="kubeadm-calico", rtf_features=["mule-gateway"])
    text = render(made)["change-request.md"]
    for name in ("kubeadm-api-server", "kubeadm-etcd", "calico-bgp", "mule-gateway-runtime-manager-us"):
        assert f"`{name}`" in text
    assert "IP-in-IP (IP protocol 4), which has no ports" in text
