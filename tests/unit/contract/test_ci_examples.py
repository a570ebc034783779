# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs that the guide gives for CI systems: their commands are run, one after the other, as a runner would.

`make release-check` holds the files against the schemas of GitHub and GitLab.
"""

import os
import pathlib
import site
import xml.etree.ElementTree

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.unit import commands
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout, galaxy_server
from ansible_collections.hostprep.runtime_fabric.tools.markdown_blocks import blocks

PAGE = checkout.read("docs/guide/ci.md")
WORKFLOW, PIPELINE = (
    next(
        job
        for job in map(yaml.safe_load, (text for _language, text in blocks(PAGE)))
        if isinstance(job, dict) and key in job
    )
    for key in ("jobs", "audit")
)
PACKAGES = {"openssh-client"}

# Only the kernel is inspected; and a gate by which the job passes whatever was found.
INVENTORY = (
    checkout.LOCAL_INVENTORY
    + """\
rtf_checks=kernel.*
rtf_gate="`false`"
"""
)


@pytest.fixture
def runner(archive, tmp_path):
    """A function that runs commands in a shell of a fresh checkout; nothing but Ansible is installed."""
    for name in ("galaxy", "home", "checkout", "bin"):
        (tmp_path / name).mkdir()
    (tmp_path / "checkout" / "inventory").write_text(INVENTORY)
    # What asks a registry is answered from what is here: apt-get by this, pip by the packages of the tests.
    apt_get = tmp_path / "bin" / "apt-get"
    apt_get.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/apt-get.log\n')
    apt_get.chmod(0o755)
    variables = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "LC_ALL": "C.UTF-8",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }

    with galaxy_server.serving(tmp_path / "galaxy") as galaxy:
        galaxy.publish(archive, checkout.read_yaml("galaxy.yml")["version"])

        def run(script, **others):
            return commands.output(
                ["bash", "-eo", "pipefail", "-c", script],
                tmp_path / "checkout",
                {**variables, "ANSIBLE_GALAXY_SERVER": galaxy.url, **others},
            )

        run.directory, run.path = tmp_path / "checkout", variables["PATH"]
        yield run


def has_tested(report):
    """Whether a JUnit file has a test case of the kernel that was judged."""
    cases = xml.etree.ElementTree.parse(report).getroot().iter("testcase")
    return any(case.get("name").startswith("kernel.") and case.find("skipped") is None for case in cases)


def lend_packages(environment):
    """Let a virtual environment see the packages of the tests, so that pip finds them installed."""
    for folder in environment.glob("lib/python3.*/site-packages"):
        (folder / "of_the_tests.pth").write_text("\n".join(site.getsitepackages()))


def test_the_steps_of_the_workflow_leave_the_artifact(runner, tmp_path):
    steps = WORKFLOW["jobs"]["audit"]["steps"]
    path, said = tmp_path / "github_path", ""
    for step in steps:
        if "run" not in step:
            continue
        folders = path.read_text().splitlines() if path.exists() else []
        said = runner(
            step["run"],
            GITHUB_PATH=str(path),
            PATH=":".join([*reversed(folders), runner.path]),
            **step.get("env", {}),
        )
        lend_packages(runner.directory / ".venv")
    assert "READY: 1 node," in said.partition("PLAY RECAP")[2]
    (upload,) = [step for step in steps if step.get("uses", "").startswith("actions/upload-artifact@")]
    (report,) = (runner.directory / upload["with"]["path"]).glob("*/junit.xml")
    assert has_tested(report)


def test_the_script_of_the_pipeline_leaves_the_reports(runner, tmp_path):
    job = PIPELINE["audit"]
    runner("\n".join(job["before_script"] + job["script"]), **job["variables"])
    installed = (tmp_path / "apt-get.log").read_text().split()
    assert PACKAGES <= set(installed)
    (report,) = runner.directory.glob(job["artifacts"]["reports"]["junit"])
    assert has_tested(report) and not report.is_symlink()
    assert any(pathlib.Path(path) in report.relative_to(runner.directory).parents for path in job["artifacts"]["paths"])
