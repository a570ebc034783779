# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from an installation in check mode to the packages that it adds and removes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_packages
short_description: Return which packages an installation would add and remove
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes what M(ansible.builtin.apt), M(ansible.builtin.dnf) or M(ansible.builtin.package) returned in check mode, so that a
    role can record what it is about to do, and revert it whatever interrupts it.
  - yum does not name dependencies. The packages that were asked for are always among those added.
positional: names
options:
  _input:
    description: The result of the module.
    type: dict
    required: true
  names:
    description: The packages that were asked for.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Plan the installation of a package
  ansible.builtin.package:
    name: chrony
    state: present
  check_mode: true
  register: planned

- name: Record which packages it adds and removes
  hostprep.runtime_fabric.change_record:
    name: my_role
    values: "{{ planned | hostprep.runtime_fabric.planned_packages(['chrony']) }}"
"""

RETURN = r"""
_value:
  description: C(packages_added) and C(packages_removed), each a list of names.
  type: dict
  sample:
    packages_added: [chrony, libnettle8]
    packages_removed: [systemd-timesyncd]
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.package_changes import planned


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"planned_packages": planned}
