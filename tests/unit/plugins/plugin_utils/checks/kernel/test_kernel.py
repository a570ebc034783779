# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernels of the supported systems, good and bad: what is found, and what a tired person is told to do."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import os_release
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks, kernel_packages
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

RHEL7 = ("rhel", "7.9", "3.10.0-1160.119.1.el7.x86_64")
ROCKY8 = ("rocky", "8.10", "4.18.0-553.16.1.el8_10.x86_64")
ALMA9 = ("almalinux", "9.4", "5.14.0-427.37.1.el9_4.x86_64")
RHEL10 = ("rhel", "10.1", "6.12.0-124.52.2.el10_1.x86_64")
AMAZON2 = ("amzn", "2", "4.14.355-276.618.amzn2.x86_64")
UBUNTU18 = ("ubuntu", "18.04", "5.4.0-1103-aws")
UBUNTU24 = ("ubuntu", "24.04", "6.8.0-48-generic")
DEBIAN12 = ("debian", "12", "6.1.0-40-cloud-amd64")
UNKNOWN = ("slackware", "15", "5.15.19")


def kernel_of(platform=DEBIAN12, **changes):
    """Evidence of a node with the kernel of a platform `(id, version, release)`, in order but for `changes`."""
    evidence = samples.evidence()
    name, version, release = platform
    kernel = evidence["host"]["kernel"]
    kernel.update(release=release, newest=release, platform={"id": name, "version": version, "like": []})
    kernel.update(changes)
    return evidence


def absent(evidence, name, **fields):
    """Take a module away."""
    gone = {"available": False, "how": "absent", "file": None, "at_boot": False}
    evidence["host"]["kernel"]["modules"][name].update(gone, **fields)
    return evidence


def judged(evidence, check):
    [result] = judge_node(checks.load(), samples.subject(), evidence, [check])
    return result


@pytest.mark.parametrize(
    "platform, remedy",
    [
        (RHEL7, "yum reinstall kernel-3.10.0-1160.119.1.el7.x86_64"),
        (ROCKY8, "dnf install kernel-modules-extra-4.18.0-553.16.1.el8_10.x86_64"),
        (ALMA9, "dnf install kernel-modules-extra-5.14.0-427.37.1.el9_4.x86_64"),
        (RHEL10, "dnf install kernel-modules-extra-6.12.0-124.52.2.el10_1.x86_64"),
        (AMAZON2, "yum reinstall kernel-4.14.355-276.618.amzn2.x86_64"),
        (UBUNTU18, "apt-get install linux-modules-extra-5.4.0-1103-aws"),
        (UBUNTU24, "apt-get install linux-modules-extra-6.8.0-48-generic"),
        (DEBIAN12, "apt-get install --reinstall linux-image-6.1.0-40-cloud-amd64"),
        (UNKNOWN, "Install the package with the extra modules of the kernel 5.15.19"),
    ],
)
@pytest.mark.parametrize(
    "module, check", [("br_netfilter", "kernel.bridge_netfilter"), ("ebtables", "kernel.installer_modules")]
)
def test_a_module_without_a_file_names_the_package_of_the_platform(platform, remedy, module, check):
    result = judged(absent(kernel_of(platform), module), check)
    assert result["status"] == "fail"
    assert module in result["observed"] and platform[2] in result["observed"]
    assert remedy in result["remedy"] and module in result["remedy"]


@pytest.mark.parametrize("name", recorded.names())
def test_every_supported_platform_has_such_a_package(name):
    platform = recorded.load(name)
    values = os_release.platform_of(os_release.parse_os_release(platform["files"]["/etc/os-release"]))
    release = platform["facts"]["kernel"]
    assert release in kernel_packages.of_platform(values, release)["install"]


def test_a_module_with_a_file_is_loaded_with_modprobe():
    result = judged(absent(kernel_of(), "ebtables", file="/lib/modules/x/ebtables.ko"), "kernel.installer_modules")
    assert "`modprobe --all ebtables`" in result["remedy"] and "Install" not in result["remedy"]


