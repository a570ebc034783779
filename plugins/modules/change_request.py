# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: change_request
short_description: Write the change request for the teams that open firewalls and proxies
version_added: 1.0.0
description:
  - Reads the catalogue of the collection and the inventory, and writes files for the people who open firewalls, cloud
    networks and proxies. Runs on the control node only, and does not connect to any managed host.
  - Everything else is taken from the inventory - the inputs C(rtf_*) of the first node in C(rtf_nodes), and the
    addresses from C(rtf_node_address) or C(ansible_host) of every node. The playbook
    C(hostprep.runtime_fabric.change_request) validates these inputs first.
  - If C(rtf_previous_release) is set, it also writes which openings an upgrade from that release adds and removes.
  - Files that are up to date are not rewritten. Files of formats that are not selected are left alone.
  - Credentials of proxies are never written.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  directory:
    description: The directory on the control node to write the files to. It is created if it does not exist. A relative
      path starts at the directory in which C(ansible-playbook) was started.
    type: path
    required: true
  formats:
    description:
      - The formats to write.
      # formats: files
      - V(markdown) is C(change-request.md), and C(comparison.md) if there is a previous release.
      - V(csv) is C(openings.csv).
      - V(squid) is C(squid-access.conf). For a Squid that decrypts TLS, it is also C(squid-passthrough.conf), for
        endpoints that require mutual TLS, and C(squid-passthrough-containers.conf), for endpoints of containers that
        do not trust the site's CA.
      - V(aws) is C(aws-security-groups.tf.json), in the JSON syntax of Terraform.
      - V(azure) is C(azure-network-security-group.tf.json), in the JSON syntax of Terraform.
      - V(nftables) is one file for each node role.
      - V(firewalld) is one file for each node role.
      # end
    type: list
    elements: str
    # formats: choices
    choices: [markdown, csv, squid, aws, azure, nftables, firewalld]
    default: [markdown, csv, squid, aws, azure, nftables, firewalld]
    # end
notes:
  - This is an action plugin; nothing runs on the managed hosts.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# Most people run the playbook: ansible-playbook hostprep.runtime_fabric.change_request -i inventory
- name: Write the change request for the network team only
  hostprep.runtime_fabric.change_request:
    directory: change-request
    formats: [markdown, csv]
  run_once: true
"""

RETURN = r"""
files:
  description: The paths of all files of the selected formats, rewritten or not.
  returned: success
  type: list
  elements: str
  sample:
    - /home/ops/site/rtf-change-request/change-request.md
    - /home/ops/site/rtf-change-request/openings.csv
"""
