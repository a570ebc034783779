# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rtf_proxy on every recorded platform: what it plans writes real files, which the preflight's checks then read.

What the plan says is written below a directory that has the package manager's files of the platform, read again as host_info
does, planned again, and judged.
"""

import os
import subprocess
from types import SimpleNamespace

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.filter.proxy_parts import proxy_parts
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes.managed_block_evidence import (
    managed_block_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import proxy_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.modules import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_url import encoded
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list, proxy_settings
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_proxy
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import Cluster
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

PASSWORD = "Pa$$ w0rd@:/%#?'\"&$(touch pwned)`touch pwned`\\!;é"
USER = "DOMAIN\\user"
# How a site may give its proxies: nothing to hide, a user alone, all apart from the URL, inside of it, addresses of IPv6.
WAYS = {
    "open": {"http_proxy": "http://proxy.example.com:3128", "monitoring_proxy": "socks5://socks.example.com:1080"},
    "user": {"http_proxy": "http://proxy.example.com:3128", "http_proxy_user": USER},
    "apart": {
        "http_proxy": "http://proxy.example.com:3128",
        "http_proxy_user": USER,
        "http_proxy_password": PASSWORD,
        "monitoring_proxy": "socks5://socks.example.com:1080",
        "monitoring_proxy_user": USER,
        "monitoring_proxy_password": PASSWORD,
    },
    "inside": {
        "http_proxy": f"http://u:{encoded(PASSWORD)}@proxy.example.com:3128",
        "monitoring_proxy": "socks5://u:p@ss%40@socks.example.com:1080",
    },
    "ipv6": {
        "http_proxy": "http://[fd00::31]:3128",
        "http_proxy_user": "u",
        "http_proxy_password": "a b",
        "monitoring_proxy": "socks5://[fd00::33]:1080",
    },
}
# What is not set, and what is set to none.
UNSET = {
    "unset": {},
    "monitoring": {"monitoring_proxy": "socks5://socks.example.com:1080"},
    "none": {"http_proxy": "", "monitoring_proxy": ""},
    "no-http": {"http_proxy": ""},
}
NODES = {"n1": {"ansible_host": "192.168.230.11"}, "n2.corp.example": {"ansible_host": "192.168.230.21"}}
NETWORKS = ("10.244.0.0/16", "10.100.0.0/16")
# What check_inputs returns of the defaults.
CHECKED = {
    name: checkout.read_yaml("roles/rtf_proxy/defaults/main.yml")["rtf_proxy_" + name]
    for name in ("consumers", "restart_services")
}
CHECKED["no_proxy_extra"] = []
INSTALLER = "opt/anypoint/runtimefabric/env"
CLUSTER = Cluster("n1", {"rtf_nodes": list(NODES)}, NODES)
SINCE = rtf_proxy.DROP_IN_FOR_ALL_SERVICES
NAMES = recorded.names()


def inputs_of(way):
    """The inputs as the role hands them on, with places for the credentials, and what it knows of the proxies itself."""
    given = {**WAYS, **UNSET}[way]
    inputs = {**CHECKED, "no_proxy": no_proxy_list.compute(NODES, *NETWORKS), "secrets": {}}
    parts = {}
    for name in ("http", "monitoring"):
        url = given.get(f"{name}_proxy")
        credentials = [given.get(f"{name}_proxy_{part}", "") for part in ("user", "password")]
        parts[name] = proxy_parts(url or "", *credentials, f"@{{{name}_credentials}}")
        inputs[f"{name}_proxy"] = UNCHANGED if url is None else parts[name]["url"]
        inputs["secrets"][f"{name}_credentials"] = parts[name]["credentials"]
    return inputs, parts


class Platform:
    """A directory with the files of a platform, and what happens to it."""

    def __init__(self, root, name, way):
        self.root, self.known = root, recorded.load(name)
        self.be_given(way)
        for path, text in package_files(self.known["facts"]["pkg_mgr"]).items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if "\n" in text:
                place.write_text(text)
            else:
                place.symlink_to(text)
        for directory in ("etc/profile.d", "etc/systemd/system"):
            (root / directory).mkdir(parents=True, exist_ok=True)

    def be_given(self, way):
        self.way = way
        self.inputs, self.parts = inputs_of(way)

    @property
    def secrets(self):
        return self.inputs["secrets"]

    def plan(self, revert=False):
        """What the role plans from the evidence of the files, as host_info returns it."""
        asked = rtf_proxy.inspection(self.inputs, {} if revert else None)
        places = [{**place, "path": str(self.root) + place["path"]} for place in asked["blocks"]]
        blocks = managed_block_evidence(places, asked["block_lines"])
        for place, found in zip(asked["blocks"], blocks, strict=True):
            found["path"] = place["path"]
        host = {"proxy": {"systemd": self.known["versions"]["systemd"], "services": {}}, "blocks": blocks}
        return rtf_proxy.revert(self.inputs, host, {}) if revert else rtf_proxy.plan(self.inputs, host, CLUSTER)

    def write(self, revert=False):
        """Write what differs from the plan, as the module does; return the paths that changed."""
        entries = [
            {**entry, "path": str(self.root) + entry["path"]}
            for change in self.plan(revert).changes
            for entry in change.get("blocks", ())
        ]
        changes = [plan for plan in managed_blocks.plans(entries, rtf_proxy.BLOCK, self.secrets) if plan.changed]
        for plan in changes:
            managed_files.carry_out(plan)
        assert len(changes) == len(entries)
        return {os.path.relpath(plan.path, str(self.root)) for plan in changes}

    def files(self):
        """{path: (mode, text)} of every file that is there."""
        return {
            str(path.relative_to(self.root)): (path.stat().st_mode & 0o777, path.read_text())
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink()
        }

    def judged(self):
        """{check: (status, what was observed)} of what the files say."""
        apt = self.root / "apt.conf"
        apt.write_text(f'Dir "{self.root}";\n')
        found = proxy_evidence.proxy_evidence(
            [part["digest"] for part in self.parts.values() if part["digest"]],
            str(self.root) + "/",
            lambda: proxy_evidence.run_text(["env", f"APT_CONFIG={apt}", "apt-config", "dump"]),
        )
        apt.unlink()
        found.update(curl=self.known["versions"]["curl"], systemd=self.known["versions"]["systemd"], services={})
        urls = (self.parts["http"]["shown"], self.parts["monitoring"]["shown"])
        meant = proxy_settings.of_cluster(urls, NODES, *NETWORKS)
        results = judge_node(
            checks.load(), samples.subject(proxy=meant), {"host": {"privileged": True, "proxy": found}}, ["proxy.*"]
        )
        return SimpleNamespace(
            readers={entry["reader"] for entry in found["settings"]},
            failed={one["id"]: one["observed"] for one in results if one["status"] != "pass"},
        )


def package_files(manager):
    """{path: text, or the target of a link} of a package manager's own configuration. dnf has yum as another name."""
    main = "[main]\ngpgcheck=1\n\n[other]\nx=1\n"
    return {
        "apt": {"etc/apt/apt.conf.d/01vendor": 'APT::Install-Recommends "1";\n'},
        "yum": {"etc/yum.conf": main},
        "dnf": {"etc/dnf/dnf.conf": main, "etc/yum.conf": "dnf/dnf.conf"},
    }[manager]


