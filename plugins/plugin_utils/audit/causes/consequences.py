# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which causes are consequences of another one: they are put below it, and need no action of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

# What a clock that follows no server fails, too.
_OF_A_CLOCK = ("time.requested_servers", "time.sources_reach", "time.between_nodes*")
# Checks whose failure explains others on the same nodes. What is measured between nodes follows on every node.
FOLLOWS = {
    "kernel.ip_forward": ("egress.pods",),
    "access.shell": ("*",),
    "egress.dns": ("egress.*", "host.repos_reachable"),
    "egress.http_proxy": ("egress.*", "host.repos_reachable"),
    "egress.socks5_proxy": ("egress.*",),
    "egress.ntp": ("time.synchronised", *_OF_A_CLOCK),
    "time.chrony_active": ("time.*", "egress.ntp"),
    "time.service_active": ("time.*",),
    "time.synchronised": _OF_A_CLOCK,
    "net.mtu_path": ("net.bandwidth", "net.loss", "ports.*"),
    "ports.": ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth", "net.load_balancer"),
    "proxy.": ("proxy.services",),
    "storage.docker_device": ("storage.mounts",),
    "storage.etcd_device": ("storage.mounts",),
}
# How the remedy of a check names another check, when what it found follows from that one's finding.
_NAMED_FIRST = re.compile(r"^Fix ([a-z0-9_.]+) first\b")
_OF_PAIRS = ("time.between_nodes*", "net.latency", "net.loss", "net.mtu_path", "net.bandwidth")


def put_below(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the causes with each that follows from another one put below it, among its findings."""
    kept = list(drafts)
    for draft in drafts:
        above = next(
            (other for other in kept if other is not draft and draft in kept and _explains(other, draft)), None
        )
        if above is None:
            continue
        kept.remove(draft)
        kept[kept.index(above)] = above._replace(
            results=[*above.results, *draft.results], follows=[*above.follows, *draft.results]
        )
    return kept


def _explains(above: Draft, below: Draft) -> bool:
    """Whether each result of `below` follows from a failed result of `above` that is not itself a consequence."""
    followers = {id(result) for result in above.follows}
    leaders = [result for result in above.results if id(result) not in followers and result["status"] == FAIL]
    return all(any(_follows(result, leader) for leader in leaders) for result in below.results)


def _follows(result: Result, leader: Result) -> bool:
    patterns = next((FOLLOWS[name] for name in FOLLOWS if _is(leader["id"], name)), ())
    if result["id"] == leader["id"] or not any(fnmatchcase(result["id"], pattern) for pattern in patterns):
        return False
    # A failure that was observed is a consequence only where nothing else can be its reason.
    if result["status"] == FAIL and not _can_only_follow(result, leader):
        return False
    return result["node"] == leader["node"] or any(fnmatchcase(result["id"], pattern) for pattern in _OF_PAIRS)


def _is(name: str, family: str) -> bool:
    return name.startswith(family) if family.endswith(".") else name == family


def _can_only_follow(result: Result, leader: Result) -> bool:
    named = _NAMED_FIRST.match(result["remedy"])
    if named or leader["id"] == "net.mtu_path":
        return named is not None and named[1] == leader["id"]
    if leader["id"] in ("egress.ntp", "time.chrony_active", "time.synchronised"):
        return True
    if leader["id"].startswith("proxy."):  # the role lets systemd read the files that it writes, and only then
        return "rtf_proxy" in leader["remedy"] and "daemon-reload" in result["remedy"]
    evidence: Any = result["evidence"]
    if leader["id"] == "kernel.ip_forward" and isinstance(evidence, Mapping):
        return {fault["kind"] for fault in evidence["faults"]} == {"forwarding"}
    if leader["id"] == "egress.dns" and isinstance(evidence, Mapping):
        return evidence.get("verdict") == "unresolved"
    return False
