# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: compare_reports
short_description: Report what changed between two runs of the audit
version_added: 1.0.0
description:
  - Compares two reports of the role P(hostprep.runtime_fabric.rtf_preflight#role). It returns which checks failed only
    in the earlier run, only in the later run, or in both runs with different values, which are waived now, and which
    inputs of the audit and settings of nodes have changed.
  - Runs on the control node only, and does not connect to any managed host.
  - If a check has no result in the earlier run, its last result in the 20 complete runs before that is used. If there
    is none, or if the later run has no result, the check counts as unchanged.
  - Settings are compared only if both runs have the C(evidence.json) that the audit writes next to C(report.json).
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  directory:
    description: The directory of the reports, C(rtf_report_dir) of the role.
    type: path
    required: true
  before:
    description: The C(report.json) of the earlier run, or the directory of that run. By default, the last complete run
      but one.
    type: path
    default: ''
  after:
    description: The C(report.json) of the later run, or the directory of that run. By default, the last complete run.
    type: path
    default: ''
notes:
  - This is an action plugin; nothing runs on the managed hosts.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# Most people run the playbook: ansible-playbook hostprep.runtime_fabric.compare_rtf -i inventory
- name: Report what changed since yesterday
  hostprep.runtime_fabric.compare_reports:
    directory: rtf-report
    before: rtf-report/runs/20270130T020000Z
  run_once: true
"""

RETURN = r"""
comparison:
  description: >-
    C(new), C(fixed), C(waived) and C(other) are lists of dictionaries with C(id), C(node), C(title), C(before) and
    C(after). C(still) is the number of findings that have not changed. C(settings) is a list of dictionaries with
    C(node), which is empty for an input of the audit, C(setting), C(before) and C(after). C(flapping) lists findings
    that began or ended three times or more in the last runs, with the number of C(runs), how many of them C(failed),
    and the number of C(changes). C(causes_new) and C(causes_fixed) are lists of titles. C(unknown) lists the nodes that
    were unreachable.
  returned: always
  type: dict
"""
