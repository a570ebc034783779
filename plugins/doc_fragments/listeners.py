# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that ask listeners of port_listener, once."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  key:
    description:
      - The secret of this run. It must be the one that the listeners were started with.
    type: str
    required: true
  timeout:
    description:
      - How many seconds to wait for a connection or an answer.
    type: float
seealso:
  - module: hostprep.runtime_fabric.port_listener
"""

    # For modules that measure links to other hosts.
    PEERS = r"""
options:
  peers:
    description:
      - The listeners to measure.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the listener.
        type: str
        required: true
      address:
        description:
          - The IPv4 address of the listener.
        type: str
        required: true
      port:
        description:
          - A port that the listener listens on.
        type: int
        required: true
"""

    DEADLINE = r"""
options:
  deadline:
    description:
      - How many seconds the whole call may take.
    type: float
    default: 30.0
"""
