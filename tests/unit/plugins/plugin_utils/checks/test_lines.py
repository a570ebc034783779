# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node of a self-managed Kubernetes is not judged as one of the appliance, and no remedy harms what runs on it."""

import ast
import inspect
import re
import textwrap
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import audit, report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks, clusters, features
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks import registry, release_line_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_firewall
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_node_judgement
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples, test_host
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.egress import test_pods

CHECKS = checks.load()
SELF_MANAGED = [check["id"] for check in CHECKS if "self_managed" in check["lines"]]
# What only the appliance has, and what names chrony alone where any service may keep the clock.
OF_THE_APPLIANCE = re.compile(
    r"gravity|planet\b|telekube|ops center|installer|installation|/opt/anypoint|rtf-iptables|init\.sh|appliance|platform's own"
    r"|port table|\(`chronyc tracking`\)|service of the cluster",
    re.IGNORECASE,
)
# Texts that have such words, and why they are true of every line.
OF_EVERY_LINE = {
    "Before the installation, or afterwards.": "of Runtime Fabric, whatever it runs on",
    "at installation and at every upgrade": "of Runtime Fabric, whatever it runs on",
    "which package installations run": "of packages",
}
# Words of advice that can stop, remove or change what a node needs.
HARM = re.compile(
    r"systemctl (?:disable|stop|mask|restart|kill)|\b(?:reboot|restart|stop|disable|remove|delete|uninstall|purge|wipe|flush"
    r"|kill|replace)\b|swapoff|setenforce|hostnamectl|grubby|umount|ln -sf|modprobe -r|ip rule|take .* out|cgroup_hierarchy",
    re.IGNORECASE,
)
# Sentences of checks of a self-managed node that have such words, and why they harm none.
HARMLESS = {
    "Drain {} (`kubectl drain`), then reboot it": "drained before",
    "Drain {} (`kubectl drain`), then `systemctl restart {}`": "drained before",
    ": that can stop the containers.": "a warning",
    "Replace {} with a machine whose architecture is {}": "a worker on which no image of the platform runs",
    "or remove it from {}": "a name server that does not answer or resolve",
    "Drain {} before you stop a firewall's unit: that can remove the rules of kube-proxy": "a warning",
    "Delete its rules with `ip rule delete priority {}`": "routing rules of nm-cloud-setup alone, by their number",
    "Turn it off with `systemctl disable --now {}`": "units of nm-cloud-setup, which break the routing of pods",
    "Remove `{}` from {}: it prevents {} from being loaded": "a line that forbids a module that Kubernetes needs",
    "Remove the setting from {}": "a kernel parameter against the one that is wanted",
    "Remove the line from {}": "a line that forbids a module that Kubernetes needs",
    "remove the node from the cluster": "instead of a new name alone",
    "exclude these settings from it": "settings of the host in a configuration management",
    "Remove {} from the search domains of {}": "a search domain that has an address for every name",
    "remove the wildcard": "of the DNS team",
    "now and after a reboot": "no advice",
    "after a reboot": "no advice",
}


def subject(phase="operate", **changes):
    scope = {"release": "2.x", "control_plane": "us", "phase": phase}
    scope["cluster_profile"] = "kubeadm-calico"
    return samples.subject_of("n1", samples.GROUPS, {"ansible_host": "192.168.230.11"}, scope, [samples.NTP])._replace(
        **changes
    )


def kubernetes_node(asked):
    """Evidence of a node of Ubuntu 22.04 with kubeadm, containerd and Calico, on which all is well."""
    evidence = samples.evidence()
    host = evidence["host"]
    first, *_others, ntp = evidence["egress"]
    from_pod = {"path": "pod", "over": "direct", "verdict": "reachable", "layer": "http", "detail": None}
    evidence["egress"] = [
        {**first, "id": row["id"], "host": row["host"], "other_paths": [from_pod]} for row in asked.endpoints
    ] + [ntp]
    evidence["pods"] = test_pods.POD
    programs = [
        "systemd",
        "sshd",
        "kubelet",
        "containerd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "etcd",
        "coredns",
        "calico-node",
        "dockerd",
        "falcon-sensor",
        "puppet",
    ]
    host["system"].update(
        release="5.15.0-119-generic",
        os={"id": "ubuntu", "id_like": ["debian"], "version": "22.04", "name": "Ubuntu 22.04.5 LTS"},
        hardware={"machine": "x86_64", "cpus": 2, "memory": 15 * 2**30, "product": "t3.large"},
        cgroups={"controllers": [], "unified": True},
        processes=[{"pid": 100 + number, "names": [name]} for number, name in enumerate(programs)],
        accounts={"1000": {"user": "ubuntu", "group": "ubuntu"}},
        kernel_options={"source": "/boot/config-5.15.0-119-generic", "options": {}},
        cloud_init={"installed": True, "disabled": False, "network": True},
        kubernetes={"program": "kubelet", "version": "1.30.2"},
    )
    host["storage"].update(mounts=[], fstab=[], devices=[])
    host["network"]["resolvers"]["nameservers"] = ["127.0.0.53"]
    host["network"]["dns_listeners"] = [{"address": "0.0.0.0", "transport": "udp", "process": "coredns", "pid": 7}]
    host["network"]["routes"].append(
        {"destination": "10.244.1.0/24", "interface": "vxlan.calico", "gateway": "10.244.1.0", "protocol": "80"}
    )
    host["network"]["addresses"].append(
        {"interface": "eth0", "address": "192.168.230.12", "prefix": 24, "family": "ipv4", "dynamic": False}
    )
    host["swap"]["active"] = [{"name": "/dev/sda3", "kilobytes": 1 << 20}]
    host["selinux"].update(
        mode="enforcing", configured="enforcing", platform={"id": "rhel", "version": "9.4", "like": []}
    )
    host["time"].update(
        units={"systemd-timesyncd.service": {"active": True, "enabled": True}},
        chrony={"error": "chronyc is not installed"},
        synchronised=True,
    )
    evidence["cluster_size"] = {"controllers": 1, "workers": 1}
    return evidence