def test_a_module_that_is_forbidden_names_the_line_and_the_file():
    obstacle = {"how": "install", "source": "/etc/modprobe.d/cis.conf:4", "line": "install ebtables /bin/false"}
    evidence = absent(kernel_of(), "ebtables", file="/lib/modules/x/ebtables.ko", obstacle=obstacle)
    result = judged(evidence, "kernel.installer_modules")
    assert "Remove `install ebtables /bin/false` from /etc/modprobe.d/cis.conf:4" in result["remedy"]
    assert "modprobe --all" not in result["remedy"]


def test_a_module_that_is_there_and_not_loaded_at_boot_names_who_forbids_it():
    evidence = kernel_of()
    evidence["host"]["kernel"]["modules"]["br_netfilter"].update(
        at_boot=False,
        obstacle={"how": "blacklist", "source": "/etc/modprobe.d/x.conf:1", "line": "blacklist br_netfilter"},
    )
    result = judged(evidence, "kernel.modules_at_boot")
    assert "`blacklist br_netfilter` at /etc/modprobe.d/x.conf:1" in result["observed"]
    assert judged(evidence, "kernel.installer_modules")["status"] == "pass"


def test_a_kernel_that_loads_no_modules_needs_another_kernel_and_no_package():
    result = judged(absent(kernel_of(modular=False), "ebtables"), "kernel.installer_modules")
    assert "Boot a kernel of the distribution" in result["remedy"] and "apt-get" not in result["remedy"]


def test_modules_that_an_update_took_away_ask_for_a_reboot():
    evidence = absent(kernel_of(RHEL10, modules_present=False, newest="6.12.0-124.55.1.el10_1.x86_64"), "br_netfilter")
    assert "Reboot" in judged(evidence, "kernel.bridge_netfilter")["remedy"]
    pending = judged(evidence, "kernel.pending_reboot")
    assert pending["status"] == "fail" and "6.12.0-124.55.1.el10_1.x86_64 is installed" in pending["observed"]


def test_the_kernel_of_the_next_boot_must_have_the_module_too():
    newest = "6.12.0-124.55.1.el10_1.x86_64"
    evidence = kernel_of(RHEL10, newest=newest)
    evidence["host"]["kernel"]["modules"]["br_netfilter"]["at_boot"] = False
    result = judged(evidence, "kernel.modules_at_boot")
    assert f"the kernel {newest}, which the next boot starts, has no br_netfilter" in result["observed"]
    assert f"dnf install kernel-modules-extra-{newest}" in result["remedy"]


@pytest.mark.parametrize(
    "changes, status, observed",
    [
        ({}, "pass", DEBIAN12[2]),
        ({"newest": None}, "skipped", "no kernel is installed in /boot"),
        ({"newest": "6.1.0-41-cloud-amd64"}, "fail", "6.1.0-41-cloud-amd64 is installed"),
        ({"newest": None, "modules_present": False}, "fail", "its modules are missing"),
    ],
)
def test_a_pending_reboot(changes, status, observed):
    result = judged(kernel_of(**changes), "kernel.pending_reboot")
    assert result["status"] == status and observed in result["observed"]


@pytest.mark.parametrize(
    "line, advice", [("appliance", "reboot n1 before the installation, and "), ("self_managed", "then reboot it, and ")]
)
def test_a_pending_reboot_waits_for_no_installer_of_the_nodes_on_your_own_kubernetes(line, advice):
    [result] = judge_node(
        checks.load(), samples.subject(line=line), kernel_of(newest="6.1.0-41-cloud-amd64"), ["kernel.pending_reboot"]
    )
    assert advice in result["remedy"].replace("Reboot", "reboot")


def sysctl(evidence, name, **fields):
    evidence["host"]["kernel"]["sysctls"][name].update(fields)
    return evidence


