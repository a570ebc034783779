# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Are the ways between the nodes quick, whole, wide and long enough?"""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    part,
)

VXLAN_OVERHEAD = 50  # bytes of outer headers: IPv4 20, UDP 8, VXLAN 8, the inner Ethernet header 14 (RFC 7348)
PORTS_FIRST = "Open the ports that the port matrix shows as closed, then run the audit again."
AGAIN = "Run the audit again while the nodes and the network between them have little else to do."
REMEDY_OF_SHORT = (
    "Raise the MTU of the network between them, or lower that of the interfaces of all nodes to it. Pods get "
    f"{VXLAN_OVERHEAD} bytes less than the interface has (VXLAN)."
)
REMEDY_OF_LOST = (
    "Ask the network team to let packets as long as the interface sends them pass between these nodes, and ICMP type 3 code "
    "4 (fragmentation needed), which a device on the way drops or does not send; or lower the MTU of the interfaces of all "
    "nodes to what passes. `ping -M do -s SIZE NODE` confirms it, SIZE being the length without 28 bytes of headers."
)
AS_THE_PATH_SAYS = "Nothing by itself: it follows from net.mtu_path, whose remedy comes first."


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
        lambda links: (
            f"{max(link['loss_percent'] for link in links):g} % at most, of {links[0]['sent']} packets a node"
        ),
    )


def path_mtu(subject, evidence):
    """A router reports packets that are too long for it; without that TCP and the pods' tunnel send them in vain for ever."""
    expected = "packets as long as the interface sends them reach every node in one piece, and back"
    links, unknown = _heard(evidence)
    short = [
        link for link in links if link["path"]["mtu"] is None or link["path"]["mtu"] < link["path"]["interface_mtu"]
    ]
    unsure = [link for link in short if link["path"]["arrives"] is None]
    red = [link for link in short if link not in unsure]
    lost = [link for link in red if _is_black_hole(link)]
    if red:
        observed = "; ".join(f"{link['name']}: {_mtu_text(link)}" for link in lost or red)
        remedy = REMEDY_OF_LOST if lost else REMEDY_OF_SHORT
        return Finding(FAIL, expected, observed, remedy, red, severity="" if lost else "recommended")
    unknown += [f"{link['name']}: how long a packet may be could not be measured" for link in unsure]
    if unknown:
        return Finding(UNKNOWN, expected, "; ".join(unknown), _again(evidence))
    if not links:
        return Finding(PASS, expected, "no other node to reach")
    return Finding(PASS, expected, ", ".join(dict.fromkeys(_mtu_text(link) for link in links)), evidence=links)


def _is_black_hole(link):
    """Whether long packets are lost and no router says so: on the way there, or on that back as its other end sees it."""
    if not link["path"]["arrives"]:
        return not link["path"]["icmp"]
    back = link.get("path_back")
    return not (back and back["icmp"])


def bandwidth(subject, evidence):
    limit = subject.limits.bandwidth_mbit
    printed = (subject.settings.get("bandwidth-nodes") or {}).get("expected") or {}
    readings = " or ".join(f"{reading}" for reading in printed.get("readings_mbit", ()))
    page = f"; the page's {printed['printed']} reads as {readings} Mbit/s" if readings else ""
    expected = f"at least {both_units(limit)} to each node it was measured with{page}"
    streams, missing = part(evidence, "bandwidth"), _missing(evidence, "unmeasured_bandwidth")
    holes = _black_holes(evidence)
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
            else f"Find out what lets connections of {subject.node} open and then carries nothing: a packet filter or a "
            "traffic shaper on the way, or a black hole of the path MTU, which net.mtu_path tells."
        )
        return Finding(FAIL, expected, "; ".join(observed), remedy, nothing + slow, severity="required")
    if slow:
        names = ", ".join(stream["destination"] for stream in slow)
        remedy = (
            AS_THE_PATH_SAYS
            if all(stream["destination"] in holes for stream in slow)
            else f"Find the slow part between {subject.node} and {names}: the interfaces (`ethtool`), the virtual switch, a "
            "limit of the cloud for machines of this size. rtf_min_node_bandwidth_mbit says what is enough for you."
        )
        return Finding(FAIL, expected, "; ".join(_stream_text(stream) for stream in slow), remedy, slow)
    if broken or missing or not streams:
        why = "; ".join([*broken, *missing]) or "it was not measured with any node"
        return Finding(UNKNOWN, expected, why, PORTS_FIRST if missing else AGAIN)
    return Finding(PASS, expected, "; ".join(_stream_text(stream) for stream in streams), evidence=streams)


