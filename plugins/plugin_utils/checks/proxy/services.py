# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""proxy.services: the container runtimes run with the proxy that their files name."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy.program_environments import is_url
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy.settings import (
    PREPARE,
    proxy_settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN


@check("proxy.services")
def services(subject: Subject, evidence: Evidence) -> Finding:
    """A running service has the settings from when it started; later changes of its files are not in use."""
    expected = "container runtimes and Kubernetes, where they run, use the proxies in their files"
    found = part(evidence, "host", "proxy", "services")
    running = {name: entry for name, entry in found.items() if entry["running"]}
    hidden = [name for name, entry in running.items() if entry["now"] is None]
    unread = _unread(evidence)
    if unread:
        return Finding(
            FAIL,
            "systemd has reloaded its changed files",
            f"systemd has not reloaded its changed files: {joined_first(unread)}",
            f"Run `systemctl daemon-reload`, which restarts nothing, on {subject.node}.",
            unread,
        )
    stale = [name for name, entry in running.items() if entry["outdated"]]
    if stale:
        units = " ".join(f"{name}.service" for name in stale)
        observed = joined_first(
            f"{name} runs with {_urls(found[name]['now'])} and would start with {_urls(found[name]['at_next_start'])}"
            for name in stale
        )
        remedy = by_line(
            subject,
            appliance=(
                f"Restart it in a maintenance window with `systemctl restart {units}`, or list it in "
                f"rtf_proxy_restart_services and {PREPARE}."
            ),
            self_managed=f"Drain {subject.node} (`kubectl drain`), then `systemctl restart {units}`: with docker, a restart can stop "
            "the containers.",
        )
        return Finding(FAIL, expected, observed, remedy, {name: found[name] for name in stale})
    if hidden:
        return Finding(UNKNOWN, expected, f"the environment of {', '.join(hidden)} cannot be read")
    return Finding(PASS, expected, f"{', '.join(running)} as configured" if running else "none of them runs")


def _unread(evidence: Evidence) -> list[str]:
    """The units, and the variables of DefaultEnvironment, of which systemd knows an older state than the files have.

    What systemd gives to services beyond its files may come from the kernel's command line, or from systemctl.
    """
    found = part(evidence, "host", "proxy").get("unread") or {}
    named = {entry["variable"] for entry in proxy_settings(evidence) if entry["reader"] == "systemd"}
    return found.get("units", []) + [
        f"{name} of DefaultEnvironment" for name in found.get("environment", []) if name in named
    ]


def _urls(environment: dict[str, dict[str, str]]) -> str:
    """The proxies of an environment, for a person."""
    values = [entry["value"] for name, entry in environment.items() if is_url(name)]
    if not values:
        return "no proxy"
    lists = [entry["value"] for name, entry in environment.items() if not is_url(name)]
    but = f" except {len(lists[0].split(','))} entries of NO_PROXY" if lists else ""
    return ", ".join(dict.fromkeys(values)) + but
