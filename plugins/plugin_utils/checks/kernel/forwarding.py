# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces that do not forward although net.ipv4.ip_forward is 1: the kernel asks the one that a packet comes in by."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import dotted_name
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.live_values import set_now
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import FORWARDING
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

OFF = "0"


def name_of(interface: str) -> str:
    """The parameter of an interface, or of `default`."""
    return dotted_name(f"net/ipv4/conf/{interface}/forwarding")


def off_now(kernel: dict[str, Any]) -> list[str]:
    """The interfaces that do not forward, and `default` where those to come will not."""
    return [name for name, entry in _entries(kernel).items() if entry["live"] == OFF]


def off_at_boot(kernel: dict[str, Any]) -> dict[str, Any]:
    """`{parameter: entry}` of the interfaces that will not forward after a boot."""
    return {name_of(name): entry for name, entry in _entries(kernel).items() if entry["at_boot"] == OFF}


def is_contrary(setting: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Whether a setting `{"name", "value"}` is against what is wanted of a parameter, or of the interfaces with it."""
    of_interface = FORWARDING in wanted and setting["name"].startswith("net.ipv4.conf.")
    return (
        setting["value"] == OFF if of_interface else wanted.get(setting["name"], setting["value"]) != setting["value"]
    )


def switched_off(evidence: Evidence, expected: str, observed: str) -> Finding | None:
    """Fail where an interface does not forward now."""
    kernel = part(evidence, "host", "kernel")
    off = off_now(kernel)
    if not off:
        return None
    names = [name for name in off if name != "default"]
    said = [f"forwarding is off on {joined_first(names)}"] if names else []
    said += (
        ["forwarding is off on future interfaces (net.ipv4.conf.default.forwarding = 0)"] if "default" in off else []
    )
    settings = " ".join(f"{name_of(name)}=1" for name in off)
    return Finding(
        FAIL,
        f"{expected}, and no interface has forwarding off",
        f"{observed}, but {' and '.join(said)}",
        set_now(settings, all(_entries(kernel)[name]["at_boot"] != OFF for name in off)),
        {name: _entries(kernel)[name] for name in off},
    )


def _entries(kernel: dict[str, Any]) -> dict[str, Any]:
    """The interfaces that the replay of a boot found; none in evidence without one."""
    found: dict[str, Any] = (kernel.get("boot") or {}).get("forwarding", {})
    return found
