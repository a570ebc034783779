# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from the nodes of the inventory to the entries of NO_PROXY."""

from __future__ import annotations

DOCUMENTATION = r"""
name: no_proxy
short_description: Return what the nodes must reach without the proxy
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Returns the entries of NO_PROXY for a cluster, that is loopback, the metadata address of clouds, the address and the
    names of every node, the networks of pods and services, the names that parts of the cluster have for each other, and
    the entries of the site.
  - Every address that matters is an entry of its own, because curl before 7.86, Python's urllib and others do not
    support networks.
positional: hostvars, pod_cidr, service_cidr, extra
options:
  _input:
    description: The names of all nodes of the cluster.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars), of which C(rtf_node_address) and C(ansible_host) are read.
    type: dict
    required: true
  pod_cidr:
    description: The network of the pods.
    type: str
    required: true
  service_cidr:
    description: The network of the services.
    type: str
    required: true
  extra:
    description: Names, suffixes such as C(.example.com), addresses and networks of the site.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the NO_PROXY of the cluster
  ansible.builtin.debug:
    msg: >-
      {{ groups['rtf_nodes']
         | hostprep.runtime_fabric.no_proxy(hostvars, '10.244.0.0/16', '10.100.0.0/16', ['.corp.example'])
         | join(',') }}
"""

RETURN = r"""
_value:
  description: The entries, each once.
  type: list
  elements: str
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.no_proxy_list import compute
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.proxy_settings import VARIABLES


def no_proxy(nodes, hostvars, pod_cidr, service_cidr, extra=()):
    """Return the list of entries."""
    variables = {
        node: {name: plain(hostvars[node][name]) for name in VARIABLES if name in hostvars[node]}
        for node in plain(nodes)
    }
    return compute(variables, str(pod_cidr), str(service_cidr), plain(extra))


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"no_proxy": no_proxy}