@pytest.fixture(params=[(name, way) for name in NAMES for way in WAYS], ids="-".join)
def platform(request, tmp_path):
    return Platform(tmp_path, *request.param)


def test_every_consumer_is_configured_as_the_checks_require_and_it_is_reverted_without_a_trace(platform):
    before = platform.files()
    assert platform.write()
    written = platform.files()
    manager = platform.known["facts"]["pkg_mgr"]
    services = {"systemd"} if platform.way == "open" or platform.known["versions"]["systemd"] >= SINCE else set()
    found = platform.judged()
    assert found.failed == {}
    assert found.readers == {"login shells", "sessions", "docker", "containerd", "installer", manager} | services
    assert platform.plan() == ([], {}, [], platform.plan().notices, [])
    assert bool(platform.plan().notices) == (platform.way != "open" and platform.known["versions"]["systemd"] < SINCE)
    assert platform.write(revert=True) == set(written) - {path for path in before if before[path] == written[path]}
    assert platform.files() == before


def test_what_holds_a_password_is_for_root_and_its_group_alone(platform):
    platform.write()
    secrets = set(platform.secrets.values()) - {""}
    holding = {path: mode for path, (mode, text) in platform.files().items() if any(one in text for one in secrets)}
    assert bool(holding) == bool(secrets)
    assert {path: mode for path, mode in holding.items() if mode & 0o027} == {}
    assert platform.files()[INSTALLER][0] == 0o600


@pytest.mark.parametrize("name", NAMES)
def test_a_proxy_that_is_not_set_stays_and_one_that_is_set_to_none_is_taken_back(tmp_path, name):
    place = Platform(tmp_path, name, "inside")
    before = place.files()
    place.write()
    both = place.files()

    def run(way):
        place.be_given(way)
        place.write()
        assert place.plan().changes == []
        return place.files()

    assert run("unset") == both
    # The SOCKS5 proxy has no password any more, and is all that changes.
    changed = run("monitoring")
    assert {path for path in both if changed[path] != both[path]} == {INSTALLER} and set(changed) == set(both)
    assert (
        "RTF_HTTP_PROXY=" in changed[INSTALLER][1]
        and "u:p" not in changed[INSTALLER][1].split("RTF_MONITORING_PROXY=")[1]
    )
    assert changed[INSTALLER][0] == 0o600
    left = run("no-http")
    assert set(left) - set(before) == {INSTALLER}
    assert "RTF_HTTP_PROXY" not in left[INSTALLER][1] and "RTF_MONITORING_PROXY" in left[INSTALLER][1]
    assert run("none") == before


@pytest.mark.parametrize("shell", [("sh",), ("bash",), ("dash",), ("bash", "--posix")], ids=" ".join)
@pytest.mark.parametrize("way", WAYS)
def test_what_a_shell_sources_says_the_url_and_does_nothing_else(tmp_path, way, shell):
    """init.sh sources the installer's file with bash; who logs in has the shell that they like."""
    place = Platform(tmp_path, "rhel-8", way)
    place.write()
    empty = tmp_path / "empty"
    empty.mkdir()
    for path, variable, name in (
        (INSTALLER, "RTF_HTTP_PROXY", "http"),
        (INSTALLER, "RTF_MONITORING_PROXY", "monitoring"),
        ("etc/profile.d/runtime-fabric-proxy.sh", "https_proxy", "http"),
    ):
        script = '. "$1"; eval "printf %s \\"\\${$2-}\\""'
        done = subprocess.run(
            [*shell, "-c", script, "shell", str(tmp_path / path), variable],
            cwd=empty,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode() == place.parts[name]["secret_url"]
    assert list(empty.iterdir()) == []
