# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: support_bundle
short_description: Pack a saved run of the audit into an archive without secrets
version_added: 1.0.0
description:
  - Writes one archive with the report and the evidence of a run of the role
    P(hostprep.runtime_fabric.rtf_preflight#role), with the change request and the inputs from the current inventory,
    and with the versions of ansible-core, Python and this collection. Runs on the control node only, and does not
    connect to any managed host.
  - Secrets from the inventory, and anything that looks like a password, a token or a private key, are replaced in every
    file, even if they are percent-encoded or Base64-encoded.
  - Only its owner can read the archive. It is written atomically, so an earlier archive stays intact if writing fails.
    The same run and inventory always produce the same archive.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  directory:
    description: The directory of the reports, C(rtf_report_dir) of the role. The archive is written to it.
    type: path
    required: true
  run:
    description: The name of a run below C(runs) in O(directory). By default, the last complete run.
    type: str
    default: ''
  hide_addresses:
    description:
      - Whether to replace IP addresses and host names with pseudonyms. An address or name is always replaced with the
        same pseudonym, and the pseudonyms of addresses in one network are also in one network, so the bundle stays
        readable.
      - Some names are kept - names that the vendor requires every site to reach, host names that are also a word in the
        report, such as C(worker), and names of organisations, such as the issuer of a certificate.
      - The key that the pseudonyms are derived from is C(.bundle-key) in O(directory). Do not share it.
    type: bool
    default: false
notes:
  - This is an action plugin; nothing runs on the managed hosts.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# Most people run the playbook: ansible-playbook hostprep.runtime_fabric.support_bundle_rtf -i inventory
- name: Pack the last run for the vendor's support
  hostprep.runtime_fabric.support_bundle:
    directory: rtf-report
    hide_addresses: true
  run_once: true
"""

RETURN = r"""
bundle:
  description: The path of the archive.
  returned: always
  type: str
  sample: /home/ops/site/rtf-report/support-bundle-20270130T020000Z.tar.gz
files:
  description: The names of the files in the archive.
  returned: always
  type: list
  elements: str
replaced:
  description: How many different values of each kind were replaced.
  returned: always
  type: dict
  sample: {"host names": 6, "secrets": 1}
"""
