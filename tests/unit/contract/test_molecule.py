# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A molecule scenario that tests no host fails: each of the three guards is shown to refuse, and to let pass."""

import os
import sys

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.unit import commands
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import run_molecule

SHARED = checkout.read_yaml(".config/molecule/config.yml")

TWO_HOSTS = f"""
[rtf_controllers]
controller-1 ansible_host=192.0.2.11
[rtf_workers]
worker-1 ansible_host=192.0.2.21
[rtf_nodes:children]
rtf_controllers
rtf_workers
[rtf_nodes:vars]
ansible_connection=local
ansible_python_interpreter={sys.executable}
"""


def run(*words, **variables):
    """Run a Python module of this environment in the checkout; return its exit status and all it printed."""
    done = commands.run([sys.executable, "-m", *words], checkout.CHECKOUT, checkout.environment(**variables))
    return done.returncode, done.stdout


def run_prepare(tmp_path, inventory, lab_inventory):
    """Run the playbook that precedes every scenario against an inventory and the lab's own (texts)."""
    (tmp_path / "inventory").write_text(inventory)
    (tmp_path / "lab").write_text(lab_inventory)
    return run(
        "ansible",
        "playbook",
        "--inventory",
        str(tmp_path / "inventory"),
        "molecule/prepare.yml",
        LAB_INVENTORY=str(tmp_path / "lab"),
    )


def run_testinfra(tmp_path, test, *options, **variables):
    """Run a test (text) the way the verifier does."""
    (tmp_path / "test_it.py").write_text(test)
    conftest = "ansible_collections.hostprep.runtime_fabric.molecule.conftest"
    return run(
        "pytest",
        "--rootdir",
        str(tmp_path),
        "-c",
        os.devnull,
        "-p",
        "no:cacheprovider",
        "-p",
        conftest,
        *options,
        str(tmp_path / "test_it.py"),
        **variables,
    )


@pytest.mark.parametrize(
    "inventory",
    [
        "",
        "[rtf_nodes]\n",
        "[rtf_controllers]\ncontroller-1 ansible_connection=local\n[rtf_workers]\n",
    ],
)
def test_an_inventory_without_hosts_is_refused(tmp_path, inventory):
    status, output = run_prepare(tmp_path, inventory, inventory)
    assert status != 0
    assert "this scenario would test nothing" in output


def test_hosts_that_are_not_of_the_lab_are_refused(tmp_path):
    status, output = run_prepare(tmp_path, TWO_HOSTS, "")
    assert status != 0
    assert "controller-1 is not in the inventory of the lab" in output


def test_an_inventory_with_hosts_passes(tmp_path):
    status, output = run_prepare(tmp_path, TWO_HOSTS, TWO_HOSTS)
    assert status == 0, output


def test_an_empty_list_of_hosts_is_refused(tmp_path):
    status, output = run_testinfra(tmp_path, "def test_it(host):\n    pass\n", "--hosts=")
    assert status != 0
    assert "no host to test" in output


@pytest.mark.parametrize("inventory", ["", "[rtf_nodes]\n", "[other]\nhost\n"])
def test_a_lab_without_nodes_is_refused(tmp_path, inventory):
    (tmp_path / "inventory").write_text(inventory)
    status, output = run_testinfra(
        tmp_path, "def test_it(host):\n    pass\n", LAB_NAME="lab", LAB_INVENTORY=str(tmp_path / "inventory")
    )
    assert status != 0
    assert "no host to test" in output


def test_the_hosts_are_the_containers_of_the_lab(tmp_path):
    (tmp_path / "inventory").write_text("[rtf_nodes]\nworker-1\nworker-2\n")
    status, output = run_testinfra(
        tmp_path,
        "def test_it(host):\n    pass\n",
        "--collect-only",
        "-q",
        LAB_NAME="lab",
        LAB_INVENTORY=str(tmp_path / "inventory"),
    )
    assert status == 0, output
    assert "test_it[podman://lab-worker-1]" in output
    assert "test_it[podman://lab-worker-2]" in output