@pytest.mark.parametrize(
    "live, at_boot, status", [("1", "1", "pass"), ("0", "1", "fail"), ("1", None, "fail"), ("1", "0", "fail")]
)
def test_may_detach_mounts_counts_where_the_kernel_has_it(live, at_boot, status):
    evidence = sysctl(
        kernel_of(RHEL7), "fs.may_detach_mounts", live=live, at_boot=at_boot, at_boot_source="/etc/sysctl.d/a.conf:1"
    )
    assert judged(evidence, "kernel.may_detach_mounts")["status"] == status


LINK = "/etc/sysctl.conf: dangling link to /srv/sysctl.conf"


def test_a_dangling_link_is_named_and_hides_nothing():
    kernel = {"dangling": {"sysctls": [LINK], "modules": ["/etc/modules: dangling link to /srv/modules"]}}
    results = judge_node(checks.load(), samples.subject(), kernel_of(**kernel), ["kernel.*", "host.inotify"])
    assert {result["status"] for result in results} == {"pass"}
    said = {result["id"]: result["observed"] for result in results}
    assert LINK in said["kernel.sysctls_at_boot"] and "/etc/modules: dangling link" in said["kernel.modules_at_boot"]


def test_what_a_file_says_that_cannot_be_read_is_open_and_nothing_else_is():
    kernel = {"unreadable": {"sysctls": ["/etc/sysctl.d/zz.conf: larger than 1048576 bytes"], "modules": []}}
    results = judge_node(checks.load(), samples.subject(), kernel_of(**kernel), ["kernel.*"])
    unknown = {result["id"] for result in results if result["status"] == "unknown"}
    assert unknown == {"kernel.sysctls_at_boot", "kernel.reserved_ports"}


def test_a_module_that_is_not_loaded_is_open_where_the_list_of_modules_could_not_be_read():
    lists = ["/lib/modules/6.1.0/modules.dep: Input/output error"]
    evidence = absent(kernel_of(unreadable={"sysctls": [], "modules": lists}), "ebtables")
    result = judged(evidence, "kernel.installer_modules")
    assert result["status"] == "unknown" and "ebtables" in result["observed"] and lists[0] in result["observed"]


@pytest.mark.parametrize(
    "service, failed",
    [
        ("systemd-sysctl.service", {"kernel.sysctls_at_boot"}),
        ("systemd-modules-load.service", {"kernel.modules_at_boot", "kernel.installer_modules"}),
    ],
)
def test_files_that_no_service_reads_at_boot_set_nothing(service, failed):
    results = judge_node(checks.load(), samples.subject(), kernel_of(masked=[service]), ["kernel.*"])
    assert {result["id"] for result in results if result["status"] == "fail"} == failed
    assert all(
        service in result["observed"] and service in result["remedy"]
        for result in results
        if result["status"] == "fail"
    )


def test_parameters_are_judged_where_modules_could_not_be_read():
    results = judge_node(
        checks.load(), samples.subject(), kernel_of(modules={"error": "modules.dep: too large"}), ["kernel.*"]
    )
    assert [r["status"] for r in results if r["id"] in ("kernel.ip_forward", "kernel.sysctls_at_boot")] == [
        "pass",
        "pass",
    ]


WATCHES = "fs.inotify.max_user_watches"


@pytest.mark.parametrize(
    "live, at_boot, status, observed",
    [
        ("2000000", "2000000", "pass", "max_user_watches = 2000000"),
        ("8192", "1048576", "fail", "max_user_watches = 8192"),
        ("1048576", "524288", "fail", "becomes 524288, set by /etc/sysctl.d/a.conf:1"),
        ("1048576", None, "fail", "no file sets fs.inotify.max_user_watches"),
        (None, "1048576", "fail", "max_user_watches = missing"),
    ],
)
def test_inotify_may_have_more_than_is_asked_for_and_not_less(live, at_boot, status, observed):
    result = judged(
        sysctl(kernel_of(), WATCHES, live=live, at_boot=at_boot, at_boot_source="/etc/sysctl.d/a.conf:1"),
        "host.inotify",
    )
    assert result["status"] == status and observed in result["observed"]


