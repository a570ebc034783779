# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_info as Ansible runs it: a process of its own, JSON in and JSON out."""

import json
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.modules import host_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process


def run_module(**arguments):
    """Return the module's exit code and what it printed, read as JSON."""
    code, text = module_process.printed(host_info, arguments)
    return code, json.loads(text)


def test_the_kernel_that_runs_the_test_is_described():
    code, result = run_module(sections=["kernel"], sysctls=["kernel.ostype"], kernel_modules=["no_such_module"])
    assert code == 0 and result["changed"] is False
    assert set(result["host"]) == {"privileged", "kernel"}
    kernel = result["host"]["kernel"]
    assert kernel["release"] == os.uname().release
    assert kernel["sysctls"]["kernel.ostype"]["live"] == "Linux"
    assert kernel["modules"]["no_such_module"]["available"] is False


def test_files_and_units_are_returned_where_they_are_asked_for(tmp_path):
    (tmp_path / "x").write_text("a\n")
    code, result = run_module(sections=[], files=[str(tmp_path / "x")], units=["no-such.service"])
    assert code == 0 and result["host"]["files"][str(tmp_path / "x")]["text"] == "a\n"
    assert result["host"]["units"] == {} or "error" in result["host"]["units"]


def test_a_password_that_is_an_ordinary_word_hides_nothing_else():
    hashes = [masked_urls.digest(f"http://Linux:{word}@p:1") for word in ("Linux", "proxy", "none")]
    code, result = run_module(sections=["kernel", "proxy"], sysctls=["kernel.ostype"], proxy_hashes=hashes)
    assert code == 0 and result["host"]["kernel"]["sysctls"]["kernel.ostype"]["live"] == "Linux"
    assert "****" not in json.dumps(result["host"])
    assert hashes[0] not in json.dumps(result)


def test_a_section_that_cannot_be_read_leaves_the_others(monkeypatch):
    def broken(wait, settled):
        raise Unreadable("systemctl: command not found")

    monkeypatch.setattr(host_info, "clock_evidence", broken)
    host = host_info.collect(
        {"sections": ["kernel", "time"], "sysctls": [], "kernel_modules": [], "clock_wait": 0, "clock_settled": False}
    )
    assert "release" in host["kernel"]
    assert host["time"] == {"error": "systemctl: command not found"}


def test_an_unknown_section_is_refused_by_name():
    code, result = run_module(sections=["weather"])
    assert code != 0 and "sections" in result["msg"] and "weather" in result["msg"]
