# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.latency, loss and bandwidth: the links between the nodes."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.measured_links import (
    AGAIN,
    PORTS_FIRST,
    answered_links,
    retry_remedy,
    unmeasured,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import (
    AS_THE_PATH_SAYS,
    black_holes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN


@check("net.latency")
def latency(subject: Subject, evidence: Evidence) -> Finding:
    limit = subject.input("rtf_max_latency_ms")
    return _each_link(
        evidence,
        f"95 % of the packets return from every node within {limit:g} ms",
        lambda link: link["rtt_ms"]["p95"] <= limit,
        _trip_text,
        "Ask the network team what slows the path between them; nodes in different regions are not supported.",
    )


@check("net.loss")
def loss(subject: Subject, evidence: Evidence) -> Finding:
    """One packet alone proves nothing."""
    limit = limits.load().packet_loss_percent
    return _each_link(
        evidence,
        f"at most {limit:g} % packet loss to any node; a single lost packet does not count",
        lambda link: link["loss_percent"] <= limit + 100 / link["sent"],
        lambda link: f"{link['loss_percent']:g} % of {link['sent']}",
        "Look for a saturated link, interface errors (`ip -s link`) and policers between them.",
        lambda links: (
            f"{max(link['loss_percent'] for link in links):g} % at most, of {links[0]['sent']} packets per node"
        ),
    )


@check("net.bandwidth")
def bandwidth(subject: Subject, evidence: Evidence) -> Finding:
    limit = subject.input("rtf_min_node_bandwidth_mbit")
    printed = (subject.settings.get("bandwidth-nodes") or {}).get("expected") or {}
    readings = " or ".join(f"{reading}" for reading in printed.get("readings_mbit", ()))
    page = f"; the vendor's {printed['printed']} means {readings} Mbit/s" if readings else ""
    expected = f"at least {both_units(limit)} to each measured node{page}"
    streams, missing = part(evidence, "bandwidth"), unmeasured(evidence, "unmeasured_bandwidth")
    holes = black_holes(evidence)
    nothing = [stream for stream in streams if stream.get("mean_mbit") == 0]
    nothing += [stream for stream in streams if "error" in stream and stream["destination"] in holes]
    slow = [stream for stream in streams if stream.get("mean_mbit") and stream["mean_mbit"] < limit]
    broken = [
        f"{stream['destination']}: {stream['error']}"
        for stream in streams
        if "error" in stream and stream not in nothing
    ]
    if nothing:
        observed = [_nothing_text(stream, holes) for stream in nothing] + [_stream_text(stream) for stream in slow]
        remedy = (
            AS_THE_PATH_SAYS
            if all(stream["destination"] in holes for stream in nothing)
            else (
                f"Find out why connections of {subject.node} open but carry no data: a packet filter or traffic "
                "shaper on the path, or an MTU black hole, which net.mtu_path shows."
            )
        )
        return Finding(FAIL, expected, "; ".join(observed), remedy, nothing + slow, severity="required")
    if slow:
        names = ", ".join(stream["destination"] for stream in slow)
        remedy = (
            AS_THE_PATH_SAYS
            if all(stream["destination"] in holes for stream in slow)
            else (
                f"Find the bottleneck between {subject.node} and {names}: the interfaces (`ethtool`), the virtual "
                "switch, or the cloud's limit for this machine size. Set rtf_min_node_bandwidth_mbit to what is "
                "enough for you."
            )
        )
        return Finding(FAIL, expected, "; ".join(_stream_text(stream) for stream in slow), remedy, slow)
    if broken or missing or not streams:
        why = "; ".join([*broken, *missing]) or "not measured to any node"
        return Finding(UNKNOWN, expected, why, PORTS_FIRST if missing else AGAIN)
    return Finding(PASS, expected, "; ".join(_stream_text(stream) for stream in streams), evidence=streams)


def _nothing_text(stream: Row, holes: set[str]) -> str:
    why = (
        "large packets are lost on the path, see net.mtu_path"
        if stream["destination"] in holes
        else stream.get("error")
    )
    return f"{stream['destination']}: 0 Mbit/s{f' ({why})' if why else ''}"


def both_units(mbit: float) -> str:
    """Mbit/s as people of both habits read it."""
    return f"{mbit:.0f} Mbit/s ({mbit / 8:.0f} MB/s)"


def _stream_text(stream: Row) -> str:
    return f"{stream['destination']}: {both_units(stream['mean_mbit'])}, peak {both_units(stream['peak_mbit'])}"


def _each_link(
    evidence: Evidence,
    expected: str,
    good: Callable[[Row], bool],
    text: Callable[[Row], str],
    remedy: str,
    summary: Callable[[list[Row]], str] | None = None,
) -> Finding:
    """Judge every measured link alike. good, text: for one link; summary: for all, where the worst one does not say it."""
    heard, unknown = answered_links(evidence)
    red = [link for link in heard if not good(link)]
    if red:
        observed = "; ".join(f"{link['name']}: {text(link)}" for link in red)
        return Finding(FAIL, expected, observed, remedy, red)
    if unknown:
        return Finding(UNKNOWN, expected, "; ".join(unknown), retry_remedy(evidence))
    if not heard:
        return Finding(PASS, expected, "no other node to reach")
    if summary is None:
        worst = max(heard, key=lambda link: link["rtt_ms"]["p95"])
        return Finding(PASS, expected, f"{worst['name']} is the slowest: {text(worst)}", evidence=heard)
    return Finding(PASS, expected, summary(heard), evidence=heard)


def _trip_text(link: Row) -> str:
    trips = link["rtt_ms"]
    return f"p50 {trips['p50']:g}, p95 {trips['p95']:g}, max {trips['max']:g} ms"
