# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A preparation that tags leave without the audit does not end as if it had proved something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog

COLLECTIONS = next(path.parent for path in Path(catalog.__file__).parents if path.name == "ansible_collections")
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "site"
WITHOUT_AUDIT = ["--skip-tags", "rtf_preflight,rtf_proxy,rtf_kernel,rtf_time_sync,rtf_firewall"]
NOTICE = "The nodes were not audited"


@pytest.mark.parametrize(
    "options, told", [(["--tags", "none_of_ours"], True), (WITHOUT_AUDIT, True), (["--tags", "rtf_preflight"], False)]
)
def test_a_run_without_the_audit_ends_with_that(tmp_path, options, told):
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "ansible"),
        "HOME": str(tmp_path),
        # Whoever tried to reach a node would fail at once.
        "ANSIBLE_SSH_EXECUTABLE": "/bin/false",
    }
    command = [sys.executable, "-m", "ansible.cli.playbook", "hostprep.runtime_fabric.prepare_rtf"]
    command += ["--inventory", str(EXAMPLE / "inventory"), "--extra-vars", f"rtf_report_dir={tmp_path}/report"]
    done = subprocess.run(
        [*command, *options],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert (NOTICE in done.stdout) is told, done.stdout
    assert told is (done.returncode == 0), done.stdout
