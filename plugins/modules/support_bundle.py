# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: support_bundle
short_description: Pack one saved run of the audit, without secrets
version_added: 1.0.0
description:
  - Writes one archive with the report and the evidence of a run of the role P(hostprep.runtime_fabric.rtf_preflight#role), the
    change request and the inputs of the inventory as it is now, and the versions of ansible-core, Python and this collection.
    Runs on the controller and touches no host.
  - Secrets of the inventory, and what looks like a password, a token or a private key, are replaced in every file, also where they
    are percent-encoded or in base64.
  - Only its owner can read the archive. It is written completely or not at all, so that an earlier one stays intact.
    The same run and inventory result in the same archive.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  directory:
    description: Directory of the reports, C(rtf_report_dir) of the role. The archive is written there.
    type: path
    required: true
  run:
    description: Name of a run below C(runs) in O(directory). Without it, the last whole run.
    type: str
    default: ''
  hide_addresses:
    description:
      - Whether IP addresses and host names are replaced by pseudonyms. The same one is always replaced by the same
        pseudonym, and addresses of one network have pseudonyms of one network, so that the bundle stays readable.
      - Some names are kept - those that the vendor asks every site to reach, host names that are also a word of the
        report, such as C(worker), and names of organisations, such as the issuer of a certificate.
      - The key of the pseudonyms is C(.bundle-key) in O(directory). Keep it to yourself.
    type: bool
    default: false
notes:
  - This is an action plugin; there is nothing to run on a host.
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
  description: Path of the archive.
  returned: always
  type: str
  sample: /home/ops/site/rtf-report/support-bundle-20270130T020000Z.tar.gz
files:
  description: Names of the files in the archive.
  returned: always
  type: list
  elements: str
replaced:
  description: How many different texts of each kind were replaced.
  returned: always
  type: dict
  sample: {"host names": 6, "secrets": 1}
"""
