# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that gives the keys of NTP servers their types."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ntp_keys
short_description: Keys of NTP servers as a list of dictionaries
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes the value of C(rtf_ntp_keys), which is text where C(-e name=value) or an INI inventory sets it, and returns the
    list of keys, with numbers as ids.
  - Unlike the other inputs the keys are not in the result of M(hostprep.runtime_fabric.check_inputs), which Ansible
    shows at C(-v).
positional: secrets
options:
  _input:
    description: A list of dictionaries of C(id), C(type) and C(secret), or such a list as JSON.
    type: raw
    required: true
  secrets:
    description: Whether the keys keep their C(secret).
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Report the ids of the keys
  ansible.builtin.debug:
    msg: "{{ rtf_ntp_keys | hostprep.runtime_fabric.ntp_keys | map(attribute='id') }}"
"""

RETURN = r"""
_value:
  description: The keys, in their order.
  type: list
  elements: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED


def ntp_keys(value, secrets=True):
    """Return the keys as a list of dictionaries; V(unchanged) stays as it is."""
    keys = plain(value)
    if keys == UNCHANGED:
        return keys
    try:
        return [
            {name: field for name, field in key.items() if secrets or name != "secret"}
            for key in ntp_servers.check_keys(keys)
        ]
    except ValueError as problem:
        raise AnsibleFilterError(f"rtf_ntp_keys: {problem}") from None


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"ntp_keys": ntp_keys}
