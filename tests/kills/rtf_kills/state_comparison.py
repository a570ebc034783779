# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node is like before, between and after the runs of a trial, and what differs."""

import json
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import podman, run

PROGRAM = Path(__file__).with_name("node_state.py")


def state(lab, node):
    """{part: set of lines}."""
    words = [*podman(), "exec", "-i", lab.container(node), "python3", "-", node, lab.nodes[node]]
    found = json.loads(run(words, stdin=PROGRAM.read_bytes()).stdout)
    return {part: set(lines) for part, lines in found.items()}


def differences(before, after):
    """{part: [line that came or went, with a sign]}; parts that are the same are left out."""
    found = {}
    for part in before:
        lines = [f"-{line}" for line in before[part] - after[part]] + [
            f"+{line}" for line in after[part] - before[part]
        ]
        if lines:
            found[part] = sorted(lines, key=lambda line: (line[1:], line[0]))
    return found
