# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts that files of this folder declare. Written by `make docs`; Ansible sends to a host only what is imported by name."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    cgroup_evidence,
    kernel_build,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    address_evidence,
    address_persistence,
    arp_sweep,
    cloud_init_evidence,
    resolver_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage import (
    block_devices,
    mount_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import (
    account_evidence,
    allowlisting_evidence,
    configured_devices,
    hardware_evidence,
    hostname_evidence,
    kubernetes_evidence,
    os_evidence,
    running_programs,
)

FACTS = (
    *cgroup_evidence.FACTS,
    *kernel_build.FACTS,
    *address_evidence.FACTS,
    *address_persistence.FACTS,
    *arp_sweep.FACTS,
    *cloud_init_evidence.FACTS,
    *resolver_evidence.FACTS,
    *block_devices.FACTS,
    *mount_evidence.FACTS,
    *account_evidence.FACTS,
    *allowlisting_evidence.FACTS,
    *configured_devices.FACTS,
    *hardware_evidence.FACTS,
    *hostname_evidence.FACTS,
    *kubernetes_evidence.FACTS,
    *os_evidence.FACTS,
    *running_programs.FACTS,
)
