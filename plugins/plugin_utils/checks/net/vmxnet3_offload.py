# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.vmxnet3_offload: tunnel offloads are off where the driver breaks them."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.nm_cloud_setup import ROLE
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("net.vmxnet3_offload")
def vmxnet3_offload(subject: Subject, evidence: Evidence) -> Finding:
    """Interfaces with a driver that breaks checksums of VXLAN leave segmenting tunnels to the kernel."""
    interfaces = part(evidence, "host", "tunnel_offload", "interfaces")
    known = subject.input("rtf_kernel_tunnel_offload_drivers")
    drivers = ", ".join(known)
    expected = f"tunnel offloads are off where the driver is {drivers}"
    ours = [entry for entry in interfaces if entry["driver"] in known]
    if not ours:
        return Finding(PASS, expected, f"no interface has the driver {drivers}")
    on = {entry["name"]: sorted(name for name, value in entry["features"].items() if value) for entry in ours}
    on = {name: features for name, features in on.items() if features}
    if not on:
        return Finding(PASS, expected, f"off on {', '.join(entry['name'] for entry in ours)}")
    name, features = next(iter(on.items()))
    return Finding(
        FAIL,
        expected,
        "; ".join(f"{name}: {', '.join(features)} on" for name, features in on.items()),
        (
            f"Turn it off with `ethtool -K {name} {' '.join(f'{feature} off' for feature in features)}`, at every "
            f"boot. Or set rtf_kernel_tunnel_offload_off: true {ROLE}."
        ),
        ours,
    )
