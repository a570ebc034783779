# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to render, and the programs that read what was rendered."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Scope, build
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node, Proxy, Site

SITES = {
    "as in the lab": Site(
        [
            Node("controller-1", "controller", "192.168.230.11"),
            Node("worker-1", "worker", "192.168.230.21"),
            Node("worker-2", "worker", "192.168.230.22"),
        ],
        ntp_servers=["ntp.lab.example"],
    ),
    "everything stated": Site(
        [Node(f"c{number}", "controller", f"192.0.2.{number}") for number in (1, 2, 3)]
        + [Node(f"w{number}", "worker", f"192.0.2.{number}") for number in (21, 22)],
        internal_networks=["10.0.0.0/8", "2001:db8::/32"],
        ingress_sources=["198.51.100.0/24", "2001:db8:1::/48"],
        ntp_servers=["192.0.2.123"],
        http_proxy=Proxy("proxy.example.com", 3128),
        monitoring_proxy=Proxy("192.0.2.99", 1080),
    ),
    "hostile names": Site(
        [Node('c1"\n} drop; #', "controller", "192.0.2.1"), Node("w1 | ${x} %{y} <b>", "worker", "192.0.2.2")]
    ),
}
SCOPES = {
    "1.4 us": Scope("1.4", "us", "install"),
    "1.13 eu operate, from 1.4": Scope("1.13", "eu", "operate", "1.4"),
    "2.x in, from 2.x": Scope("2.x", "in", "install", "2.x"),
    "2.x us, from 1.13": Scope("2.x", "us", "install", "1.13"),
}
EXTRA_ENDPOINTS = [
    {
        "host": "registry.example.com",
        "port": 8443,
        "mutual_tls": True,
        "purpose": 'Isn\'t "${quoted}" | <b>=1</b>.',
    },
    {"host": "10.1.2.3", "port": 443, "from": "controllers"},
    {"host": "db.example.com", "port": 5432, "protocol": "tcp"},
]
EXTRA_PORTS = [
    {"id": "metrics", "ports": [9100, "9200-9210"], "from": "10.20.0.0/16", "to": "nodes"},
    {"id": "mail", "ports": [25], "from": "controllers", "to": "2001:db8:2::25", "purpose": "=SUM(A1)"},
]
# Selected with release 2.x alone.
OF_SITE = {"cluster_profile": "rke2-canal", "features": ["mule-gateway"]}


def request_for(site="as in the lab", scope="1.4 us", extras=False):
    rows = catalog.load()
    if extras:
        rows = of_site(rows, {**OF_SITE, "extra_endpoints": EXTRA_ENDPOINTS, "extra_ports": EXTRA_PORTS})
    return build(rows, SCOPES[scope], SITES[site])


@pytest.fixture
def lab_request():
    return request_for()


@pytest.fixture
def make_request():
    return request_for


@pytest.fixture(
    params=[(site, scope, extras) for site in SITES for scope in SCOPES for extras in (False, True)], ids=str
)
def any_request(request):
    """A request of each site, scope, and with and without rows of the site."""
    return request_for(*request.param)


@pytest.fixture(scope="session")
def program():
    """A function from the name of a program to its path; without the program the tests fail."""

    def find(name):
        folders = [str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin", "/sbin"]
        path = shutil.which(name, path=os.pathsep.join(folders))
        assert path, f"{name} is missing; `make setup` brings it"
        return path

    return find
