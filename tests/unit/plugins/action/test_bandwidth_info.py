# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node keeps what it measured in the rounds before, whatever becomes of the last one."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play

EARLIER = [{"name": "w1", "send": {"mean_mbit": 941.0}, "receive": {"mean_mbit": 940.0}}]
PEER = {"name": "w2", "address": "127.0.0.1", "port": 9}
TASKS = """
    - hostprep.runtime_fabric.bandwidth_info: {arguments}
      vars: {variables}
      register: found
      ignore_unreachable: true
    - ansible.builtin.copy:
        dest: "{{{{ playbook_dir }}}}/found"
        content: "{{{{ found | to_json }}}}"
"""


@pytest.mark.parametrize(
    "peers, connection, names",
    [
        ([], "ssh", ["w1"]),
        ([PEER], "local", ["w1", "w2"]),
        ([PEER], "ssh", ["w1"]),
    ],
)
def test_earlier_rounds_are_kept(tmp_path, peers, connection, names):
    arguments = {"key": "k" * 32, "peers": peers, "earlier": EARLIER, "timeout": 1}
    # Nothing listens on that port.
    variables = {"ansible_connection": connection, "ansible_host": "127.0.0.1", "ansible_port": 9}
    code, output = play(tmp_path, TASKS.format(arguments=json.dumps(arguments), variables=json.dumps(variables)))
    assert code == 0, output
    found = json.loads((tmp_path / "found").read_text())
    assert [peer["name"] for peer in found["peers"]] == names and found["peers"][0] == EARLIER[0]
    assert bool(found.get("unreachable")) == (connection == "ssh" and bool(peers))
