# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of Enterprise Linux 9 and 8, as far as the lab emulates them, and playbooks as a site runs them there.

Each node is prepared with an ansible-core that supports its Python. The oldest one supports both, and proves them.
"""

import concurrent.futures
import os

from ansible_collections.hostprep.runtime_fabric.molecule import cores
from ansible_collections.hostprep.runtime_fabric.molecule.plays import CHECKOUT, Site
from ansible_collections.hostprep.runtime_fabric.molecule.states import differences, running, state

EL9, EL8 = "controller-1", "worker-1"
OLDEST = cores.oldest(None)
CORES = {EL9: ("ansible-playbook",), EL8: OLDEST}
# RPMs of the family leave the accounts that they made, chrony's here.
_WITH_ACCOUNTS = ("/etc/group ", "/etc/gshadow ", "/etc/passwd ", "/etc/shadow ")
_OURS = ("find", "/", "-xdev", "-name", "*runtime?fabric*", "-not", "-path", "/tmp/*")


def inventories():
    """The inventory of the lab, and what a site sets for these nodes."""
    return [os.environ["LAB_INVENTORY"], CHECKOUT / "molecule" / "el_nodes" / "inventory" / "hosts.yml"]


class ElSite:
    """Runs playbooks that have to end well, each in a directory of its own. lab: a Lab with both nodes. temporary: tmp_path_factory."""

    def __init__(self, lab, temporary):
        temporary.getbasetemp()  # made before several threads ask for a directory in it at once
        self.lab, self._temporary = lab, temporary

    def play(self, playbook, *words, program=None, port_matrix=False, only=None):
        """Run a playbook on all nodes, or on one only, and return the Outcome. program: of the oldest core by default."""
        limit = ("--limit", f"localhost,{only}") if only else ()
        outcome = Site(self._temporary.mktemp("site")).play(
            playbook,
            *words,
            *limit,
            inventories=inventories(),
            program=program or OLDEST,
            port_matrix=port_matrix,
        )
        assert outcome.code == 0, outcome.output
        return outcome

    def play_by_their_cores(self, *words):
        """{node: Outcome} of a playbook that runs on each node with an ansible-core that supports it, at the same time."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            started = {node: pool.submit(self.play, *words, program=core, only=node) for node, core in CORES.items()}
            return {node: future.result() for node, future in started.items()}

    def restart(self):
        """Reboot all nodes."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(self.lab.restart, self.lab.nodes))

    def states(self):
        """{node: its state, and the services that run}."""
        return {node: {**state(self.lab, node), "running": running(self.lab, node)} for node in self.lab.nodes}

    def ours(self, node):
        """The files of this collection on a node."""
        return self.lab.exec(node, *_OURS).stdout.decode().split()


def left(before, after):
    """What differs between two states, but for the accounts that packages leave."""
    found = differences(before, after)
    files = [line for line in found.pop("files", ()) if not line.startswith(_WITH_ACCOUNTS)]
    return {**found, **({"files": files} if files else {})}
