# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs are asked to decide: lists of NO_PROXY, ordinary and odd, and hosts."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list

NODES = {
    "controller-1": {"ansible_host": "192.168.230.11"},
    "worker-1.corp.example": {"ansible_host": "192.168.230.21"},
}
COMPUTED = ",".join(
    no_proxy_list.compute(NODES, "10.244.0.0/16", "172.20.16.0/20", [".intra.example", "mirror.example"])
)
LISTS = (
    COMPUTED,
    "",
    "*",
    "example.com",
    ".example.com",
    "*.example.com",
    "ample.com",
    "EXAMPLE.com, worker-1",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "10.244.1.0/33,10.244.1",
    "10.244.1.5/24",
    "10.244.1.5/32",
    "244.1.5,.svc",
    "example.com.",
)
HOSTS = (
    "localhost",
    "127.0.0.1",
    "169.254.169.254",
    "192.168.230.11",
    "192.168.230.12",
    "controller-1",
    "worker-1.corp.example",
    "worker-1",
    "corp.example",
    "10.244.1.5",
    "10.244.1.1",
    "10.245.1.5",
    "172.20.16.1",
    "172.20.31.254",
    "172.20.32.1",
    "kubernetes.default.svc",
    "leader.telekube.local",
    "local",
    "app.namespace.svc.cluster.local",
    "a.intra.example",
    "intra.example",
    "mirror.example",
    "sub.mirror.example",
    "example.com",
    "www.example.com",
    "WWW.Example.COM",
    "notexample.com",
    "anypoint.mulesoft.com",
    "0.0.0.0",
)