def _black_holes(evidence):
    """The names of nodes to which, or back from which, long packets are lost without an ICMP message."""
    measured = evidence.get("links")
    return {
        link["name"]
        for link in (measured if isinstance(measured, list) else ())
        if link["path"]["arrives"] is not None
        and link["path"]["interface_mtu"]
        and (link["path"]["mtu"] or 0) < link["path"]["interface_mtu"]
        and _is_black_hole(link)
    }


def _nothing_text(stream, holes):
    why = (
        "long packets are lost on the way, see net.mtu_path" if stream["destination"] in holes else stream.get("error")
    )
    return f"{stream['destination']}: 0 Mbit/s{f' ({why})' if why else ''}"


def both_units(mbit):
    """Mbit/s as people of both habits read it."""
    return f"{mbit:.0f} Mbit/s ({mbit / 8:.0f} MB/s)"


def _stream_text(stream):
    return f"{stream['destination']}: {both_units(stream['mean_mbit'])}, at best {both_units(stream['peak_mbit'])}"


def _each_link(evidence, expected, good, text, remedy, summary=None):
    """Judge every measured way alike. good, text: of one link; summary: of all, where the worst one does not say it."""
    heard, unknown = _heard(evidence)
    red = [link for link in heard if not good(link)]
    if red:
        observed = "; ".join(f"{link['name']}: {text(link)}" for link in red)
        return Finding(FAIL, expected, observed, remedy, red)
    if unknown:
        return Finding(UNKNOWN, expected, "; ".join(unknown), _again(evidence))
    if not heard:
        return Finding(PASS, expected, "no other node to reach")
    if summary is None:
        worst = max(heard, key=lambda link: link["rtt_ms"]["p95"])
        return Finding(PASS, expected, f"{worst['name']} is the slowest: {text(worst)}", evidence=heard)
    return Finding(PASS, expected, summary(heard), evidence=heard)


def _heard(evidence):
    """Return (links with an answer, why for each of the others)."""
    links, missing = part(evidence, "links"), _missing(evidence, "unmeasured_links")
    silent = [f"{link['name']}: no answer on UDP {link['port']}" for link in links if link["rtt_ms"] is None]
    return [link for link in links if link["rtt_ms"] is not None], [*silent, *missing]


def _again(evidence):
    return PORTS_FIRST if _missing(evidence, "unmeasured_links") else AGAIN


def _missing(evidence, name):
    return [f"{other}: {why}" for other, why in (evidence.get(name) or {}).items()]


def _trip_text(link):
    trips = link["rtt_ms"]
    return f"p50 {trips['p50']:g}, p95 {trips['p95']:g}, max {trips['max']:g} ms"


def _mtu_text(link):
    path = link["path"]
    if path["mtu"] is not None and path["mtu"] >= path["interface_mtu"]:
        return f"{path['mtu']} bytes, {path['mtu'] - VXLAN_OVERHEAD} within VXLAN"
    if path["mtu"] is None:
        within = "not even 576 bytes came back in one piece"
    else:
        within = f"{path['mtu']} bytes, {path['mtu'] - VXLAN_OVERHEAD} within VXLAN; {path['interface']} sends {path['interface_mtu']}"
    if not _is_black_hole(link):
        return within
    return f"{within}, and longer ones are lost {'on the way back ' if path['arrives'] else ''}without an ICMP message"


CHECKS = {
    "net.latency": latency,
    "net.loss": loss,
    "net.mtu_path": path_mtu,
    "net.bandwidth": bandwidth,
}
