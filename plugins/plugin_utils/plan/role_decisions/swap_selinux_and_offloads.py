# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site may have switched off for Runtime Fabric: swap, SELinux's enforcing, nm-cloud-setup and tunnel offloads.

Each switch plans from its section of host_info, and plans the way back from what was recorded before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Change,
    Cluster,
    File,
    Host,
    Inputs,
    Refusal,
    Service,
    differs,
    section,
)

Record = dict[str, Any]


class Switch(NamedTuple):
    """name: the input. section: of host_info, and the name in the record. check: what the effect is judged by.

    plan: (evidence, inputs, Cluster) -> (what to record, changes). revert: (evidence, what is recorded) -> changes.
    """

    name: str
    section: str
    check: str
    plan: Callable[[Host, Inputs, Cluster], tuple[Record, list[Change]]]
    revert: Callable[[Host, Any], list[Change]]


FSTAB, SELINUX = "/etc/fstab", "/etc/selinux/config"
OFFLOAD_UNIT = "runtime-fabric-tunnel-offload.service"
OFFLOAD_FILE = f"/etc/systemd/system/{OFFLOAD_UNIT}"
OFFLOAD_FEATURES = ("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation")
_SERVICE = r"""[Unit]
Description=Leave the segmenting of tunnels to the kernel ({listed})
After=network-pre.target
Before=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'for nic in /sys/class/net/*; do nic=$${{nic##*/}}; \
    case " {drivers} " in \
    *" $$(ethtool -i $$nic 2>/dev/null | sed -n "s/^driver: //p") "*) \
    ethtool -K $$nic {features};; \
    esac; done'

[Install]
WantedBy=multi-user.target
"""


def swap_off(host: Host, _inputs: Inputs, _cluster: Cluster) -> tuple[Record, list[Change]]:
    """Comment swap out of fstab, switch it off, and keep units and services from starting it."""
    swap, found = section(host, "swap"), section(section(host, "swap"), "units")
    # A unit that a generator made of fstab goes with its line, and zram with the unit or service that set it up.
    units = [unit for unit in found if unit["source"] != FSTAB]
    devices = [entry["name"] for entry in swap["active"] if not entry["name"].startswith("/dev/zram")]
    changes: list[Change] = []
    if swap["fstab"]:
        regexp = r"^(?!\s*#)(\s*\S+[ \t]+\S+[ \t]+swap(?:[ \t].*)?)$"
        changes.append(_replacement("Configure /etc/fstab without swap", FSTAB, regexp, r"# runtime-fabric: \1"))
    # Such a unit without its line is left by a run that was cut off between the two.
    if swap["fstab"] or len(units) < len(found):
        changes.append({"step": "Configure systemd to read the new /etc/fstab", "kind": "reload"})
    if devices:
        changes.append(
            _command("Stop swap", [["swapoff", *devices]], f"Swap on {', '.join(devices)} would be switched off")
        )
    services = [_stopped(unit["unit"], unit["state"]) for unit in units if _starts(unit["state"])]
    if services:
        changes.append({"step": "Stop swap units and services", "kind": "services", "services": services})
    there = swap["active"] or swap["fstab"] or found
    return {"swap": {"devices": devices, "units": units, "fstab": bool(swap["fstab"])}} if there else {}, changes


def swap_restored(host: Host, before: Any) -> list[Change]:
    """Restore fstab, units and services, and what swapped."""
    changes: list[Change] = []
    if before["fstab"]:
        changes.append(_replacement("Restore swap in /etc/fstab", FSTAB, r"^# runtime-fabric: (.*)$", r"\1"))
        changes.append({"step": "Configure systemd to read the restored /etc/fstab", "kind": "reload"})
    services = [_as_before(unit) for unit in before["units"] if _starts(unit["state"])]
    if services:
        changes.append({"step": "Restore swap units and services", "kind": "services", "services": services})
    active = [entry["name"] for entry in section(host, "swap")["active"]]
    idle = [device for device in before["devices"] if device not in active]
    if idle:
        changes.append(_command("Start swap", [["swapon", *idle]], f"Swap on {', '.join(idle)} would be switched on"))
    return changes


