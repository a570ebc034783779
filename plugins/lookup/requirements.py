# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup of catalogue rows."""

from __future__ import annotations

DOCUMENTATION = r"""
name: requirements
short_description: What Runtime Fabric requires of network and hosts
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Returns rows of the collection's catalogue, which states the vendor's network and port requirements.
  - The file C(catalog/README.md) of the collection describes the fields of a row.
options:
  _terms:
    description:
      - Which rows to return, V(endpoints), V(ports) or V(settings).
      - V(installer) returns one row, what C(catalog/installer_requirements.yml) requires of a host, whatever the release.
      - V(programs) returns one row, the lists of C(catalog/programs.yml), by which a running process is known.
    type: list
    elements: str
    required: true
    choices:
      - endpoints
      - ports
      - settings
      - installer
      - programs
  release:
    description:
      - The edition of the vendor's requirements, for example V(1.4) or V(2.x).
    type: str
    default: "1.4"
  control_plane:
    description:
      - The control plane that the cluster is managed from.
      - Selects endpoints; ports and settings are the same for every control plane.
    type: str
    default: us
  phase:
    description:
      - V(operate) or V(install). With V(install), the rows that only the installation needs are included.
      - Selects endpoints and ports.
    type: str
    default: operate
  node_role:
    description:
      - V(controller) or V(worker). Only the rows that a node of this role takes part in.
      - By default the rows of both roles. Selects endpoints and ports.
    type: str
  cluster_profile:
    description:
      - The kind of cluster whose ports are included, as in the variable C(rtf_cluster_profile).
      - Selects ports.
    type: str
    default: none
  features:
    description:
      - The optional features whose endpoints are included, as in the variable C(rtf_features).
      - Selects endpoints.
    type: list
    elements: str
    default: []
  extra_endpoints:
    description:
      - Endpoints that the site adds, as in the variable C(rtf_extra_endpoints).
    type: list
    elements: dict
    default: []
  extra_ports:
    description:
      - Ports that the site adds, as in the variable C(rtf_extra_ports).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: List the names that a controller must reach
  ansible.builtin.debug:
    msg: "{{ item.host }}:{{ item.port }}"
  loop: >-
    {{ lookup('hostprep.runtime_fabric.requirements', 'endpoints', release='1.4', control_plane='eu',
              node_role='controller') }}

- name: Show the ports of a worker during the installation
  ansible.builtin.debug:
    msg: "{{ lookup('hostprep.runtime_fabric.requirements', 'ports', phase='install', node_role='worker') }}"

- name: Show the endpoints of the vendor and those of the site
  ansible.builtin.debug:
    msg: >-
      {{ lookup('hostprep.runtime_fabric.requirements', 'endpoints', extra_endpoints=rtf_extra_endpoints) }}
  vars:
    rtf_extra_endpoints:
      - host: registry.example.com
        port: 443
        purpose: Holds our own container images.
"""

RETURN = r"""
_raw:
  description:
    - One list of rows for each term. With a single term C(lookup) gives that list of rows itself.
    - Every row is complete. A field that the catalogue leaves out has its default.
  type: list
  elements: list
  sample:
    - - id: transport-layer-us
        host: transport-layer.prod.cloudhub.io
        port: 443
        protocol: amqp_wss
        control_planes:
          - us
        from: controllers
        to: internet
        direction: outbound
        mutual_tls: true
        carrier: http_proxy
"""

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import (
    catalog,
    installer_requirements,
    programs,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import RowError
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site

_SELECTIONS = {
    "endpoints": (catalog.select_endpoints, ("release", "control_plane", "node_role", "phase")),
    "ports": (catalog.select_ports, ("release", "phase", "node_role")),
    "settings": (catalog.select_settings, ("release",)),
    "installer": (lambda dummy_catalog: [installer_requirements.load()], ()),
    "programs": (lambda dummy_catalog: [programs.load()], ()),
}


class LookupModule(LookupBase):
    """Returns catalogue rows."""

    def run(self, terms, variables=None, **kwargs):
        """Return one list of rows for each term."""
        self.set_options(var_options=variables, direct=kwargs)
        names = ("cluster_profile", "features", "extra_endpoints", "extra_ports")
        try:
            rows = of_site(catalog.load(), {name: plain(self.get_option(name)) for name in names})
            return [self._select(rows, term) for term in terms]
        except (catalog.CatalogError, RowError) as error:
            raise AnsibleLookupError(str(error)) from error

    def _select(self, rows, term):
        if term not in _SELECTIONS:
            raise catalog.CatalogError(f"{term!r} is not a kind of row; valid: {', '.join(_SELECTIONS)}")
        select, options = _SELECTIONS[term]
        return select(rows, **{name: self.get_option(name) for name in options})
