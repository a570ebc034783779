# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing of a secret that a host's files hold is in its evidence, in a finding, or in what a module prints."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_programs, masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import modprobe_files, swap_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import address_persistence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_identity import Link
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages import (
    repository_evidence,
    repository_files,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    proxy_evidence,
    service_environments,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage import mount_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import (
    configured_devices,
    running_programs,
)
from ansible_collections.hostprep.runtime_fabric.plugins.modules import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import proxy_settings, repository_probes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted

# The interfaces that the planted files are about.
LINKS = [Link(name, names=(name,)) for name in ("planted", "planted0", "planted1")]
NODES = {"n1": {"ansible_host": "192.0.2.11"}}


def plant(root, files):
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def dump(root):
    """What apt makes of its files below a root."""
    (root / "apt").write_text(f'Dir "{root}";\n')
    return host_programs.run_text(["env", f"APT_CONFIG={root}/apt", "apt-config", "dump"], quoting=False)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """The sections of host_info that are made of files below a root directory, once for each package manager."""
    found = {}
    for manager in ("apt", "dnf"):
        root = tmp_path_factory.mktemp(manager)
        plant(
            root,
            {path: text for path, text in planted.FILES.items() if manager == "apt" or not path.startswith("/etc/apt")},
        )
        found[manager] = {
            "proxy": proxy_evidence.proxy_evidence([], str(root) + "/", lambda root=root: dump(root)),
            "packages": repository_evidence.repository_evidence([], str(root) + "/", lambda root=root: dump(root)),
            "persistence": address_persistence.persistence_evidence(str(root) + "/", links=LINKS),
            "environment": [
                configured_devices.device_settings(str(path), ["RTF_DOCKER_DEVICE"])
                for path in root.glob("opt/anypoint/runtimefabric/env*")
            ],
        }
    return found


def test_every_file_was_read(evidence):
    apt, dnf = evidence["apt"], evidence["dnf"]
    assert {entry["reader"] for entry in apt["proxy"]["settings"]} >= {
        "login shells",
        "sessions",
        "systemd",
        "docker",
        "containerd",
        "dnf",
        "yum",
        "apt",
    }
    assert len(apt["packages"]["repositories"]) > 20 and len(dnf["packages"]["repositories"]) > 20
    assert [entry for entry in apt["packages"]["unreadable"] + dnf["packages"]["unreadable"] if "line 1" in entry]
    assert len(apt["persistence"]["configurations"]) >= 6


def test_no_evidence_holds_a_part_of_a_secret(evidence):
    assert planted.found_in(json.dumps(evidence)) == []


@pytest.mark.parametrize("wanted", ["", "http://********@planted.example.com:3128", "http://proxy.example.com:3128"])
def test_no_finding_holds_a_part_of_a_secret(evidence, wanted):
    meant = proxy_settings.of_cluster((wanted, ""), NODES, "10.244.0.0/16", "10.100.0.0/16")
    for host in evidence.values():
        results = judge_node(
            checks.load(),
            samples.subject(proxy=meant),
            {"host": {"privileged": True, **host}},
            ["proxy.*", "host.repos_reachable", "storage.*"],
        )
        assert planted.found_in(json.dumps(results)) == []
        assert planted.found_in(repr(repository_probes.probes(host, wanted))) == []


def test_no_line_of_fstab_modprobe_or_swap_holds_a_part_of_a_secret():
    found = [
        mount_evidence.parse_fstab(planted.FILES["/etc/fstab"]),
        swap_evidence.parse_fstab(planted.FILES["/etc/fstab"]),
        modprobe_files.obstacles_in_files([("x", planted.FILES["/etc/modprobe.d/planted.conf"])]),
        mount_evidence.parse_mounts(
            "23 22 0:32 / /x rw - cifs //u:Kq1xKq1v@h/x rw,username=Kq1,pw=Kq2x,Kq3x#v\n".replace(
                "username=Kq1", "username=u"
            )
        ),
    ]
    assert found[0] and found[2] and planted.found_in(json.dumps(found)) == []
    assert any("RTF" in entry["text"] for entry in found[0])


def test_no_name_of_a_process_is_a_part_of_its_arguments():
    for secret in planted.SECRETS.values():
        for words in (
            ["curl", "-x", f"http://u:{secret}@h/"],
            ["bash", "-c", f"x=/{secret} y"],
            ["sh", "-c", secret],
            ["python3", "-c", f"open('/x/{secret}')"],
            ["perl", "-e", f"/{secret}/"],
            ["x --pass=" + secret],
        ):
            assert planted.found_in(repr(running_programs.program_names("x", words))) == []


class Host(service_environments.Host):
    """A host on which every file has the same text."""

    def __init__(self, text):
        self.text = text

    def read(self, path):
        return self.text


def test_no_environment_of_a_service_holds_a_part_of_a_secret():
    lines = [
        "Environment=" + " ".join('"http_proxy={}"'.format(url.replace('"', "")) for url in [url])
        for url in planted.urls()
    ]
    for line in lines:
        for form in (line, line.replace('"', "")):
            shown = "Id=docker.service\nLoadState=loaded\nActiveState=active\nMainPID=7\n" + form + "\n"
            value = form.partition("=")[2].strip('"').partition("=")[2]
            found = service_environments.service_evidence(
                masked_urls.Display(),
                run=lambda argv, shown=shown: shown if argv[1] == "show" else "",
                host=Host(f"http_proxy={value}\0"),
            )
            assert planted.found_in(json.dumps(found)) == [], form


REPOSITORIES = (
    "https://{0}:{1}@r.example/x",
    "http://{1}@r.example/",
    "{1}",
    "http://r.example/{1}",
    "mirror+http://{0}:{1}@r/",
)


@given(st.sampled_from(sorted(planted.SECRETS)), st.sampled_from(REPOSITORIES))
def test_no_reason_or_place_of_a_repository_holds_a_part_of_a_secret(name, shape):
    url = shape.format(planted.USER, planted.SECRETS[name])
    try:
        said = repr(repository_files.place_of(url))
    except ValueError as problem:
        said = str(problem)
    assert planted.found_in(said) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("prepared", ["fresh", "rotated", "reverted", "broken", "no file"])
def test_what_managed_blocks_prints_holds_no_part_of_a_secret(tmp_path, prepared, check):
    """Old secrets, new ones and those of the site beside the block, on success, on failure, in check mode, on revert."""
    path = tmp_path / "planted"
    path.write_text("site = {}\n".format(planted.SECRETS["hash"]))
    lines = []
    for number, _secret in enumerate(planted.SECRETS.values()):
        lines += [f"{number} SHA1 @{{s{number}}}", f"http_proxy=http://u:@{{s{number}}}@h:1", f"other @{{s{number}}}"]
    entry = {"path": str(path), "content": "\n".join(lines)}
    secrets = {f"s{number}": secret for number, secret in enumerate(planted.SECRETS.values())}
    if prepared in ("rotated", "reverted"):
        assert run_module([entry], secrets)[0] == 0 and planted.found_in(path.read_text())
        secrets = {name: secret[::-1] for name, secret in secrets.items()} if prepared == "rotated" else {}
    if prepared == "reverted":
        entry["state"] = "absent"
    if prepared == "broken":
        path.write_text("# BEGIN planted (before: {})\n# END planted\n".format(planted.SECRETS["plain"]))
    if prepared == "no file":
        entry["path"] = str(tmp_path)
    code, text = run_module([entry], secrets, check)
    assert (code != 0) is (prepared in ("broken", "no file"))
    assert planted.found_in(text) == [] and planted.found_in(text, list(secrets.values())) == []


def run_module(files, secrets, check=False):
    arguments = {
        "name": "planted",
        "files": files,
        "secrets": secrets,
        "_ansible_check_mode": check,
        "_ansible_diff": True,
        "_ansible_verbosity": 3,
    }
    return module_process.printed(managed_blocks, arguments)
