# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: rejudge
short_description: Judge a saved run of the audit again, without contacting a host
version_added: 1.0.0
description:
  - Judges the evidence that a run of the role P(hostprep.runtime_fabric.rtf_preflight#role) saved in C(evidence.json)
    again, with other inputs, such as another release, other limits or other waivers. Runs on the control node only, and
    does not connect to any managed host.
  # inputs: rejudged
  - Reads the variables of the nodes that decide how a run is judged, C(rtf_control_plane), C(rtf_release),
    C(rtf_cluster_profile), C(rtf_features), C(rtf_min_outbound_bandwidth_mbit), C(rtf_extra_endpoints),
    C(rtf_extra_ports), C(rtf_spare_addresses), C(rtf_checks), C(rtf_skip_checks), C(rtf_waivers),
    C(rtf_max_latency_ms) and C(rtf_min_node_bandwidth_mbit), and how it is reported, C(rtf_report_dir),
    C(rtf_report_formats), C(rtf_report_keep), C(rtf_gate) and C(rtf_preflight_enforce). Those that are not set, and
    all other inputs, are taken from the saved run.
  # end
  - A check whose evidence the run did not collect is C(unknown), and its result says so. Whether a waiver has expired
    is decided by the date of the run.
  - Writes C(report.json) and the formats of C(rtf_report_formats) to a directory below C(rejudged) in
    C(rtf_report_dir), except in check mode. The reports of audit runs and the links to the newest one are left alone.
  - Fails if an audit with the same results would fail.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  run:
    description: The C(evidence.json) of the run, or the directory of the run. By default, the last complete run.
    type: path
    default: ''
notes:
  - This is an action plugin; nothing runs on the managed hosts.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# Most people run the playbook:
# ansible-playbook hostprep.runtime_fabric.rejudge_rtf -i inventory -e rtf_release=1.13
- name: Judge last night's run again
  hostprep.runtime_fabric.rejudge:
    run: rtf-report/runs/20270130T020000Z
  run_once: true
"""

RETURN = r"""
readiness:
  description: The readiness of the cluster, V(ready), V(not_ready) or V(incomplete).
  returned: always
  type: str
  sample: not_ready
report:
  description: The path of C(report.json) on the control node. V(null) in check mode.
  returned: always
  type: str
  sample: /home/ops/site/rtf-report/rejudged/20270131T091500Z/report.json
"""
