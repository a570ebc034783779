# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the READMEs and the guide have users type works: each command, input and inventory in them."""

import datetime
import json
import math
import re
import shlex
import subprocess
import sys

import jmespath
import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.tests.unit.commands import output
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import simulated_reports
from ansible_collections.hostprep.runtime_fabric.tools.markdown_blocks import blocks

GUIDE = [path for path in checkout.tracked_files(".md") if path.parts[:2] == ("docs", "guide")]
DOCUMENTS = [
    *checkout.tracked_files("README.md")[:1],
    *GUIDE,
    *checkout.tracked_files("docs/inputs.md", "docs/report.md", "docs/scale.md"),
    *(path for path in checkout.tracked_files("README.md") if path.parts[0] == "roles"),
]
FIRST_HOUR = "docs/guide/first-hour.md"

# Names that begin like inputs: groups, roles, extra variables of playbooks, and what an audit leaves for a workflow.
GROUPS = {"rtf_nodes", "rtf_controllers", "rtf_workers"}
OTHER_NAMES = GROUPS | {"rtf_compare_before", "rtf_compare_after", "rtf_rejudge_run", "rtf_bundle_run", "rtf_readiness"}

# Programs of ansible-core have a parser each, which knows every option.
PROGRAMS = {
    "ansible": ("ansible.cli.adhoc", "AdHocCLI"),
    "ansible-galaxy": ("ansible.cli.galaxy", "GalaxyCLI"),
    "ansible-playbook": ("ansible.cli.playbook", "PlaybookCLI"),
    "ansible-vault": ("ansible.cli.vault", "VaultCLI"),
}
# Programs without a parser here, with options that their commands have to have; `make release-check` runs them.
OTHER_PROGRAMS = {"ansible-builder": {"build", "--tag"}, "ansible-navigator": {"run", "--pull-policy", "--mode"}}
ASKING = {"--ask-become-pass", "--ask-vault-pass"}

# Runs each command of the list that it reads in a process of its own, which has Ansible imported already, and writes
# {command: what was printed} of those that failed.
RUNNER = """
import importlib, json, os, sys, tempfile
commands = json.load(sys.stdin)
from ansible.cli import playbook
failed = {}
for command, place, name, words in commands:
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            status = 99
            try:
                os.dup2(output.fileno(), 1), os.dup2(output.fileno(), 2)
                program = getattr(importlib.import_module(place), name)(words)
                status = program.run() if name == "PlaybookCLI" else program.parse()
            except SystemExit as end:
                status = end.code
            except BaseException as problem:
                print(repr(problem))
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(status or 0)
        if os.waitpid(child, 0)[1]:
            output.seek(0)
            failed[command] = output.read().decode()
json.dump(failed, sys.stdout)
"""


def blocks_of(language):
    """Return `[(path, content)]` of the blocks of a language in all documents."""
    return [
        (str(path), content) for path in DOCUMENTS for name, content in blocks(checkout.read(path)) if name == language
    ]


def commands():
    """Return the commands in the documents, each once, in their order."""
    lines = [line for _path, content in blocks_of("shell") for line in content.splitlines()]
    units = [line for _path, content in blocks_of("ini") for line in content.splitlines()]
    steps = [line for _path, content in blocks_of("yaml") for line in content.splitlines()]
    for line in units + steps:
        lines += re.findall(
            r"(?:ExecStart=/usr/local/bin/| run: | {4}- )((?:ansible-playbook|ansible-galaxy) .*)", line
        )
    return list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))


def playbooks():
    """Return the blocks that are playbooks."""
    found = [(content, yaml.safe_load(content)) for _path, content in blocks_of("yaml")]
    return [content for content, value in found if isinstance(value, list)]


def run_or_parsed(command):
    """Return what RUNNER takes for a command: tasks are listed instead of run, and nothing is asked for."""
    program, *words = shlex.split(command)
    words = [word for word in words if word not in ASKING]
    if program == "ansible-playbook":
        words.append("--list-tasks")
    return [command, *PROGRAMS[program], [program, *words]]


@pytest.fixture
def site(tmp_path):
    """The directory of the first hour, with a node more for the page that adds one."""
    (inventory,) = [content for language, content in blocks(checkout.read(FIRST_HOUR)) if "rtf_nodes:vars" in content]
    (tmp_path / "inventory").write_text(inventory.replace("[rtf_workers]\n", "[rtf_workers]\nnode-4\n"))
    return tmp_path


