# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of an audit return on a simulated node, by what they were asked and by the node's faults."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges


def answer(node, module, arguments):
    """Return the result of a module, {} for one that no audit calls. node: as simulated_cluster.state returns it."""
    return _MODULES.get(module, _nothing)(node, arguments)


def _nothing(_node, _arguments):
    return {}


def _host(node, arguments):
    asked = {"privileged", *arguments["sections"]}
    return {"host": {name: section for name, section in node["host"].items() if name in asked}}


def _egress(node, arguments):
    dropped = {"verdict": "dropped", "detail": node["no_answer"], "tls": None, "layers": []}
    probes = [
        {
            **{field: endpoint.get(field) for field in ("id", "host", "port", "protocol")},
            "path": endpoint["paths"][0],
            "verdict": "reachable",
            "detail": "",
            "tls": None,
            "layers": [{"layer": layer, "verdict": "ok"} for layer in ("dns", "tcp", "tls")],
            "other_paths": [],
            **(dropped if endpoint["id"] in node["dropped_endpoints"] else {}),
        }
        for endpoint in arguments["endpoints"]
    ]
    return {"endpoints": probes, "name_servers": node["name_servers"]}


def _listening(_node, arguments):
    kinds = ("tcp", "udp")
    return {
        "listening": {
            "places": [
                {
                    "address": place["address"],
                    **{
                        kind: {"bound": place[kind] or [], "occupied": [], "beside": [], "failed": []} for kind in kinds
                    },
                }
                for place in arguments.get("listen") or []
            ]
        }
    }


def _probed(node, arguments):
    return {"peers": [_of_peer(peer, node["dropped_ports"].get(peer["name"], [])) for peer in arguments["peers"]]}


def _of_peer(peer, dropped):
    stopped = set(port_ranges.numbers(dropped))
    found = {"name": peer["name"], "address": peer["address"]}
    for kind in ("tcp", "udp"):
        asked = set(port_ranges.numbers(peer[kind] or []))
        ports = {"open": asked - stopped, "dropped": asked & stopped}
        if kind == "tcp":
            ports["refused"] = set(port_ranges.numbers(peer["connect"] or []))
        found[kind] = {
            "ports": {verdict: port_ranges.texts(numbers) for verdict, numbers in ports.items() if numbers},
            "reasons": {},
        }
    return found


def _links(node, arguments):
    return {
        "peers": [
            {
                **{field: peer[field] for field in ("name", "address", "port")},
                "sent": 100,
                "received": 100,
                "loss_percent": 0.0,
                "rtt_ms": {
                    part: round(node["round_trip_ms"] * node["slowness"], 3) for part in ("min", "p50", "p95", "max")
                },
                "clock": {"offset_ms": 0.0, "error_ms": 0.05},
                "path": {"mtu": 1500, "arrives": True, "icmp": False, "interface": "eth0", "interface_mtu": 1500},
            }
            for peer in arguments["peers"]
        ]
    }


def _bandwidth(node, arguments):
    rate = {"bytes": 1, "seconds": 1.0, "mean_mbit": node["mbit"], "peak_mbit": node["mbit"] + 1}
    here = [
        {**{field: peer[field] for field in ("name", "address", "port")}, "send": rate, "receive": rate}
        for peer in arguments["peers"]
    ]
    return {"peers": [*(arguments.get("earlier") or []), *here]}


_MODULES = {
    "host_info": _host,
    "egress_info": _egress,
    "port_listener": _listening,
    "port_probe_info": _probed,
    "link_info": _links,
    "bandwidth_info": _bandwidth,
}
