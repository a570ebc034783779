# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audits of this scenario are expected to find, and how to read what they found."""

NODES = ("controller-1", "worker-1", "worker-2")
TCP_OF_NODES = {
    "install-bandwidth-checker",
    "install-internal",
    "install-agents",
    "internal-services",
    "internal-ssh",
    "internal-services-6060",
    "serf-tcp",
    "cluster-status",
    "kubernetes-components",
    "kubernetes-read-only",
    "node-ports-tcp",
}
UDP_OF_NODES = {"serf-udp", "overlay-vxlan", "node-ports-udp"}
TCP_OF_CONTROLLERS = TCP_OF_NODES | {"etcd", "ops-center-internal", "container-registry", "kubernetes-api"}
OF_LOCALHOST = {"cluster-dns-tcp", "serf-rpc", "cluster-dns-udp"}


def cells(outcome):
    """`{(source, destination, row): cell}` of all that failed."""
    assert outcome.report, outcome.output
    return {(cell["source"], cell["destination"], cell["row"]): cell for cell in outcome.report["port_matrix"]["cells"]}


def statuses(outcome):
    return {key: cell["status"] for key, cell in cells(outcome).items()}


def red_checks(outcome):
    """{(node, id)} of the checks of ports that did not pass."""
    return {key for key in outcome.failed() if key[1].startswith("ports.")}
