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
from ansible.plugins.connection import ConnectionBase

from ansible_collections.hostprep.runtime_fabric.tests.bench.controller.connection.recorded import asked
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


class Connection(ConnectionBase):
    """Runs nothing."""

    transport = "simulated"
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """Answer for the module whose source is `in_data`; any other command succeeds and prints nothing."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        node = json.loads(Path(os.environ["NODES"]).read_text(encoding="utf-8"))[self.get_option("host")]
        if node["unreachable"]:
            raise AnsibleConnectionFailure(node["unreachable"])
        if not in_data:
            return 0, b"", b""
        return 0, json.dumps({"changed": False, **module_answers.answer(node, *asked(in_data))}).encode(), b""

    def put_file(self, in_path, out_path):
        """Nothing is copied: modules reach a host by its standard input."""
        raise NotImplementedError(in_path)

    def fetch_file(self, in_path, out_path):
        """Nothing is fetched."""
        raise NotImplementedError(in_path)

    def close(self):
        """End the connection."""
        self._connected = False
