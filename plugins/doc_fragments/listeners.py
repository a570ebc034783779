# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that ask listeners of port_listener, once."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  key:
    description:
      - The secret of this run, the same as that of the listeners.
    type: str
    required: true
  timeout:
    description:
      - Seconds that a connection or an answer may take.
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
