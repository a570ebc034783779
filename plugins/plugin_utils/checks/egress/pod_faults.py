# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why pods of a node do not reach what the node reaches: the step at which their packets or questions are lost. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first

_NFT = "sudo iptables -nvL FORWARD; sudo nft list ruleset"
_POLICIES = "kubectl get networkpolicy -A"
# kind -> which output of the command that confirms it does
OUTPUTS = {
    "forwarding": "a value is 0",
    "chain_policy": "a forward chain has the policy DROP, and the counter of that policy rises with each attempt",
    "filter": "a network policy selects {pod}, or the counter of a rule that drops or rejects rises with each attempt",
    "masquerade": "no rule masquerades packets from {address}",
    "answer": "curl reports that the connection timed out",
    "interface": "no interface and no route leads to {address}",
    "mtu": "curl connects, and then times out",
    "resolver": "nslookup prints no address",
    "treated": "curl connects, and then reports an error, which it does not on the node",
    "unknown": "curl reports an error, which it does not on the node",
}
_BEFORE_DATA = (None, "dns", "tcp")

Probe = Mapping[str, Any]


class Fault(NamedTuple):
    """kind: a word for its place; who has to act on it is in audit/causes/owners.py. title, what, ask: without the node's name.

    confirmed_if: which output of the command confirm shows the fault. targets: `host:port` that are not reached.
    """

    kind: str
    title: str
    what: str
    ask: str
    confirm: str
    confirmed_if: str
    alternatives: Sequence[str]
    targets: Sequence[str]


def faults(pod: Mapping[str, Any], failed: Sequence[tuple[Probe, Probe]], shut: Sequence[str]) -> list[Fault]:
    """Return the Faults, that of most endpoints first.

    pod: evidence of the pod. failed: (result of the node, result of the pod) of each endpoint that only the node reaches.
    shut: chains of the node that forward nothing that no rule accepts.
    """
    traces = {trace["id"]: trace for trace in pod["traces"]}
    groups: dict[str, list[tuple[Probe, Probe]]] = {}
    for node, inside in failed:
        trace = traces.get(node["id"]) or _like(inside, failed, traces)
        kind = _kind(pod, inside, trace, _with_small_packets(inside, failed))
        groups.setdefault("chain_policy" if kind == "filter" and shut else kind, []).append((node, inside))
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [_fault(kind, pod, own, traces, shut) for kind, own in ordered]


def label(pod: Mapping[str, Any]) -> str:
    """Return a short name of the pod that was looked at."""
    if pod.get("pod"):
        return f"pod {pod['pod']}"
    return f"pod {pod['uid']}" if pod.get("uid") else f"the pod with the network of {pod['namespace']}"


