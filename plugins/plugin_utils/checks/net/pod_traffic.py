# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What routes or mangles the packets of pods on their way between nodes: nm-cloud-setup, tunnel offloads."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.advice import reboot
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import FAIL, PASS, Finding, part

ROLE = "and run the role hostprep.runtime_fabric.rtf_kernel"


def nm_cloud_setup(subject, evidence):
    """Neither its units run, now or at boot, nor are its rules there."""
    units = part(evidence, "host", "cloud_setup", "units")
    rules = part(evidence, "host", "cloud_setup", "rules")
    expected = "nm-cloud-setup neither runs nor has left rules"
    running = [name for name, state in units.items() if state["active"] or state["enabled"]]
    if not running and not rules:
        return Finding(PASS, expected, "not installed" if not units else "off")
    observed = [f"{', '.join(running)} runs or starts at boot"] if running else []
    observed += [f"rules with priority {', '.join(map(str, rules))}"] if rules else []
    remedies = [f"Switch it off with `systemctl disable --now {' '.join(running)}`."] if running else []
    remedies += (
        [f"Delete its rules with `ip rule delete priority {rules[0]}` and so on. Or: {reboot(subject)}."]
        if rules
        else []
    )
    remedies.append(f"Or set rtf_kernel_nm_cloud_setup_off: true {ROLE}.")
    return Finding(FAIL, expected, "; ".join(observed), " ".join(remedies), {"units": units, "rules": rules})


def vmxnet3_offload(subject, evidence):
    """Interfaces with a driver that breaks checksums of VXLAN leave segmenting tunnels to the kernel."""
    interfaces = part(evidence, "host", "tunnel_offload", "interfaces")
    drivers = ", ".join(subject.offload_drivers)
    expected = f"tunnel offloads are off where the driver is {drivers}"
    ours = [entry for entry in interfaces if entry["driver"] in subject.offload_drivers]
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
        f"Switch it off with `ethtool -K {name} {' '.join(f'{feature} off' for feature in features)}`, at every boot. "
        f"Or set rtf_kernel_tunnel_offload_off: true {ROLE}.",
        ours,
    )


CHECKS = {"net.nm_cloud_setup": nm_cloud_setup, "net.vmxnet3_offload": vmxnet3_offload}