@pytest.mark.parametrize(
    "span, span_at_boot, reserved, reserved_at_boot, status, observed",
    [
        ("32768 60999", None, "", None, "pass", "32768-60999"),
        ("1024 65000", None, "", None, "fail", "4242, 30000-32767, 61008-61010, 61022-61025"),
        ("1024 65000", None, "4242,30000-32767,61008-61025", "4242,30000-32767,61008-61025", "pass", ""),
        ("1024 65000", None, "4242,30000-32767,61008-61025", None, "fail", "after the next boot"),
        ("32768 60999", "10000 60999", "", None, "fail", "30000-32767 after the next boot (10000-60999)"),
        ("20000 30001", None, "30000", "30000", "fail", "may use 30001 (20000-30001)"),
    ],
)
def test_ports_of_the_platform_must_not_be_given_away(span, span_at_boot, reserved, reserved_at_boot, status, observed):
    evidence = sysctl(kernel_of(), "net.ipv4.ip_local_port_range", live=span, at_boot=span_at_boot)
    sysctl(evidence, "net.ipv4.ip_local_reserved_ports", live=reserved, at_boot=reserved_at_boot)
    result = judged(evidence, "kernel.reserved_ports")
    assert result["status"] == status and observed in result["observed"]


def test_a_list_of_ports_that_the_kernel_refuses_is_named():
    evidence = sysctl(kernel_of(), "net.ipv4.ip_local_port_range", live="1024 65000", at_boot=None)
    ours = "4242,30000-32767,61008-61025"
    sysctl(evidence, "net.ipv4.ip_local_reserved_ports", live=ours, at_boot=None)
    refused = {"name": "net.ipv4.ip_local_reserved_ports", "value": "9000 # x", "source": "/etc/sysctl.d/zzz.conf:1"}
    evidence["host"]["kernel"]["boot"]["refused"].append(refused)
    result = judged(evidence, "kernel.reserved_ports")
    assert result["status"] == "fail" and "9000 # x of /etc/sysctl.d/zzz.conf:1" in result["observed"]


@pytest.mark.parametrize("span, status", [("32800 60000 # x", "pass"), ("x", "unknown")])
def test_a_range_that_is_written_oddly_raises_nothing(span, status):
    evidence = sysctl(kernel_of(), "net.ipv4.ip_local_port_range", live="32768 60999", at_boot=span)
    sysctl(evidence, "net.ipv4.ip_local_reserved_ports", live="", at_boot="9000 # x")
    assert judged(evidence, "kernel.reserved_ports")["status"] == status


BRIDGE = "net.bridge.bridge-nf-call-iptables"
FILE = "/lib/modules/6.1.0-40-amd64/kernel/net/bridge/br_netfilter.ko"


def of_cluster(profile, check, evidence, running=()):
    """The result of a check on a node of a self-managed cluster, on which these programs run."""
    site = site_rows.of_site(catalog.load(), {"cluster_profile": profile})
    scope = {"release": "2.x", "control_plane": "us", "phase": "install", "cluster_profile": profile}
    asked = samples.subject_of("n1", samples.GROUPS, {"ansible_host": "192.168.230.11"}, scope, catalogue=site)
    evidence["host"]["system"]["processes"] = [{"pid": 9, "names": [name]} for name in running]
    [result] = judge_node(checks.load(), asked, evidence, [check])
    return result


def bridge_off(evidence, value="0"):
    evidence["host"]["kernel"]["sysctls"][BRIDGE].update(live=value)
    return evidence


# https://github.com/flannel-io/flannel/issues/2068, https://github.com/flannel-io/flannel/issues/2166 and
# https://github.com/kubernetes/kubernetes/issues/127593: with kubeadm from 1.30 on nothing else looks for the module.
@pytest.mark.parametrize(
    "change, check, words",
    [
        (bridge_off, "kernel.bridge_netfilter", f"`sysctl -w {BRIDGE}=1`"),
        (lambda evidence: absent(evidence, "br_netfilter", file=FILE), "kernel.bridge_netfilter", "modprobe --all"),
        (
            lambda evidence: absent(evidence, "br_netfilter", file=FILE, at_boot_source=None),
            "kernel.modules_at_boot",
            "/etc/modules-load.d",
        ),
    ],
)
def test_flannel_of_kubeadm_needs_bridge_netfilter(change, check, words):
    result = of_cluster("kubeadm-flannel", check, change(kernel_of()))
    assert (result["status"], result["severity"]) == ("fail", "required")
    assert words in result["remedy"] and "rtf_kernel" in result["remedy"]
    assert of_cluster("kubeadm-flannel", check, kernel_of())["status"] == "pass"


