# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rtf_proxy on every recorded platform: its own data write real files, which the preflight's judge then reads.

Ansible evaluates the variables of the role. What they say is written below a directory that has the package manager's
files of the platform, read again, and judged.
"""

import json
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import proxy_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.modules import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import proxy_settings
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_url import encoded
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
ROLE = checkout.CHECKOUT / "roles" / "rtf_proxy"
SYSTEMD = {name: recorded.load(name)["versions"]["systemd"] for name in recorded.names()}
# The role asks only whether systemd knows drop-ins for all services: the two versions next to that stand for all.
SINCE = checkout.read_yaml("roles/rtf_proxy/vars/main.yml")["__rtf_proxy_systemd_knows_service_d"]
STAND_INS = {
    name: max(one for one in SYSTEMD.values() if one < SINCE)
    if version < SINCE
    else min(one for one in SYSTEMD.values() if one >= SINCE)
    for name, version in SYSTEMD.items()
}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """{(version of systemd, way): what the role's variables say there}, by one run of Ansible."""
    folder = tmp_path_factory.mktemp("role")
    shutil.copytree(ROLE / "templates", folder / "templates")
    hosts = {}
    for version in set(STAND_INS.values()):
        for way, given in {**WAYS, **UNSET}.items():
            hosts[f"{version}-{way}"] = {
                **{"rtf_proxy_" + name: {"__ansible_unsafe": value} for name, value in given.items()},
                "__rtf_proxy_found": {"host": {"proxy": {"systemd": version, "services": {}}}},
                "__rtf_proxy_checked": {"inputs": CHECKED},
            }
    (folder / "host_vars").mkdir()
    for name, variables in hosts.items():
        (folder / "host_vars" / (name + ".json")).write_text(json.dumps(variables))
    (folder / "inventory.yml").write_text(
        yaml.safe_dump(
            {
                "all": {
                    "vars": checkout.read_yaml("roles/rtf_proxy/defaults/main.yml"),
                    "children": {"rtf_nodes": {"hosts": NODES}, "platforms": {"hosts": dict.fromkeys(hosts)}},
                }
            }
        )
    )
    told = {
        "files": "{{ __rtf_proxy_files }}",
        "http": "{{ __rtf_proxy_http_shown.url }}",
        "monitoring": "{{ __rtf_proxy_monitoring_shown.url }}",
        "hashes": "{{ __rtf_proxy_hashes }}",
        "http_credentials": "{{ __rtf_proxy_http.credentials }}",
        "monitoring_credentials": "{{ __rtf_proxy_monitoring.credentials }}",
    }
    (folder / "play.yml").write_text(
        yaml.safe_dump(
            [
                {
                    "name": "Evaluate",
                    "hosts": "platforms",
                    "gather_facts": False,
                    "vars_files": [str(ROLE / "vars" / "main.yml")],
                    "tasks": [{"name": "Tell", "ansible.builtin.debug": {"msg": told}}],
                }
            ]
        )
    )
    environment = checkout.environment(
        ANSIBLE_COLLECTIONS_PATH=str(checkout.COLLECTIONS),
        ANSIBLE_CALLBACKS_ENABLED="ansible.builtin.tree",
        ANSIBLE_CALLBACK_TREE_DIR=str(folder / "told"),
        ANSIBLE_LOCAL_TEMP=str(folder / "tmp"),
    )
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.yml", "play.yml"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()[-4000:]
    return {
        (int(name.partition("-")[0]), name.partition("-")[2]): json.loads((folder / "told" / name).read_text())["msg"]
        for name in hosts
    }


class Platform:
    """A directory with the files of a platform, and what happens to it."""

    def __init__(self, root, name, way, told):
        self.root, self.told, self.known, self.way = root, told, recorded.load(name), way
        for path, text in package_files(self.known["facts"]["pkg_mgr"]).items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if "\n" in text:
                place.write_text(text)
            else:
                place.symlink_to(text)
        for directory in ("etc/profile.d", "etc/systemd/system"):
            (root / directory).mkdir(parents=True, exist_ok=True)

    def write(self, state=None):
        """Write what the role says, or with state="absent" take it back, as the module does."""
        entries = [
            {
                "section": None,
                "keep": [],
                "mode": "0644",
                "create": True,
                "make_directories": True,
                **entry,
                "path": str(self.root) + entry["path"],
                "state": state or entry["state"],
            }
            for entry in self.told["files"]
        ]
        secrets = {name: self.told[name] for name in ("http_credentials", "monitoring_credentials")}
        changes = [plan for plan in managed_blocks.plans(entries, "test", secrets) if plan.changed]
        for plan in changes:
            managed_files.carry_out(plan)
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
            self.told["hashes"],
            str(self.root) + "/",
            lambda: proxy_evidence.run_text(["env", f"APT_CONFIG={apt}", "apt-config", "dump"]),
        )
        apt.unlink()
        found.update(curl=self.known["versions"]["curl"], systemd=self.known["versions"]["systemd"], services={})
        meant = proxy_settings.of_cluster((self.told["http"], self.told["monitoring"]), NODES, *NETWORKS)
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


