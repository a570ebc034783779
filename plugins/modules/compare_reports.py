# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: compare_reports
short_description: Say what changed between two runs of the audit
version_added: 1.0.0
description:
  - Compares two reports of the role P(hostprep.runtime_fabric.rtf_preflight#role), which checks failed only before, only
    afterwards, or both times with another value, which are waived now, and which inputs of the audit and settings of
    nodes are other ones. Runs on the controller and touches no host.
  - A check that the earlier run had no answer for is compared with its last answer in the 20 whole runs before that.
    Without any, and where the later run has no answer, it has not changed.
  - Settings are compared where both runs have the C(evidence.json) that the audit writes beside C(report.json).
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  directory:
    description: Directory of the reports, C(rtf_report_dir) of the role.
    type: path
    required: true
  before:
    description: C(report.json) of the earlier run, or its directory. Without it, the last whole run but one.
    type: path
    default: ''
  after:
    description: C(report.json) of the later run, or its directory. Without it, the last whole run.
    type: path
    default: ''
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# Most people run the playbook: ansible-playbook hostprep.runtime_fabric.compare_rtf -i inventory
- name: Say what changed since yesterday
  hostprep.runtime_fabric.compare_reports:
    directory: rtf-report
    before: rtf-report/runs/20270130T020000Z
  run_once: true
"""

RETURN = r"""
comparison:
  description: >-
    C(new), C(fixed), C(waived) and C(other) are lists of C(id), C(node), C(title), C(before) and C(after); C(still)
    counts the findings that are as they were; C(settings) is a list of C(node), empty for an input of the audit,
    C(setting), C(before) and C(after); C(flapping) are findings that began or ended three times or more in the last
    runs, with how many of the C(runs) C(failed) and the number of C(changes); C(causes_new) and C(causes_fixed) are
    titles; C(unknown) are nodes that were unreachable.
  returned: always
  type: dict
"""
