# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which strategies of Ansible finish a task on all hosts before the next one begins, as what nodes do together needs."""

_IN_STEP = ("linear", "debug")


def problem(strategy: str) -> str | None:
    """Return a sentence about a strategy that lets hosts run ahead of each other, or None for one that does not."""
    if strategy.rpartition(".")[2].endswith(_IN_STEP):
        return None
    return (
        f"the strategy {strategy!r} lets nodes run ahead of each other, but the probes of the ports between them need all nodes in step; "
        "set ANSIBLE_STRATEGY, `strategy` in ansible.cfg, or that of the play to linear"
    )
