# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which checks a switch of the role rtf_preflight turns off, because no evidence is collected for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.check_patterns import matches

LINKS = ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth")
BALANCER = ("net.load_balancer", "net.load_balancer_tls", "net.load_balancer_source")


def switched_off(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return `{id of a check: the variable}` of the checks whose evidence a site has chosen not to collect.

    inputs: of the role rtf_preflight. What is not set, such as a load balancer, is not left out. Nor is the bandwidth of
    a running cluster, which is measured on request only.
    """
    installing = inputs["phase"] == "install"
    off: dict[str, str] = {}
    if not inputs["port_matrix"]:
        names = ["ports", "ports.closed", *LINKS[:-1]]
        names += ["ports.free", LINKS[-1]] if installing else []
        names += BALANCER if inputs["load_balancer"] else []
        names += ["ports.outside", "ports.inbound"] if inputs["outside_host"] else []
        off.update(dict.fromkeys(names, "rtf_preflight_port_matrix"))
    elif not inputs["links"]:
        off.update(dict.fromkeys(LINKS if installing else LINKS[:-1], "rtf_preflight_links"))
    elif inputs["bandwidth"] == "none" and installing:
        off[LINKS[-1]] = "rtf_preflight_bandwidth"
    return off


def without_evidence(inputs: Mapping[str, Any]) -> set[str]:
    """Return the ids of checks that have a result, "left out", although no evidence was collected for them.

    Those are checks that a site has switched off, and checks of the port matrix that it has not selected.
    """
    of_matrix = switched_off({**inputs, "port_matrix": False})
    not_selected = {
        name for name in of_matrix if matches(name, inputs["skip_checks"]) or not matches(name, inputs["checks"])
    }
    return not_selected.union(switched_off(inputs))