@pytest.mark.parametrize("phase", ["install", "operate"])
def test_a_running_kubernetes_node_is_not_judged_by_the_appliance(phase):
    asked = subject(phase)
    results = {entry["id"]: entry for entry in judge_node(CHECKS, asked, kubernetes_node(asked))}
    failed = {name: entry["remedy"] for name, entry in results.items() if entry["status"] not in ("pass", "skipped")}
    assert set(failed) == {"net.resolvers", "host.config_management"}
    for name in (
        "host.conflicting_programs",
        "host.cgroups",
        "host.os_supported",
        "host.service_account",
        "host.kernel_config",
        "host.swap",
        "host.selinux",
        "time.no_competitor",
        "time.chrony_active",
        "ports.free",
        "proxy.installer",
    ):
        assert name not in results
    for name, remedy in failed.items():
        assert "kubelet" in remedy or "exclude these settings from it" in remedy, name


@pytest.mark.parametrize("phase", ["install", "operate"])
@pytest.mark.parametrize("broken", [*test_node_judgement.BROKEN, *test_host.BROKEN], ids=lambda row: row[1])
def test_whatever_is_broken_no_remedy_stops_what_such_a_node_needs(broken, phase):
    change, *_expected = broken
    evidence = test_host.changed(*change) if isinstance(change, tuple) else samples.evidence()
    if callable(change):
        change(evidence)
    for entry in judge_node(CHECKS, subject(phase), evidence):
        assert entry["id"] in SELF_MANAGED or entry["requirement"][0] in {row["id"] for row in subject(phase).endpoints}
        assert not re.search(
            r"(?:stop|disable|restart)[^.]*(?:kubelet|containerd)|cgroup|gravity|init\.sh|before the installation",
            entry["remedy"],
        ), entry


def test_a_check_that_a_role_verifies_its_own_change_with_is_made_on_every_line():
    evidence = kubernetes_node(subject())
    made = judge_node(CHECKS, subject(), evidence, ["host.swap", "host.selinux"], insist=["host.swap", "host.selinux"])
    assert [(entry["id"], entry["status"]) for entry in made] == [("host.swap", "fail"), ("host.selinux", "fail")]
    assert judge_node(CHECKS, subject(), evidence, ["host.swap", "host.selinux"]) == []


def test_the_name_of_a_node_that_has_joined_a_cluster_is_not_simply_changed():
    evidence = samples.evidence()
    evidence["host"]["system"]["hostname"] = {"name": "localhost", "static": "localhost"}
    remedies = {
        (line, phase): judge_node(CHECKS, samples.subject(line=line, phase=phase), evidence, ["host.hostname"])[0][
            "remedy"
        ]
        for line in ("appliance", "self_managed")
        for phase in ("install", "operate")
    }
    assert "hostnamectl" in remedies.pop(("appliance", "install"))
    assert all("remove the node from the cluster" in remedy for remedy in remedies.values())


def test_denying_what_no_rule_opens_is_refused_where_the_ports_between_nodes_are_not_known():
    catalogue = catalog.load()
    profiles = clusters.load().profiles
    (problem,) = rtf_firewall.denying(catalog.release_of(catalogue, "2.x"), None)
    assert problem.startswith("rtf_firewall_default_deny: refused with rtf_release 2.x")
    assert not any(rtf_firewall.denying(catalog.release_of(catalogue, name), None) for name in ("1.4", "1.13"))
    refused = {name for name in profiles if rtf_firewall.denying(catalog.release_of(catalogue, "2.x"), profiles[name])}
    assert refused == {"kubeadm-calico", "k3s-calico"}