def _starts(state: str) -> bool:
    return state.startswith("enabled") or state == "generated"


def _stopped(name: str, state: str) -> Service:
    if state == "generated":
        return {"name": name, "state": "stopped", "masked": True}
    return {"name": name, "state": "stopped", "enabled": False}


def _as_before(unit: Record) -> Service:
    service: Service = {"name": unit["unit"]}
    if unit["state"] == "generated":
        service["masked"] = False
    else:
        service["enabled"] = True
    if unit["active"]:
        service["state"] = "started"
    return service


def selinux_permissive(host: Host, _inputs: Inputs, _cluster: Cluster) -> tuple[Record, list[Change]]:
    """Make SELinux permissive where it enforces, now and at boot."""
    selinux = section(host, "selinux")
    before = {"mode": _mode(selinux), "configured": selinux["configured"]}
    enforces = "enforcing" in before.values()
    return {"selinux": before} if enforces else {}, _selinux_changes(before, before, "enforcing", "permissive")


def selinux_restored(host: Host, before: Any) -> list[Change]:
    """Make SELinux enforce where it did, unless it has been disabled since."""
    selinux = section(host, "selinux")
    now = {"mode": _mode(selinux), "configured": selinux["configured"]}
    return _selinux_changes(now, before, "permissive", "enforcing")


def _mode(selinux: Any) -> str:
    mode: str = section({"selinux": selinux["mode"]}, "selinux")
    return mode


def _selinux_changes(now: Record, before: Record, old: str, new: str) -> list[Change]:
    """Return the changes from a mode to another, where the recorded one was enforcing."""
    changes: list[Change] = []
    if before["configured"] == "enforcing" and now["configured"] == old:
        # The last line counts, and the rest of it stays as it is.
        regexp = rf"(?i)^([ \t]*SELINUX[ \t]*=[ \t]*){old}\b(?![\s\S]*^[ \t]*SELINUX[ \t]*=)"
        changes.append(_replacement(f"Set SELinux {new} at boot", SELINUX, regexp, rf"\1{new}"))
    if before["mode"] == "enforcing" and now["mode"] == old:
        enforce = "1" if new == "enforcing" else "0"
        changes.append(_command(f"Set SELinux {new}", [["setenforce", enforce]], f"SELinux would become {new}"))
    return changes


def cloud_setup_off(host: Host, _inputs: Inputs, _cluster: Cluster) -> tuple[Record, list[Change]]:
    """Stop nm-cloud-setup, now and at boot, and delete the routing rules that it has made."""
    found = section(host, "cloud_setup")
    units = {name: unit for name, unit in found["units"].items() if unit["active"] or unit["enabled"]}
    changes: list[Change] = []
    if units:
        # The timer sorts behind the service and is stopped before it.
        services: list[Service] = [
            {"name": name, "enabled": False, "state": "stopped"} for name in sorted(units, reverse=True)
        ]
        changes.append({"step": "Stop nm-cloud-setup", "kind": "services", "services": services})
    if found["rules"]:
        commands = [["ip", "-4", "rule", "delete", "priority", str(priority)] for priority in found["rules"]]
        listed = ", ".join(map(str, found["rules"]))
        announcement = f"Routing rules with these priorities would be deleted: {listed}"
        changes.append(_command("Configure routing without the rules of nm-cloud-setup", commands, announcement))
    return {"cloud_setup": units} if units else {}, changes


def cloud_setup_restored(host: Host, before: Any) -> list[Change]:
    """Restore the units. The service makes its rules again when it runs."""
    there = section(host, "cloud_setup")["units"]
    services: list[Service] = [
        {"name": name, "enabled": unit["enabled"], "state": "started" if unit["active"] else "stopped"}
        for name, unit in before.items()
        if name in there
    ]
    return [{"step": "Restore nm-cloud-setup", "kind": "services", "services": services}] if services else []


