# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.mtu_uniform and mtu_path: the MTU of the interfaces, and that of the paths between the nodes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.addresses import node_address
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.measured_links import (
    answered_links,
    retry_remedy,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.own_address import address_entry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import SHAPED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

VXLAN_OVERHEAD = 50  # bytes of outer headers: IPv4 20, UDP 8, VXLAN 8, the inner Ethernet header 14 (RFC 7348)
REMEDY_OF_SHORT = "Raise the MTU of the network between them, or lower the MTU of all nodes' interfaces to match."
FOR_PODS = f" Pods get {VXLAN_OVERHEAD} bytes less (VXLAN)."
REMEDY_OF_LOST = (
    "Ask the network team to pass packets of the interface's full MTU between these nodes, and ICMP type 3 code 4 "
    "(fragmentation needed), which a device on the path drops or does not send; or lower the MTU of all nodes' "
    "interfaces to what the path carries. `ping -M do -s SIZE NODE` confirms it; SIZE is the packet length minus 28 "
    "bytes of headers."
)
AS_THE_PATH_SAYS = "Fix net.mtu_path first: this follows from it."


@check("net.mtu_path")
def mtu_path(subject: Subject, evidence: Evidence) -> Finding:
    """A router reports packets that are too large for it; without the report TCP and the pods' tunnel keep sending them in vain."""
    expected = "packets of the interface's full MTU reach every node unfragmented, and return"
    links, unknown = answered_links(evidence)
    vxlan = any(row["application"] == SHAPED for row in subject.ports)
    short = [
        link for link in links if link["path"]["mtu"] is None or link["path"]["mtu"] < link["path"]["interface_mtu"]
    ]
    unsure = [link for link in short if link["path"]["arrives"] is None]
    red = [link for link in short if link not in unsure]
    lost = [link for link in red if is_black_hole(link)]
    if red:
        observed = "; ".join(f"{link['name']}: {_mtu_text(link, vxlan)}" for link in lost or red)
        remedy = REMEDY_OF_LOST if lost else f"{REMEDY_OF_SHORT}{FOR_PODS if vxlan else ''}"
        return Finding(FAIL, expected, observed, remedy, red, severity="" if lost else "recommended")
    unknown += [f"{link['name']}: the path MTU could not be measured" for link in unsure]
    if unknown:
        return Finding(UNKNOWN, expected, "; ".join(unknown), retry_remedy(evidence))
    if not links:
        return Finding(PASS, expected, "no other node to reach")
    return Finding(PASS, expected, ", ".join(dict.fromkeys(_mtu_text(link, vxlan) for link in links)), evidence=links)


def is_black_hole(link: Row) -> bool:
    """Whether large packets are lost without an ICMP message: on the path there, or on the return path as the other end sees it."""
    if not link["path"]["arrives"]:
        return not link["path"]["icmp"]
    back = link.get("path_back")
    return not (back and back["icmp"])


def black_holes(evidence: Evidence) -> set[str]:
    """The names of nodes to which, or back from which, long packets are lost without an ICMP message."""
    measured = evidence.get("links")
    return {
        link["name"]
        for link in (measured if isinstance(measured, list) else ())
        if link["path"]["arrives"] is not None
        and link["path"]["interface_mtu"]
        and (link["path"]["mtu"] or 0) < link["path"]["interface_mtu"]
        and is_black_hole(link)
    }


def _mtu_text(link: Row, vxlan: bool) -> str:
    """vxlan: whether packets between pods are carried in VXLAN."""
    path = link["path"]
    passes = f"{path['mtu']} bytes"
    if path["mtu"] is not None and vxlan:
        passes += f", {path['mtu'] - VXLAN_OVERHEAD} within VXLAN"
    if path["mtu"] is not None and path["mtu"] >= path["interface_mtu"]:
        return passes
    if path["mtu"] is None:
        within = "not even packets of 576 bytes returned unfragmented"
    else:
        within = f"{passes}; {path['interface']} has {path['interface_mtu']}"
    if not is_black_hole(link):
        return within
    return (
        f"{within}, and larger packets are lost {'on the return path ' if path['arrives'] else ''}without an ICMP "
        "message"
    )


@check("net.mtu_uniform")
def mtu_uniform(subject: Subject, evidence: Evidence) -> Finding:
    """The pods' tunnel assumes one MTU for all nodes; larger packets of another node are lost."""
    entry, cluster = node_address(subject, evidence), part(evidence, "cluster")
    own = mtu_of(subject.address, evidence)
    expected = "the same MTU on every node's interface"
    if entry is None or own is None:
        raise NoEvidence("the MTU of the interface with the node's address is not known")
    others = {name: entry["mtu"] for name, entry in cluster.items() if entry.get("mtu") and name != subject.node}
    different = {name: mtu for name, mtu in others.items() if mtu != own}
    if not different:
        return Finding(PASS, expected, f"{own} on {len(others) + 1} of {len(cluster)} nodes")
    listed = ", ".join(f"{mtu} on {name}" for name, mtu in different.items())
    remedy = (
        f"Set the same MTU, one that the network carries, on all nodes, here with `ip link set dev {entry['interface']} mtu N` and in "
        "the file that sets the address; net.mtu_path shows what passes between them."
    )
    return Finding(FAIL, expected, f"{own} here, {listed}", remedy, {**others, subject.node: own})


def mtu_of(address: str, evidence: Evidence) -> int | None:
    """The MTU of the interface with the node's address, None where it is not known. address: the inventory's, or ""."""
    entry = address_entry(address, evidence)
    return part(evidence, "host", "network", "mtus").get(entry["interface"]) if entry else None
