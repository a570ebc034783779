# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection to hosts that do not exist: it answers each module with what a node of the lab returned.

RECORDING names the file that `recorder` wrote, CALLS a file to which each call is added as a line `host module`. A host
answers like the recorded node of its role, by its own name and address. What a module returns for each peer is the
recorded answer about a peer, for every peer that it was asked about.

Nothing of this collection is imported here: what is measured may be another checkout of it, without this file.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: recorded
short_description: Answer with recorded results
description: Connects to nothing.
author: hostprep.runtime_fabric contributors
options:
  host:
    description: Name in the inventory.
    default: inventory_hostname
    vars: [{name: inventory_hostname}]
  address:
    description: Address of the simulated host.
    vars: [{name: ansible_host}]
"""
COMMAND = "command"
MODULE = re.compile(rb"plugins\.modules\.(\w+)")
# As ansible-core before 2.19 writes the arguments of a module, and as later ones do.
ARGUMENTS = (re.compile(rb"^ *ANSIBALLZ_PARAMS = (.+)$", re.MULTILINE), re.compile(rb"\bparams='((?:[^'\\]|\\.)*)'"))


def asked(source):
    """Return (module, its arguments) of the Python source that would run on a host."""
    module = MODULE.search(source)[1].decode()
    for pattern in ARGUMENTS:
        found = pattern.search(source)
        if found:
            text = found[1].decode()
            return module, json.loads(ast.literal_eval(text if text[0] in "'\"" else f"'{text}'"))[
                "ANSIBLE_MODULE_ARGS"
            ]
    raise ValueError(f"no arguments in the source of {module}")


def of_peers(entries, peers):
    """Return an answer for every peer. entries: the recorded ones, of other hosts first and of the host itself last."""
    others = [entry for entry in entries if not str(entry.get("address", "")).startswith("127.")] or entries
    return [
        {
            **(entries[-1] if str(peer["address"]).startswith("127.") else others[number % len(others)]),
            **{key: peer[key] for key in ("name", "address", "port") if key in peer},
        }
        for number, peer in enumerate(peers)
    ]


class AnsweringConnection(ConnectionBase):
    """Runs nothing: a subclass answers, `recorded` below, and `simulated` of tests/history."""

    has_pipelining = True

    def answer(self, host, module, arguments):
        """Return what a host prints for a module, or for any other command, which is the module COMMAND."""
        raise NotImplementedError

    def _connect(self):
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """Answer for the module whose source is `in_data`."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        module, arguments = asked(in_data) if in_data else (COMMAND, {})
        return 0, self.answer(self.get_option("host"), module, arguments).encode(), b""

    def put_file(self, in_path, out_path):
        """Nothing is copied: modules reach a host by its standard input."""
        raise NotImplementedError(in_path)

    def fetch_file(self, in_path, out_path):
        """Nothing is fetched."""
        raise NotImplementedError(in_path)

    def close(self):
        """End the connection."""
        self._connected = False


class Connection(AnsweringConnection):
    """Answers with what was recorded."""

    transport = "recorded"

    def answer(self, host, module, arguments):
        """Note the call as well. A command prints nothing."""
        with open(os.environ["CALLS"], "a", encoding="utf-8") as calls:
            calls.write(f"{host} {module}\n")
        if module == COMMAND:
            return ""
        recording = json.loads(Path(os.environ["RECORDING"]).read_text(encoding="utf-8"))
        like = next(node for name, node in recording.items() if name.partition("-")[0] == host.partition("-")[0])
        answer = dict(like["answers"].get(module, {}))
        if "peers" in answer:
            answer["peers"] = of_peers(answer["peers"], arguments["peers"])
        return json.dumps({"changed": False, **answer}).replace(like["address"], self.get_option("address"))
