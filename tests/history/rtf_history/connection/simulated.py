# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection to hosts that do not exist: each module is answered as a healthy node would, but for the faults of the node.

NODES names a file of JSON, `{name: state}`, which simulated_cluster.py writes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hostprep.runtime_fabric.tests.bench.controller.connection.recorded import (
    COMMAND,
    AnsweringConnection,
)
from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history import module_answers

DOCUMENTATION = """
name: simulated
short_description: Answer as a simulated node
description: Connects to nothing.
author: hostprep.runtime_fabric contributors
options:
  host:
    description: Name in the inventory.
    default: inventory_hostname
    vars: [{name: inventory_hostname}]
"""


class Connection(AnsweringConnection):
    """Answers as the states of the nodes say."""

    transport = "simulated"

    def answer(self, host, module, arguments):
        """A command prints nothing."""
        node = json.loads(Path(os.environ["NODES"]).read_text(encoding="utf-8"))[host]
        if node["unreachable"]:
            raise AnsibleConnectionFailure(node["unreachable"])
        if module == COMMAND:
            return ""
        return json.dumps({"changed": False, **module_answers.answer(node, module, arguments)})
