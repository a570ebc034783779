# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that ask listeners of port_listener, once."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  key:
    description:
      - The secret of this run, that the listeners have, too.
    type: str
    required: true
  timeout:
    description:
      - Seconds that a connection, and an answer, may take.
    type: float
seealso:
  - module: hostprep.runtime_fabric.port_listener
"""

    # For modules that measure the way to other hosts.
    PEERS = r"""
options:
  peers:
    description:
      - The listeners to measure the way to.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the listener calls itself.
        type: str
        required: true
      address:
        description:
          - Its IPv4 address.
        type: str
        required: true
      port:
        description:
          - A port on which it listens.
        type: int
        required: true
"""

    DEADLINE = r"""
options:
  deadline:
    description:
      - Seconds that the whole call may take.
    type: float
    default: 30.0
"""