def texts_of(function, seen):
    """Yield the texts in a function and in those of this collection that it names, but those for the appliance alone."""
    function = inspect.unwrap(function)
    if function in seen or not getattr(function, "__module__", "").startswith("ansible_collections.hostprep"):
        return
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for part in shown(tree):
        if isinstance(part, (ast.Constant, ast.JoinedStr)):
            yield text_of(part)
        elif isinstance(part, (ast.Name, ast.Attribute)):
            named = function.__globals__.get(part.id) if isinstance(part, ast.Name) else attribute(part, function)
            if isinstance(named, str):
                yield named
            elif inspect.isfunction(named):
                yield from texts_of(named, seen)


def shown(node):
    """Yield the parts of a syntax tree that a person can come to read, texts whole."""
    body = getattr(node, "body", None)
    is_documented = isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword) and child.arg == "appliance" or is_documented and child is body[0]:
            continue
        yield child
        if isinstance(child, ast.JoinedStr):
            for value in ast.walk(child):
                if isinstance(value, (ast.Name, ast.Attribute)):
                    yield value
        else:
            yield from shown(child)


def text_of(part):
    if isinstance(part, ast.Constant):
        return part.value if isinstance(part.value, str) else ""
    return "".join(value.value if isinstance(value, ast.Constant) else "{}" for value in part.values)


def attribute(part, function):
    owner = function.__globals__.get(part.value.id) if isinstance(part.value, ast.Name) else None
    return getattr(owner, part.attr, None) if inspect.ismodule(owner) else None


def test_no_sentence_of_a_check_of_this_line_advises_what_harms_such_a_node():
    seen, found = set(), set()
    for name in SELF_MANAGED:
        found.update(texts_of(registry.function_of(name), seen))
    assert any("kubectl drain" in text for text in found) and not any("gravity" in text for text in found)
    harmful = [text for text in found if HARM.search(known_harmless(text))]
    assert harmful == []


def known_harmless(text):
    """The text without what HARMLESS allows."""
    for allowed in HARMLESS:
        text = text.replace(allowed, "")
    return text


def test_every_sentence_that_is_allowed_still_exists():
    found = {text for name in SELF_MANAGED for text in texts_of(registry.function_of(name), set())}
    assert [allowed for allowed in HARMLESS if not any(allowed in text for text in found)] == []


def test_advice_of_another_line_is_not_given():
    assert release_line_remedies.by_line(subject(), appliance="a", self_managed="s") == "s"
    assert release_line_remedies.by_line(samples.subject(), appliance="a", self_managed="s") == "a"
    assert release_line_remedies.reboot(samples.subject()) == "Reboot n1"


def texts_of_rows():
    """Yield what requirements of this line say of themselves, of every control plane, kind of cluster and feature."""
    loaded = catalog.load()
    kinds = [{}, *({"cluster_profile": name} for name in clusters.load().profiles)]
    for site in [site_rows.of_site(loaded, {"features": list(features.load()), **kind}) for kind in kinds]:
        rows = [*catalog.select_ports(site, "2.x", "install"), *catalog.select_settings(site, "2.x")]
        for plane in catalog.release_of(loaded, "2.x")["control_planes"]:
            rows += catalog.select_endpoints(site, "2.x", plane)
        for row in rows:
            yield from [row.get("title", ""), row["purpose"], *row["notes"], str(row.get("expected", ""))]


def texts_of_package(package):
    """Yield the texts in the modules of a package, its templates among them, and not what documents the code."""
    for module in Path(*package.__path__).rglob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        documents = {id(part.value) for part in ast.walk(tree) if isinstance(part, ast.Expr)}
        parts = [part for part in shown(tree) if isinstance(part, (ast.Constant, ast.JoinedStr))]
        yield from (text_of(part) for part in parts if id(part) not in documents)


def test_no_text_of_this_line_speaks_of_the_appliance():
    """Titles, causes, commands, findings, remedies, requirements, and what the formats of the report add to them."""
    not_asked = catalog.not_asked(catalog.load(), "2.x") - set(site_rows.ASKED_BY_INPUTS)
    made = [check for check in CHECKS if check["id"] in SELF_MANAGED and not checks.is_not_required(check, not_asked)]
    found = {check.get(field, "") for check in made for field in ("title", "fault", "confirm")}
    found.update(text for check in made for text in texts_of(registry.function_of(check["id"]), set()))
    found.update(texts_of_rows())
    found.update(text for package in (audit, report) for text in texts_of_package(package))
    assert any("Rows are sources" in text for text in found) and any("not required by" in text for text in found)
    for allowed in OF_EVERY_LINE:
        found.remove(next(text for text in found if allowed in text))
    assert [text for text in found if " " in text and OF_THE_APPLIANCE.search(text)] == []