@pytest.fixture(params=[(name, way) for name in recorded.names() for way in WAYS], ids="-".join)
def platform(request, evaluated, tmp_path):
    name, way = request.param
    return Platform(tmp_path, name, way, evaluated[STAND_INS[name], way])


def test_everybody_is_told_what_the_judge_wants_and_it_is_taken_back_without_a_trace(platform):
    before = platform.files()
    assert platform.write()
    written = platform.files()
    manager = platform.known["facts"]["pkg_mgr"]
    services = {"systemd"} if platform.way == "open" or platform.known["versions"]["systemd"] >= SINCE else set()
    found = platform.judged()
    assert found.failed == {}
    assert found.readers == {"login shells", "sessions", "docker", "containerd", "installer", manager} | services
    assert platform.write() == set()
    assert platform.write(state="absent") == set(written) - {path for path in before if before[path] == written[path]}
    assert platform.files() == before


def test_what_holds_a_password_is_for_root_and_its_group_alone(platform):
    platform.write()
    secrets = {platform.told["http_credentials"], platform.told["monitoring_credentials"]} - {""}
    holding = {path: mode for path, (mode, text) in platform.files().items() if any(one in text for one in secrets)}
    assert bool(holding) == bool(secrets)
    assert {path: mode for path, mode in holding.items() if mode & 0o027} == {}
    assert platform.files()[INSTALLER][0] == 0o600


@pytest.mark.parametrize("name", sorted(set(STAND_INS)))
def test_a_proxy_that_is_not_set_stays_and_one_that_is_set_to_none_is_taken_back(evaluated, tmp_path, name):
    place = Platform(tmp_path, name, "inside", evaluated[STAND_INS[name], "inside"])
    before = place.files()
    place.write()
    both = place.files()

    def run(way):
        place.told = evaluated[STAND_INS[name], way]
        place.write()
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
def test_what_a_shell_sources_says_the_url_and_does_nothing_else(evaluated, tmp_path, way, shell):
    """init.sh sources the installer's file with bash; who logs in has the shell that they like."""
    place = Platform(tmp_path, "rhel-8", way, evaluated[STAND_INS["rhel-8"], way])
    place.write()
    told, empty = place.told, tmp_path / "empty"
    empty.mkdir()
    for path, variable, url in (
        (INSTALLER, "RTF_HTTP_PROXY", told["http"]),
        (INSTALLER, "RTF_MONITORING_PROXY", told["monitoring"]),
        ("etc/profile.d/runtime-fabric-proxy.sh", "https_proxy", told["http"]),
    ):
        script = '. "$1"; eval "printf %s \\"\\${$2-}\\""'
        done = subprocess.run(
            [*shell, "-c", script, "shell", str(tmp_path / path), variable],
            cwd=empty,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        credentials = told["monitoring_credentials" if "MONITORING" in variable else "http_credentials"]
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode() == url.replace("********@", credentials)
    assert list(empty.iterdir()) == []
