# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kernel.reserved_ports: no port of the platform is used for outgoing connections."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.boot_files import (
    passed_at_boot,
    refusal,
    replayed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import (
    PREPARE,
    looked_up,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import (
    PORT_RANGE,
    RESERVED_PORTS,
    listed_ports,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL


@check("kernel.reserved_ports")
def reserved_ports(subject: Subject, evidence: Evidence) -> Finding:
    """No port of the platform can be given to an outgoing connection, now or after a boot."""
    texts = subject.settings["kernel-reserved-ports"]["expected"]["reserved_ports"]
    ours = set(port_ranges.numbers(texts))
    found = part(evidence, "host", "kernel", "sysctls")
    span, reserved = looked_up(found, PORT_RANGE), looked_up(found, RESERVED_PORTS)
    expected = f"no outgoing connection uses {', '.join(texts)}"
    for when, which in (("", "live"), (" after the next boot", "at_boot")):
        # What no file sets is after a boot what the kernel has by itself; what is there now is the best guess.
        first, last = _port_span(span[which] or span["live"])
        kept = reserved[which] if which == "live" else reserved["at_boot"] or ""
        given = {port for port in ours if first <= port <= last} - listed_ports(kept)
        if given:
            refused = [one for one in replayed(evidence, "refused") if one["name"] in (PORT_RANGE, RESERVED_PORTS)]
            return Finding(
                FAIL,
                expected,
                "; ".join(
                    [
                        f"outgoing connections may use {', '.join(port_ranges.texts(given))}{when} ({first}-{last})",
                        *map(refusal, refused),
                    ]
                ),
                (
                    f"Reserve them with `sysctl -w {RESERVED_PORTS}={','.join(texts)}` and in a file in /etc/sysctl.d, "
                    f"or set rtf_kernel_reserve_ports: true and {PREPARE}."
                ),
                {PORT_RANGE: span, RESERVED_PORTS: reserved},
            )
    by_files = span["at_boot"] is not None or reserved["at_boot"] is not None
    return passed_at_boot(
        evidence, "sysctls", expected, f"outgoing connections use {span['live'].replace(' ', '-')}", by_files
    )


def _port_span(text: str) -> tuple[int, int]:
    """The first two numbers; the kernel ignores what follows them."""
    words = text.split()[:2]
    if len(words) < 2 or not all(word.isdecimal() for word in words):
        raise NoEvidence(f"{PORT_RANGE} is {text}")
    return int(words[0]), int(words[1])