def test_there_are_documents():
    assert len(DOCUMENTS) > 10 and len(commands()) > 15 and playbooks()


def test_commands_are_accepted(site):
    """Playbooks list their tasks, which reads the inventory, the playbook, its roles and each option."""
    known = [command for command in commands() if shlex.split(command)[0] in PROGRAMS]
    for number, playbook in enumerate(playbooks()):
        (site / f"{number}.yml").write_text(playbook)
        known.append(f"ansible-playbook -i inventory {number}.yml")
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        cwd=site,
        env=checkout.environment(
            ANSIBLE_COLLECTIONS_PATH=str(checkout.COLLECTIONS), ANSIBLE_LOCAL_TEMP=str(site / "tmp"), LC_ALL="C.UTF-8"
        ),
        input=json.dumps([run_or_parsed(command) for command in known]),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    assert json.loads(done.stdout) == {}


def test_other_commands_are_known():
    """What has no parser here is named, with the options that are used, or is a target of make."""
    targets = set(re.findall(r"^([a-z-]+):", checkout.read("Makefile"), re.MULTILINE))
    for command in commands():
        program, *words = shlex.split(command)
        if program in OTHER_PROGRAMS:
            assert set(words) >= OTHER_PROGRAMS[program], command
        elif program not in PROGRAMS:
            assert program in ("make", "sudo", "pip", "apt-get", "systemctl", "journalctl"), command
            assert program != "make" or set(words[:1]) <= targets, command


def change_request(directory):
    """Run the playbook that contacts no host on the inventory of a directory; it refuses inputs that are not valid."""
    said = output(
        [sys.executable, "-m", "ansible", "playbook", "hostprep.runtime_fabric.change_request", "-i", "inventory"],
        directory,
        checkout.environment(ANSIBLE_COLLECTIONS_PATH=str(checkout.COLLECTIONS)),
    )
    assert "WARNING" not in said, said
    return (directory / "rtf-change-request" / "openings.csv").read_text()


@pytest.mark.parametrize(
    "path, opening", [(FIRST_HOUR, "ntp1.example.com"), ("docs/guide/self-managed.md", "rtf-runtime-registry")]
)
def test_inventory_of_a_page_is_valid(path, opening, tmp_path):
    (inventory,) = [
        content
        for language, content in blocks(checkout.read(path))
        if "[rtf_nodes:vars]\nansible" in content or "rtf_release=" in content
    ]
    (tmp_path / "inventory").write_text(inventory)
    assert opening in change_request(tmp_path)


def inputs_in(content):
    """Return the inputs that a block of YAML sets, {} where it is something else."""
    found = yaml.safe_load(content)
    return {name: value for name, value in found.items() if name.startswith("rtf_")} if isinstance(found, dict) else {}


def test_inputs_of_all_pages_are_valid_together(site):
    """What a page has a reader write into YAML, beside the inventory of the first hour."""
    (site / "inventory").write_text((site / "inventory").read_text().replace("node-4\n", ""))
    (site / "group_vars" / "rtf_nodes").mkdir(parents=True)
    pages = [(path, inputs_in(content)) for path, content in blocks_of("yaml")]
    written = [inputs for _path, inputs in pages if inputs]
    assert len(written) >= 5
    for number, inputs in enumerate(written):
        (site / "group_vars" / "rtf_nodes" / f"{number}.yml").write_text(yaml.safe_dump(inputs))
    (site / "group_vars" / "rtf_nodes" / "vault.yml").write_text("vault_proxy_password: hidden\n")
    assert "registry.example.com" in change_request(site)


