# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.task_failures import reason


@pytest.mark.parametrize(
    "text, expected",
    [
        ("no route to host", "no route to host"),
        ("Task failed: Action failed: Incorrect\n  sudo password", "Incorrect sudo password"),
        (
            'Task failed: Data could not be sent to remote host "a". Can it be reached over ssh:\n',
            'Data could not be sent to remote host "a". Can it be reached over ssh',
        ),
        ("Probe: Task failed: a reason", "Probe: Task failed: a reason"),
        ("ssh: connect to host 192.0.2.1 port 22: timed out", "ssh: connect to host 192.0.2.1 port 22: timed out"),
        ("", ""),
        (None, "None"),
    ],
)
def test_the_reason_is_what_the_message_says_in_one_line(text, expected):
    assert reason(text) == expected
