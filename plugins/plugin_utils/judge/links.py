# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Are the ways between the nodes quick, whole, wide and long enough?"""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    part,
)

VXLAN_OVERHEAD = 50  # bytes of outer headers: IPv4 20, UDP 8, VXLAN 8, the inner Ethernet header 14 (RFC 7348)
AGAIN = "Mend the ports that the matrix shows as closed, then run the audit again."


def latency(subject, evidence):
    limit = subject.limits.latency_ms
    return _each_link(
        evidence,
        f"95 of 100 packets are back from every node within {limit:g} ms",
        lambda link: link["rtt_ms"]["p95"] <= limit,
        _trip_text,
        "Find out with the network team what slows the way between them; nodes in different regions are not supported.",
    )


def loss(subject, evidence):
    """One packet alone proves nothing."""
    limit = subject.limits.loss_percent
    return _each_link(
        evidence,
        f"at most {limit:g} % of the packets to any node, and one packet more, get lost",
        lambda link: link["loss_percent"] <= limit + 100 / link["sent"],
        lambda link: f"{link['loss_percent']:g} % of {link['sent']}",
        "Look for a full link, errors of an interface (`ip -s link`), and policers between them.",
        lambda links: f"{max(link['loss_percent'] for link in links):g} % at most, of {links[0]['sent']} packets a node",
    )


def path_mtu(subject, evidence):
    return _each_link(
        evidence,
        "packets as long as the interface sends them reach every node in one piece, and back",
        lambda link: link["path"]["mtu"] is not None and link["path"]["mtu"] >= link["path"]["interface_mtu"],
        _mtu_text,
        f"Raise the MTU of the way between them, or lower that of the interfaces of all nodes to it. Pods get {VXLAN_OVERHEAD} "
        "bytes less than the interface has (VXLAN), and what is longer than the way takes is lost without a word.",
        lambda links: ", ".join(dict.fromkeys(_mtu_text(link) for link in links)),
    )


def bandwidth(subject, evidence):
    limit = subject.limits.bandwidth_mbit
    printed = (subject.settings.get("bandwidth-nodes") or {}).get("expected") or {}
    readings = " or ".join(f"{reading}" for reading in printed.get("readings_mbit", ()))
    page = f"; the page's {printed['printed']} reads as {readings} Mbit/s" if readings else ""
    expected = f"at least {both_units(limit)} to each node it was measured with{page}"
    streams, missing = part(evidence, "bandwidth"), _missing(evidence, "unmeasured_bandwidth")
    slow = [stream for stream in streams if "error" not in stream and stream["mean_mbit"] < limit]
    broken = [f"{stream['destination']}: {stream['error']}" for stream in streams if "error" in stream]
    if slow:
        names = ", ".join(stream["destination"] for stream in slow)
        return Finding(
            FAIL,
            expected,
            "; ".join(_stream_text(stream) for stream in slow),
            f"Find the slow part between {subject.node} and {names}: the interfaces (`ethtool`), the virtual switch, a limit of "
            "the cloud for machines of this size. rtf_min_node_bandwidth_mbit says what is enough for you.",
            slow,
        )
    if broken or missing or not streams:
        why = "; ".join([*broken, *missing]) or "it was not measured with any node"
        return Finding(UNKNOWN, expected, why, AGAIN)
    return Finding(PASS, expected, "; ".join(_stream_text(stream) for stream in streams), evidence=streams)


def both_units(mbit):
    """Mbit/s as people of both habits read it."""
    return f"{mbit:.0f} Mbit/s ({mbit / 8:.0f} MB/s)"


def _stream_text(stream):
    return f"{stream['destination']}: {both_units(stream['mean_mbit'])}, at best {both_units(stream['peak_mbit'])}"


def _each_link(evidence, expected, good, text, remedy, summary=None):
    """Judge every measured way alike. good, text: of one link; summary: of all, where the worst one does not say it."""
    links, missing = part(evidence, "links"), _missing(evidence, "unmeasured_links")
    silent = [f"{link['name']}: no answer on UDP {link['port']}" for link in links if link["rtt_ms"] is None]
    heard = [link for link in links if link["rtt_ms"] is not None]
    red = [link for link in heard if not good(link)]
    if red:
        observed = "; ".join(f"{link['name']}: {text(link)}" for link in red)
        return Finding(FAIL, expected, observed, remedy, red)
    if silent or missing:
        return Finding(UNKNOWN, expected, "; ".join([*silent, *missing]), AGAIN)
    if not links:
        return Finding(PASS, expected, "no other node to reach")
    if summary is None:
        worst = max(heard, key=lambda link: link["rtt_ms"]["p95"])
        return Finding(PASS, expected, f"{worst['name']} is the slowest: {text(worst)}", evidence=links)
    return Finding(PASS, expected, summary(heard), evidence=links)


def _missing(evidence, name):
    return [f"{other}: {why}" for other, why in (evidence.get(name) or {}).items()]


def _trip_text(link):
    trips = link["rtt_ms"]
    return f"p50 {trips['p50']:g}, p95 {trips['p95']:g}, max {trips['max']:g} ms"


def _mtu_text(link):
    path = link["path"]
    if path["mtu"] is None:
        return f"not even {576} bytes came back in one piece"
    within = f"{path['mtu']} bytes, {path['mtu'] - VXLAN_OVERHEAD} within VXLAN"
    return within if path["mtu"] >= path["interface_mtu"] else f"{within}; {path['interface']} sends {path['interface_mtu']}"


CHECKS = {
    "net.latency": latency,
    "net.loss": loss,
    "net.mtu_path": path_mtu,
    "net.bandwidth": bandwidth,
}
