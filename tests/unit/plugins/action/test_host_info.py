# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence that is known is returned without a connection, and any other is collected."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play

TASKS = """
    - hostprep.runtime_fabric.host_info: {arguments}
      register: found
    - ansible.builtin.copy:
        dest: "{{{{ playbook_dir }}}}/found"
        content: "{{{{ found.host | to_json }}}}"
      delegate_to: localhost
"""
MARK = {"privileged": False, "kernel": {"release": "{{ known }}"}}


@pytest.mark.parametrize(
    "asked, age, known",
    [(["kernel"], {}, True), (["kernel", "swap"], {}, False), (["kernel"], {"made": -(10**12)}, False)],
)
def test_known_evidence_is_not_collected_again_while_it_is_recent(tmp_path, asked, age, known):
    arguments = {"sections": asked, "known": {"options": {"sections": ["kernel"]}, "host": {}, **age}}
    (tmp_path / "known.json").write_text(json.dumps(MARK))
    arguments["known"]["host"] = "{{ lookup('ansible.builtin.file', playbook_dir + '/known.json') | from_json }}"
    code, output = play(tmp_path, TASKS.format(arguments=json.dumps(arguments)))
    assert code == 0, output
    found = json.loads((tmp_path / "found").read_text())
    assert (found == MARK) == known and set(found) == {"privileged", *asked}