def variables_of(site, node):
    """Return what Ansible knows of a node of the inventory in a directory."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "inventory", "-i", "inventory", "--host", node],
        cwd=site,
        env=checkout.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def test_variables_of_a_page_reach_the_nodes(site):
    """Ansible ignores a file group_vars/GROUP.yml beside a directory group_vars/GROUP, such as one with a vault."""
    text = checkout.read("docs/guide/behind-a-proxy.md")
    (path, content) = re.search(r"```yaml\n# (group_vars/\S+), .*\n((?:.|\n)*?)```", text).groups()
    (vault,) = re.findall(r"ansible-vault create (\S+)", text)
    (secret,) = re.findall(r"write `(\w+: )`", text)
    for name, written in ((path, content), (vault, secret + "hidden\n")):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(written)
    found = variables_of(site, "node-1")
    assert found["rtf_http_proxy"] and found["vault_proxy_password"] == "hidden"
    assert "vault_proxy_password" in found["rtf_http_proxy_password"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_inputs_exist(path):
    known = set(input_declarations.load().variables) | set(checkout.role_names()) | OTHER_NAMES
    named = set(re.findall(r"(?<![\w.-])rtf_[a-z0-9_]+", checkout.read(path)))
    assert {name for name in named - known if not name.endswith("_")} == set()


@pytest.mark.parametrize("path, content", blocks_of("yaml"), ids=lambda value: str(value)[:40])
def test_yaml_can_be_read(path, content):
    assert yaml.safe_load(content), path


def test_quick_start_of_the_readme_is_that_of_the_first_hour():
    readme = dict(blocks(checkout.read("README.md")))
    (inventory,) = [content for _language, content in blocks(checkout.read(FIRST_HOUR)) if "rtf_nodes:vars" in content]
    assert readme["ini"] == inventory
    for asked in ("ansible_user=", "rtf_release=", "rtf_control_plane=", "rtf_ntp_servers="):
        assert asked in inventory
    assert "--ask-become-pass" in readme["shell"]


def test_readme_is_one_screen():
    assert len(checkout.read("README.md").splitlines()) <= 100


def test_pages_of_the_guide_are_in_the_index():
    listed = re.findall(r"^guide/([\w-]+)$", checkout.read("docs/index.md"), re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in GUIDE)


def test_a_ci_system_is_given_files_as_reports_and_no_links(tmp_path):
    """GitLab's runner ends with an error at a link: helpers/archives/gzip_create.go of gitlab-org/gitlab-runner."""
    pipelines = [yaml.safe_load(content) for path, content in blocks_of("yaml") if path == "docs/guide/ci.md"]
    (job,) = [found["audit"] for found in pipelines if "audit" in found]
    run_directories.save(tmp_path / "rtf-report", {"junit.xml": ""}, datetime.datetime(2027, 1, 31), False, 30)
    found = list(tmp_path.glob(job["artifacts"]["reports"]["junit"]))
    assert found and not any(path.is_symlink() for path in found)


def percent(share):
    """Return a probability as the documents write it."""
    return "over 99 %" if share > 0.99 else f"{share * 100:.0f} %"


def test_what_a_sample_finds_is_computed():
    """docs/scale.md: of all pairs, each node's sample is probed, and of the broken ones so many are chosen at random."""
    peers = input_declarations.load().variables["rtf_preflight_port_matrix_peers"].default
    table = re.search(r"\n\| nodes \| neighbours .*\n\|[-|]+\n((?:\|.*\n)+)", checkout.read("docs/scale.md")).group(1)
    for line in table.splitlines():
        count, neighbours, *written = [cell.strip() for cell in line.strip("|").split("|")]
        others = int(count) - 1
        pairs, probed = int(count) * others, int(count) * peers
        found = [1 - math.comb(pairs - probed, broken) / math.comb(pairs, broken) for broken in (1, 10, 100)]
        assert written == [percent(peers / others), *map(percent, found)], line
        assert int(neighbours) == math.ceil(others / peers), line


@pytest.mark.parametrize(
    "path, gate",
    [
        (str(path), gate)
        for path in DOCUMENTS
        for _language, content in blocks(checkout.read(path))
        for gate in re.findall(r"^rtf_gate: (.*)$", content, re.MULTILINE)
    ],
)
def test_a_gate_lets_a_good_cluster_pass_and_stops_a_broken_one(path, gate):
    expression, broken = yaml.safe_load(gate), simulated_reports.report(4, broken=True).document
    passed = [result for result in broken["results"] if result["status"] == "pass"]
    good = {**broken, "readiness": "ready", "causes": [], "results": passed}
    assert jmespath.search(expression, broken) and not jmespath.search(expression, good), path


def test_what_counts_as_a_block():
    assert blocks("a\n\n```shell\nls\n```\n\n* b\n\n  ```ini\n  x=1\n  ```\n") == [("shell", "ls\n"), ("ini", "x=1\n")]
