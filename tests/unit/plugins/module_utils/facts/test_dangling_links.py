# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A link that leads nowhere, or a file that cannot be read: what other files say is still known, and the one is named."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files, os_release
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    kernel_build,
    kernel_evidence,
    kernel_files,
    selinux_evidence,
    swap_evidence,
    sysctl_files,
    sysctl_other_writers,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    resolver_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages import repository_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import proxy_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import (
    installer_evidence,
    os_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import clock_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.chrony_includes import (
    COMMAND_SOCKET,
)

NOWHERE = "/nonexistent/file"


@pytest.fixture
def link(tmp_path):
    path = tmp_path / "link"
    path.symlink_to(NOWHERE)
    return str(path)


def test_a_link_to_no_file_is_named_as_one(link):
    with pytest.raises(host_files.DanglingLink, match="link: dangling link to " + NOWHERE):
        host_files.read_text_or_none(link)


@pytest.mark.parametrize("kind", ["dangling", "unreadable"])
def test_parameters_and_modules_of_the_kernel(link, kind, tmp_path, monkeypatch):
    path = link if kind == "dangling" else str(tmp_path)
    monkeypatch.setattr(sysctl_files.read_beside, "__defaults__", (path,))
    monkeypatch.setattr(kernel_evidence, "MODULES_LIST", path)
    found = kernel_evidence.kernel_evidence(["kernel.ostype"], ["overlay"])
    assert found["sysctls"]["kernel.ostype"]["live"] == "Linux" and "available" in found["modules"]["overlay"]
    for what in ("sysctls", "modules"):
        assert [text.partition(":")[0] for text in found[kind][what] if text.startswith(path)] == [path]


def test_selinux(link, monkeypatch):
    monkeypatch.setattr(selinux_evidence, "CONFIG", link)
    found = selinux_evidence.selinux_evidence()
    assert found["mode"] in ("enforcing", "permissive", "disabled") and found["configured"] is None
    assert found["dangling"] == [f"{link}: dangling link to {NOWHERE}"] and found["unreadable"] == []


def test_swap(link, monkeypatch):
    monkeypatch.setattr(swap_evidence, "FSTAB", link)
    found = swap_evidence.swap_evidence()
    assert isinstance(found["active"], list) and found["fstab"] == [] and len(found["dangling"]) == 1


def test_resolvers(link, monkeypatch):
    monkeypatch.setattr(resolver_evidence, "RESOLV_CONF", link)
    found = resolver_evidence.resolver_evidence()
    assert found == {
        "nameservers": [],
        "search": [],
        "file": NOWHERE,
        "dangling": f"{link}: dangling link to {NOWHERE}",
    }


def test_of_two_files_of_the_operating_system_the_other_one_counts(link, tmp_path, monkeypatch):
    (tmp_path / "os-release").write_text("ID=rocky\nVERSION_ID=9.4\n")
    monkeypatch.setattr(os_release, "PATHS", (link, str(tmp_path / "os-release")))
    assert os_evidence.os_evidence()["id"] == "rocky" and installer_evidence.platform() is None
    monkeypatch.setattr(os_release, "PATHS", (link,))
    with pytest.raises(host_files.DanglingLink):
        os_evidence.os_evidence()
    assert kernel_evidence.kernel_evidence([], [])["platform"] == {"id": None, "version": None, "like": []}


def test_chrony_is_looked_at_whatever_its_file_is(link, monkeypatch):
    monkeypatch.setattr(clock_evidence, "read_units", lambda: {"chrony.service": {"active": True, "enabled": True}})
    monkeypatch.setattr(clock_evidence.read_configuration, "__defaults__", ((link,), COMMAND_SOCKET, None))
    found = clock_evidence.clock_evidence(0)
    assert "chrony.service" in found["units"] and "dangling link" in found["configuration"]["error"]


def test_a_unit_of_iptables_that_is_masked_is_not_the_installers(tmp_path, monkeypatch):
    unit = tmp_path / "iptables.service"
    unit.symlink_to("/dev/null")
    monkeypatch.setattr(installer_evidence, "UNIT", str(unit))
    assert installer_evidence.has_unit() is False


def test_settings_of_proxies(tmp_path):
    (tmp_path / "etc/profile.d").mkdir(parents=True)
    (tmp_path / "etc/profile.d/a.sh").symlink_to(NOWHERE)
    (tmp_path / "etc/environment").write_text("http_proxy=http://p.example.com:3128\n")
    found = proxy_evidence.proxy_evidence([], str(tmp_path), lambda: "")
    assert [entry["variable"] for entry in found["settings"]] == ["http_proxy"]
    assert found["unreadable"] == [] and "a.sh: dangling link" in found["dangling"][0]


def test_package_repositories(tmp_path):
    (tmp_path / "etc/yum.repos.d").mkdir(parents=True)
    (tmp_path / "etc/yum.repos.d/a.repo").symlink_to(NOWHERE)
    (tmp_path / "etc/yum.repos.d/b.repo").write_text("[b]\nbaseurl=http://b.example.com/\n")
    found = repository_evidence.repository_evidence([], str(tmp_path), None)
    assert [entry["name"] for entry in found["repositories"]] == ["b"]
    assert found["unreadable"] == [] and "a.repo: dangling link" in found["dangling"][0]


def test_of_two_lists_of_modules_the_other_one_counts(tmp_path):
    directory = tmp_path / "6.1.0"
    directory.mkdir()
    (directory / "modules.dep").symlink_to(NOWHERE)
    (directory / "modules.builtin").write_text("kernel/fs/overlayfs/overlay.ko\n")
    assert kernel_files.module_files("6.1.0", str(tmp_path)) == ({}, {"overlay"})
    [problem] = kernel_files.unread_lists("6.1.0", str(tmp_path))
    assert "modules.dep: dangling link" in str(problem)


def test_a_configuration_of_the_kernel_that_is_a_dangling_link_is_named(tmp_path, monkeypatch):
    (tmp_path / ("config-" + os.uname().release)).symlink_to(NOWHERE)
    monkeypatch.setattr(kernel_build, "COMPRESSED", NOWHERE)
    with pytest.raises(host_files.DanglingLink):
        kernel_build.kernel_options(["OVERLAY_FS"], str(tmp_path))


@pytest.mark.parametrize("path", ["/etc/default/ufw", "/etc/ufw/ufw.conf", "/etc/ufw/sysctl.conf"])
def test_files_of_ufw(path, tmp_path):
    texts = {
        "/etc/default/ufw": "IPT_SYSCTL=/etc/ufw/sysctl.conf\n",
        "/etc/ufw/ufw.conf": "ENABLED=yes\n",
        "/etc/ufw/sysctl.conf": "net/ipv4/ip_forward=0\n",
    }
    for name, text in texts.items():
        place = tmp_path / name[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        if name == path:
            place.symlink_to(NOWHERE)
        else:
            place.write_text(text)
    problems = []
    assert sysctl_other_writers.of_ufw(str(tmp_path), problems) == []
    assert [str(problem) for problem in problems] == [f"{tmp_path}{path}: dangling link to {NOWHERE}"]