def tunnel_offload_off(host: Host, inputs: Inputs, cluster: Cluster) -> tuple[Record, list[Change]]:
    """Let the kernel segment tunnels for interfaces with certain drivers, now and at every boot."""
    found, drivers = section(host, "tunnel_offload"), inputs["tunnel_offload_drivers"]
    interfaces = [entry for entry in found["interfaces"] if entry["driver"] in drivers]
    if not interfaces:
        return {}, []
    if not found["ethtool"]:
        raise Refusal(
            f"The kernel was not changed: rtf_kernel_tunnel_offload_off needs ethtool at every boot, and {cluster.node} "
            "does not have it. Install the package ethtool."
        )
    unit = offload_file(drivers, cluster.header)
    offloading = {entry["name"]: entry["features"] for entry in interfaces if any(entry["features"].values())}
    changed = differs(host, unit)
    # Where an offload is still on, systemd may not have read the unit since a run wrote it and was cut off.
    outdated = changed or bool(offloading)
    runs = section(host, "units").get(OFFLOAD_UNIT) == {"active": True, "enabled": True}
    if runs and not outdated:
        return {}, []
    changes: list[Change] = (
        [{"step": "Configure tunnel offloads for boot", "kind": "files", "files": [unit]}] if changed else []
    )
    service: Service = {"name": OFFLOAD_UNIT, "enabled": True, "state": "restarted" if outdated else "started"}
    service["daemon_reload"] = outdated
    change: Change = {"step": "Stop tunnel offloads", "kind": "services", "services": [service]}
    if changed:  # in check mode the unit is not there yet
        names = ", ".join(entry["name"] for entry in interfaces)
        change["announcement"] = f"Tunnel offloads of {names} would be switched off"
    return {"tunnel_offload": offloading}, [*changes, change]


def tunnel_offload_restored(host: Host, before: Any) -> list[Change]:
    """Remove the unit and switch the offloads on that were on."""
    changes: list[Change] = []
    if host["files"].get(OFFLOAD_FILE):
        service: Service = {"name": OFFLOAD_UNIT, "enabled": False, "state": "stopped"}
        changes += [
            {"step": "Stop the unit of tunnel offloads", "kind": "services", "services": [service]},
            {
                "step": "Restore the units by removing that of tunnel offloads",
                "kind": "removed_files",
                "removed": [OFFLOAD_FILE],
            },
        ]
    changes.append({"step": "Configure systemd without the unit of tunnel offloads", "kind": "reload"})
    commands = []
    for entry in section(host, "tunnel_offload")["interfaces"]:
        were = before.get(entry["name"], {})
        off = [name for name, was_on in were.items() if was_on and not entry["features"].get(name)]
        if off:
            commands.append(["ethtool", "-K", entry["name"], *(word for name in off for word in (name, "on"))])
    if commands:
        names = ", ".join(command[2] for command in commands)
        changes.append(
            _command("Restore tunnel offloads", commands, f"Tunnel offloads of {names} would be switched on")
        )
    return changes


def offload_file(drivers: list[str], header: str) -> File:
    """Return the unit that switches offloads off at boot."""
    text = _SERVICE.format(
        listed=", ".join(drivers),
        drivers=" ".join(drivers),
        features=" ".join(f"{name} off" for name in OFFLOAD_FEATURES),
    )
    return {"path": OFFLOAD_FILE, "content": header + text, "mode": "0644"}


def _replacement(step: str, path: str, regexp: str, replace: str) -> Change:
    return {
        "step": step,
        "kind": "replacements",
        "replacements": [{"path": path, "regexp": regexp, "replace": replace}],
    }


def _command(step: str, commands: list[list[str]], announcement: str) -> Change:
    return {"step": step, "kind": "commands", "commands": commands, "announcement": announcement}


SWITCHES = (
    Switch("swap_off", "swap", "host.swap", swap_off, swap_restored),
    Switch("selinux_permissive", "selinux", "host.selinux", selinux_permissive, selinux_restored),
    Switch("nm_cloud_setup_off", "cloud_setup", "net.nm_cloud_setup", cloud_setup_off, cloud_setup_restored),
    Switch(
        "tunnel_offload_off",
        "tunnel_offload",
        "net.vmxnet3_offload",
        tunnel_offload_off,
        tunnel_offload_restored,
    ),
)
