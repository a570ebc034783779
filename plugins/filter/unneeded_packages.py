# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from the packages that nothing needs any more to those among them that a role installed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unneeded_packages
short_description: Return those of some packages that nothing needs any more
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes the output of C(apt-get --simulate autoremove) or C(dnf repoquery --unneeded --queryformat %{name}).
positional: added
options:
  _input:
    description: The text.
    type: str
    required: true
  added:
    description: The packages to choose from.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Inspect which packages are no longer needed
  ansible.builtin.command:
    argv: [apt-get, --simulate, --quiet, autoremove]
  changed_when: false
  register: unneeded

- name: Report which of them this play installed
  ansible.builtin.debug:
    msg: "{{ unneeded.stdout | hostprep.runtime_fabric.unneeded_packages(['libnettle8']) }}"
"""

RETURN = r"""
_value:
  description: Names of packages, in the order of O(added).
  type: list
  elements: str
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.package_changes import (
    unneeded,
)


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"unneeded_packages": unneeded}