def test_variables_of_the_lab_are_read_as_a_shell_would():
    text = "export LAB_NAME=lab\nexport ANSIBLE_SSH_ARGS='-F '\"'\"'/a b'\"'\"' -C'\n"
    assert run_molecule.exports(text) == {"LAB_NAME": "lab", "ANSIBLE_SSH_ARGS": "-F '/a b' -C"}


def test_tests_that_look_at_no_host_are_refused(tmp_path):
    status, output = run_testinfra(tmp_path, "def test_it():\n    pass\n", "--hosts=local://")
    assert status != 0
    assert "no test looks at a host" in output


def test_a_test_of_a_host_passes(tmp_path):
    status, output = run_testinfra(
        tmp_path, "def test_it(host):\n    assert host.file('/').exists\n", "--hosts=local://"
    )
    assert status == 0, output
    assert "1 passed" in output


@pytest.mark.parametrize(
    "report, expected",
    [
        (None, ["kernel"]),
        ("<testsuites><testsuite/></testsuites>", ["kernel"]),
        ("<testsuites><testsuite><testcase><skipped/></testcase></testsuite></testsuites>", ["kernel"]),
        ("<testsuites><testsuite><testcase/></testsuite></testsuites>", []),
    ],
)
def test_a_scenario_without_a_test_result_is_named(tmp_path, report, expected):
    if report:
        (tmp_path / "molecule-kernel.xml").write_text(report)
    assert run_molecule.untested(["kernel"], tmp_path) == expected


@pytest.mark.parametrize("scenarios, expected", [(1, ["lab"]), (2, ["lab", "lab-2"]), (5, ["lab", "lab-2"])])
def test_each_lane_has_a_lab_of_its_own(scenarios, expected):
    assert run_molecule.lab_names("lab", scenarios, lanes=2) == expected


def test_every_scenario_runs_once_and_those_that_fail_are_named(tmp_path, monkeypatch, capsys):
    ran = []

    def run_scenario(name, lab, output):
        ran.append((name, lab))
        output.write(b"it was %s\n" % name.encode())
        return name != "b"

    monkeypatch.setattr(run_molecule, "RESULTS", tmp_path)
    monkeypatch.setattr(run_molecule, "run_scenario", run_scenario)
    assert run_molecule.run_scenarios(["a", "b", "c"], ["lab", "lab-2"]) == ["b"]
    assert sorted(name for name, lab in ran) == ["a", "b", "c"]
    assert {lab for name, lab in ran} <= {"lab", "lab-2"}
    output = capsys.readouterr().out
    assert all(f"it was {name}" in output for name in "abc")
    assert "scenario b: FAILED" in output


def test_the_shared_base_guards_every_scenario():
    sequence = SHARED["scenario"]["test_sequence"]
    assert sequence.index("prepare") < sequence.index("converge")
    assert "verify" in sequence
    assert SHARED["ansible"]["playbooks"]["prepare"].endswith("/molecule/prepare.yml")
    assert SHARED["ansible"]["env"]["ANSIBLE_HOST_PATTERN_MISMATCH"] == "error"


def test_the_scenarios_that_begin_first_are_there():
    assert set(run_molecule.LONGEST) < set(run_molecule.all_scenarios())


def test_scenarios_on_request_have_a_target_of_their_own_and_run_only_by_it():
    named = set(run_molecule.ON_REQUEST)
    assert named == set(run_molecule.all_scenarios()) - set(run_molecule.usual_scenarios())
    makefile = (checkout.CHECKOUT / "Makefile").read_text()
    assert all(f"molecule SCENARIO={name}\n" in makefile for name in named)


@pytest.mark.parametrize("scenario", run_molecule.all_scenarios())
def test_scenarios_have_tests_and_keep_the_guards(scenario):
    folder = checkout.CHECKOUT / "molecule" / scenario
    own = yaml.safe_load((folder / "molecule.yml").read_text()) or {}
    assert list(folder.glob("tests/**/test_*.py"))
    assert "verifier" not in own
    playbooks = own.get("ansible", {}).get("playbooks", {})
    assert "prepare" not in playbooks
    sequence = own.get("scenario", {}).get("test_sequence", SHARED["scenario"]["test_sequence"])
    assert {"prepare", "verify"} <= set(sequence)
    assert ("converge" in sequence) == ("converge" in playbooks or (folder / "converge.yml").exists())