def _like(inside: Probe, failed: Sequence[tuple[Probe, Probe]], traces: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The trace of another endpoint that fails alike: only a few are traced."""
    for node, other in failed:
        if node["id"] in traces and _fail_alike(other, inside):
            found: Mapping[str, Any] = traces[node["id"]]
            return found
    return None


def _with_small_packets(inside: Probe, failed: Sequence[tuple[Probe, Probe]]) -> Any:
    """The verdict of a probe with small packets, or that of another endpoint that fails alike: only a few are tried."""
    tried = [inside, *(other for dummy, other in failed if _fail_alike(other, inside))]
    return next((one["with_small_packets"] for one in tried if "with_small_packets" in one), None)


def _fail_alike(one: Probe, other: Probe) -> bool:
    return (one["verdict"], one["layer"]) == (other["verdict"], other["layer"])


def _kind(pod: Mapping[str, Any], inside: Probe, trace: Mapping[str, Any] | None, small: Any) -> str:
    if trace is None or trace["verdict"] in ("untested", "error"):
        return "resolver" if trace is None and _knows_better(inside) else "unknown"
    if trace["verdict"] == "reachable":
        if inside["layer"] not in _BEFORE_DATA and small == "reachable":
            return "mtu"
        return "resolver" if inside["verdict"] == "unresolved" else "treated"
    if trace["unseen"]:
        return "unknown"
    if any(one["source"] == pod["address"] for one in trace["left"]):
        return "masquerade"
    if trace["left"]:
        return "answer"
    if not trace["entered"]:
        return "interface"
    forwarding = pod.get("forwarding") or {}
    # By whichever of the interfaces the packet is routed; one that is the port of a bridge does not decide.
    routed = trace["entered"][-1]
    return "filter" if forwarding.get("ip_forward", True) and forwarding.get(routed, True) else "forwarding"


def _knows_better(inside: Probe) -> bool:
    """Whether a name server answered, though not with an address."""
    return inside["verdict"] == "unresolved" and "does not exist" in (inside["detail"] or "")


def _fault(
    kind: str,
    pod: Mapping[str, Any],
    own: Sequence[tuple[Probe, Probe]],
    traces: Mapping[str, Any],
    shut: Sequence[str],
) -> Fault:
    node, inside = own[0]
    targets = [f"{node['host']}:{node['port']}" for node, dummy in own]
    trace = next((traces[node["id"]] for node, dummy in own if node["id"] in traces), None)
    listed = joined_first(targets, ", ")
    names = joined_first(list(dict.fromkeys(node["host"] for node, dummy in own)), ", ")
    words = {
        "pod": label(pod),
        "targets": listed,
        "names": names,
        "address": pod["address"],
        "detail": inside["detail"] or "",
    }
    if trace:
        entered = trace["entered"]
        words.update(
            {
                "to": f"{trace['address']} port {trace['port']}",
                "by": entered[-1] if entered else "",
                "leaves": joined_first(list(dict.fromkeys(one["interface"] for one in trace["left"])), ", "),
                "as": trace["left"][0]["source"] if trace["left"] else "",
                "how": "rejected" if trace["verdict"] in ("rejected", "refused") else "dropped",
            }
        )
    title, what, ask, confirm = _texts(kind, pod, shut)
    confirm = confirm or (
        f"sudo nsenter --net={pod['namespace']} curl -v -m 10 --noproxy '*' "
        + (f"--connect-to ::{trace['address']}:{trace['port']} " if trace else "")
        + f"https://{targets[0]}"
    )
    if kind == "resolver":
        servers = " ".join(pod["name_servers"][:1])
        confirm = f"sudo nsenter --net={pod['namespace']} nslookup {node['host']} {servers}"
    return Fault(
        kind,
        title,
        what.format(**words),
        ask.format(**words),
        confirm,
        OUTPUTS[kind].format(**words),
        [text.format(**words) for text in _alternatives(kind)],
        targets,
    )


def _texts(kind: str, pod: Mapping[str, Any], shut: Sequence[str]) -> tuple[str, str, str, str]:
    """(title, what, ask, confirm) of a kind of fault, with places for the words of _fault."""
    if kind == "forwarding":
        off = [
            "net.ipv4.ip_forward" if name == "ip_forward" else f"net.ipv4.conf.{name}.forwarding"
            for name, on in pod["forwarding"].items()
            if not on
        ]
        names = " and ".join(off[:1] if "net.ipv4.ip_forward" in off else off)
        return (
            f"the node does not forward their packets ({names} = 0)",
            f"packets from {{pod}} to {{to}} enter the node on {{by}} and are not forwarded: {names} = 0",
            f"Set {names} to 1, now and after a reboot: the role hostprep.runtime_fabric.rtf_kernel does both.",
            f"sysctl {' '.join(off)}",
        )
    if kind == "chain_policy":
        chains = ", ".join(shut)
        return (
            "the node blocks their packets",
            "packets from {pod} to {to} enter the node on {by} and are {how} there; forwarding is on, so the cause is "
            f"the default policy of {chains}, which drops packets that no rule accepts, or a firewall rule of the node",
            f"Accept packets from and to the pod network in {chains}; if a network policy blocks them, correct that policy.",
            f"{_POLICIES}; {_NFT}",
        )
    if kind == "filter":
        return (
            "the node blocks their packets",
            "packets from {pod} to {to} enter the node on {by} and are {how} there; forwarding is on, so the cause is "
            "a firewall rule or a network policy of the node",
            "Let pods connect to {targets}: correct the network policy or the firewall rule that blocks them.",
            f"{_POLICIES}; {_NFT}",
        )
    if kind == "masquerade":
        return (
            "their packets leave with the pod's address",
            "packets from {pod} to {to} leave on {leaves} with the pod's own source address {as}, and no answer "
            "comes back",
            "Have the CNI plugin masquerade packets that pods send out of the cluster (ipMasq of the bridge plugin, "
            "--ip-masq of Flannel, natOutgoing of Calico, enable-ipv4-masquerade of Cilium); or, if pods should keep "
            "their own addresses outside the cluster, ask the network team to route these addresses to the node and "
            "to allow them.",
            "sudo iptables -t nat -S; sudo nft list ruleset",
        )
    if kind == "answer":
        return (
            "their packets leave the node, and no answer comes back",
            "packets from {pod} to {to} leave on {leaves} with the source address {as}, and no answer comes back to "
            "the pod",
            "Find out where the answers from {to} to {as} are lost when a pod has opened the connection.",
            "",
        )
    if kind == "interface":
        return (
            "their packets do not arrive at the node",
            "packets of {pod} (address {address}) to {to} are seen on no interface of the node",
            "Find out why the CNI plugin does not connect {pod} to the node, then recreate the pod.",
            "ip -br link; ip route",
        )
    if kind == "mtu":
        return (
            "large packets are lost",
            f"{{pod}} connects to {{targets}}, but large packets are lost ({{detail}}): with packets of at most 576 bytes it "
            f"works. The MTU is {pod['mtu']} in the pod and {pod['node_mtu']} on {pod['node_interface']} of the node",
            "Lower the MTU that the CNI plugin sets in pods to what their path carries: an overlay takes 50 to 80 "
            "bytes off the MTU of the node's interface, and so do IPsec and WireGuard.",
            "",
        )
    if kind == "resolver":
        servers = ", ".join(pod["name_servers"]) or "none"
        return (
            "their name servers fail",
            f"the name servers of {{pod}} ({servers}, from its /etc/resolv.conf) do not resolve {{names}}: "
            f"{{detail}}. The pod can connect to the addresses that the node uses for these names",
            f"Make the name servers of pods ({servers}) resolve {{names}}: if they are the CoreDNS service, check its "
            "pods, its Corefile and the name servers that it forwards to.",
            "",
        )
    if kind == "treated":
        return (
            "a device on the path handles their connections differently",
            "{pod} connects to {targets}, but then fails where the node does not: {detail}",
            "Find out which device on the path handles connections from pods differently from those of the node.",
            "",
        )
    return (
        "the reason is not known",
        "{pod} does not reach {targets}: {detail}",
        "Let pods connect to {targets} as the node does.",
        "",
    )


def _alternatives(kind: str) -> Iterator[str]:
    if kind == "chain_policy":
        yield f"If the counter of the chain's policy in `{_NFT}` rises with each attempt, that policy drops the packets."
    if kind in ("chain_policy", "filter"):
        yield (
            f"If `{_POLICIES}` lists a network policy that selects {{pod}}, check that policy first. If the counter "
            f"of a firewall rule in `{_NFT}` rises with each attempt, that rule drops the packets. If "
            "IPReversePathFilter in `nstat -az` rises with each attempt, the reverse path filter drops them."
        )
    if kind == "masquerade":
        yield (
            "If the network routes the addresses of pods, a firewall in the network may drop the packets: it then "
            "sees them come from {address} to {to}."
        )
    if kind == "answer":
        yield (
            "A firewall rule of the node may drop the answers instead: its counter in `sudo nft list ruleset` then "
            "rises with each attempt."
        )
    if kind == "interface":
        yield (
            "If the pod has its own interface to the network (macvlan, SR-IOV), the node does not see its packets: "
            "ask the network team where packets from {address} to {to} are lost."
        )
    if kind == "mtu":
        yield (
            "If the MTU of pods is right, a device on the path drops the ICMP messages `fragmentation needed`: ask "
            "the network team to allow them."
        )
    if kind == "unknown":
        yield (
            "Masquerading, a network policy, the MTU of the CNI plugin or the pod's name servers: the commands `sudo iptables "
            f"-t nat -S`, `{_POLICIES}`, `ip link` and `cat /etc/resolv.conf` in a pod tell them apart."
        )