@pytest.mark.parametrize("profile", ["kubeadm-calico", "kubeadm-cilium", "rke2-calico", "k3s-cilium", "k3s-flannel"])
def test_network_plugins_without_a_bridge_need_none_and_a_service_needs_no_preparation(profile):
    for check in ("kernel.bridge_netfilter", "kernel.modules_at_boot"):
        result = of_cluster(profile, check, bridge_off(absent(kernel_of(), "br_netfilter")))
        assert (result["status"], result["severity"]) == ("skipped", "info")
        assert result["observed"] == f"not required with {profile}"
    assert of_cluster(profile, "kernel.sysctls_at_boot", bridge_off(kernel_of()))["status"] == "pass"


@pytest.mark.parametrize("check", ["kernel.bridge_netfilter", "kernel.modules_at_boot", "host.bridge_netfilter"])
def test_without_the_kind_of_cluster_the_report_says_that_bridge_netfilter_was_not_judged(check):
    result = of_cluster(None, check, bridge_off(absent(kernel_of(), "br_netfilter")))
    assert (result["status"], result["severity"]) == ("skipped", "info")
    assert result["observed"].startswith("rtf_cluster_profile is not set")


# https://github.com/k3s-io/k3s/issues/14022: K3s sets the parameter whenever it starts.
@pytest.mark.parametrize("profile, service", [("k3s-flannel", "k3s-server"), ("rke2-flannel", "rke2")])
def test_a_service_of_the_cluster_sets_bridge_netfilter_up(profile, service):
    check = "host.bridge_netfilter"
    loadable = absent(bridge_off(kernel_of(), None), "br_netfilter", file=FILE)
    assert of_cluster(profile, check, loadable)["observed"] == "br_netfilter can be loaded"
    assert of_cluster(profile, check, bridge_off(kernel_of()))["status"] == "pass"  # the service is not there yet
    assert of_cluster(profile, check, kernel_of(), [service])["observed"] == "bridge-nf-call-iptables = 1"
    result = of_cluster(profile, check, bridge_off(kernel_of()), [service])
    assert (result["status"], result["severity"]) == ("fail", "required")
    assert f"sysctl -w {BRIDGE}=1" in result["remedy"] and f"{service} sets it when it starts" in result["remedy"]
    assert "rtf_kernel" not in result["remedy"]  # the role leaves it to the service


@pytest.mark.parametrize("profile", ["k3s-flannel", "rke2-flannel", "rke2-canal"])
def test_a_kernel_without_the_module_is_named_before_flannel_stops_with_it(profile):
    result = of_cluster(profile, "host.bridge_netfilter", absent(kernel_of(UBUNTU24), "br_netfilter"))
    assert result["status"] == "fail" and "cannot load br_netfilter" in result["observed"]
    assert "apt-get install linux-modules-extra-6.8.0-48-generic" in result["remedy"]
    forbidden = {"how": "install", "source": "/etc/modprobe.d/x.conf:1", "line": "install br_netfilter /bin/false"}
    result = of_cluster(
        profile, "host.bridge_netfilter", absent(kernel_of(), "br_netfilter", file=FILE, obstacle=forbidden)
    )
    assert result["status"] == "fail" and "/etc/modprobe.d/x.conf:1" in result["remedy"]


def test_pods_of_canal_are_on_no_bridge():
    assert of_cluster("rke2-canal", "host.bridge_netfilter", bridge_off(kernel_of()), ["rke2"])["status"] == "pass"
