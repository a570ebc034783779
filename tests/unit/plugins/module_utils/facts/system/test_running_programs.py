# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of running programs."""

import os
import subprocess
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import running_programs


@pytest.mark.parametrize(
    "comm, words, names",
    [
        ("dockerd", ["/usr/bin/dockerd", "-H", "fd://"], ["dockerd"]),
        ("kube-controller", ["/usr/bin/kube-controller-manager"], ["kube-controller", "kube-controller-manager"]),
        ("salt-minion", ["/usr/bin/python3.6", "/usr/bin/salt-minion"], ["salt-minion", "python3.6"]),
        ("ruby", ["/usr/bin/ruby", "-W", "/opt/puppetlabs/bin/puppet", "agent"], ["ruby", "puppet"]),
        ("sshd", ["sshd: ops [priv]"], ["sshd"]),
        ("python3", ["python3", "--password=secret"], ["python3"]),
        ("python3", ["python3", "-c", "import secret"], ["python3"]),
        ("bash", ["bash", "-lc", "http_proxy=http://u:se/cret@p:1 run"], ["bash"]),
        ("se cret", ["se:cret"], []),
    ],
)
def test_a_process_has_the_names_of_its_program_and_of_its_script(comm, words, names):
    assert running_programs.program_names(comm, words) == names


def test_a_running_program_is_found_with_its_pid(tmp_path):
    script = tmp_path / "chef-client"
    script.write_text("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            found = {row["pid"]: row["names"] for row in running_programs.process_evidence()}
        finally:
            process.kill()
    assert "chef-client" in found[process.pid]
    assert os.getpid() in found
