# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of a site: what is there before anything is prepared, and what their users set.

Each node is a cluster of its own, so that several are cut off at a time.
"""

import json
import shutil

import yaml

from ansible_collections.hostprep.runtime_fabric.molecule import switchable_features
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.tasks import CHECKOUT
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import proxies, time_servers

RULES = """\
#!/usr/sbin/nft -f
flush ruleset
table inet site {
    chain input {
        type filter hook input priority filter; policy drop;
        iifname "lo" accept
        ct state established,related accept
        tcp dport 22 accept
        icmp type echo-request accept
    }
}
"""
# Stands for the container runtime: what matters is its unit and the environment that it runs with.
DOCKER = """\
[Unit]
Description=Stands for Docker
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""
KEY_ID, KEY_TYPE, SECRET = time_servers.KEY
EVERYWHERE = {
    "rtf_control_plane": "us",
    "rtf_ntp_servers": [{"host": "ntp-auth.lab.example", "key": KEY_ID}, "ntp.lab.example", "ntp2.lab.example"],
    "rtf_ntp_keys": [{"id": KEY_ID, "type": KEY_TYPE, "secret": SECRET}],
    "rtf_http_proxy": "http://proxy-auth.lab.example:3128",
    "rtf_http_proxy_user": proxies.USER,
    "rtf_http_proxy_password": {"__ansible_unsafe": proxies.password()},
    "rtf_monitoring_proxy": "socks5://socks-auth.lab.example:1080",
    "rtf_monitoring_proxy_user": proxies.USER,
    "rtf_monitoring_proxy_password": {"__ansible_unsafe": proxies.password()},
    "rtf_proxy_restart_services": ["docker"],
    # What a container rightly lacks is no matter here: findings are compared with those of a rehearsal.
    "rtf_preflight_enforce": False,
}


def plain(lab, node):
    """A site with a table of its own and a container runtime."""
    _write(lab, node, "/etc/nftables.conf", RULES)
    _write(lab, node, "/etc/systemd/system/docker.service", DOCKER)
    lab.exec(node, "systemctl", "enable", "--now", "--quiet", "nftables.service", "docker.service")


def nftables(lab, node):
    """The same with everything that rtf_kernel can switch off."""
    plain(lab, node)
    switchable_features.provide(lab, node)


def firewalld(lab, node):
    """Another time service, and no firewall any more: what Debian's packages leave when they are purged is there already.

    libpam-systemd is on every Debian host; systemd recommends it, so that nothing that brings it along takes it away again.
    """
    lab.exec(
        node,
        "sh",
        "-c",
        "apt-get update && apt-get install --yes systemd-timesyncd libpam-systemd polkitd && "
        "apt-get purge --yes --autoremove --option=APT::AutoRemove::SuggestsImportant=false polkitd && "
        "apt-get clean && rm -rf /var/lib/apt/lists/*",
    )


# What is there, what is set beside EVERYWHERE, and the roles that are left out because they do the same elsewhere.
CONFIGURATIONS = {
    "plain": (plain, {}, ()),
    "nftables": (nftables, switchable_features.ASKED_FOR, ()),
    "firewalld": (
        firewalld,
        {"rtf_firewall_backend": "firewalld", "rtf_firewall_default_deny": True},
        ("rtf_proxy", "rtf_kernel"),
    ),
}


def write_site(directory, lab, nodes, configuration):
    """Write a user's directory with an inventory of these nodes, the first one a controller."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(CHECKOUT / "examples" / "site", directory)
    shutil.rmtree(directory / "group_vars")
    hosts = {node: {"ansible_host": lab.nodes[node]} for node in nodes}
    groups = {
        "rtf_controllers": {"hosts": {name: hosts[name] for name in nodes[:1]}},
        "rtf_workers": {"hosts": {name: hosts[name] for name in nodes[1:]}},
    }
    waivers = yaml.safe_load((CHECKOUT / "tests" / "lab" / "waivers.yml").read_text(encoding="utf-8"))
    settings = {
        "ansible_user": "ops",
        "ansible_python_interpreter": "/usr/bin/python3",
        "rtf_waivers": waivers,
        "rtf_internal_networks": [str(lab.instance.subnet)],
    }
    (directory / "inventory").write_text(
        json.dumps({"rtf_nodes": {"vars": settings, "children": groups}}), encoding="utf-8"
    )
    (directory / "settings.json").write_text(
        json.dumps({**EVERYWHERE, **CONFIGURATIONS[configuration][1]}), encoding="utf-8"
    )


def _write(lab, node, path, text):
    lab.exec(node, "sh", "-c", 'printf %s "$2" > "$1"', "sh", path, text)
