# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each kind of host firewall does to one port, told apart by the probes. Rules are set with the firewall's own tool."""

import contextlib
import json
import os
import secrets
import subprocess
from typing import NamedTuple

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

SOURCE, TARGET = "worker-1", "controller-1"
PORTS, SHUT = "30000-30010", "30005"


class Backend(NamedTuple):
    """package: what installs it. shut: commands that leave all of PORTS open but SHUT. opened: commands that undo it.

    verdict: what a probe of SHUT by TCP comes to.
    """

    package: str
    shut: tuple
    opened: tuple
    verdict: str


BACKENDS = {
    "firewalld": Backend(
        "firewalld",
        ("systemctl start firewalld",
         *(f"firewall-cmd --quiet --add-port={ports}/{transport}" for ports, transport in (
             ("30000-30004", "tcp"), ("30006-30010", "tcp"), (PORTS, "udp")))),
        ("systemctl disable --quiet --now firewalld",),
        "rejected"),
    "ufw": Backend(
        "ufw",
        ("ufw default allow incoming", f"ufw deny {SHUT}/tcp", "ufw --force enable"),
        ("ufw --force disable", "ufw --force reset"),
        "dropped"),
    "iptables": Backend(
        "iptables",
        (f"iptables -I INPUT -p tcp --dport {SHUT} -j REJECT --reject-with tcp-reset",),
        (f"iptables -D INPUT -p tcp --dport {SHUT} -j REJECT --reject-with tcp-reset",),
        "refused"),
}


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@contextlib.contextmanager
def in_force(lab, backend):
    lab.exec(TARGET, "sh", "-c", f"apt-get -qq update && apt-get -qq --yes install {backend.package}")
    try:
        lab.exec(TARGET, "sh", "-ec", "\n".join(backend.shut))
        yield
    finally:
        lab.exec(TARGET, "sh", "-c", "; ".join(backend.opened))


def run_module(node, module, **arguments):
    """Run a module of the collection on a node, as a user does ad hoc."""
    words = ["ansible", node, "-i", os.environ["LAB_INVENTORY"], "--become",
             "-e", "ansible_python_interpreter=/usr/bin/python3",
             "-m", f"hostprep.runtime_fabric.{module}", "-a", json.dumps(arguments)]
    # molecule asks for colours, which are no JSON.
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=300, check=True
    )
    return json.loads(done.stdout.partition("=>")[2])


@pytest.mark.parametrize("name", BACKENDS)
def test_the_one_port_that_a_firewall_shuts_is_the_one_that_is_red(lab, name):
    backend, key = BACKENDS[name], secrets.token_hex(16)
    place = {"address": lab.nodes[TARGET], "tcp": [PORTS], "udp": [PORTS]}
    with in_force(lab, backend):
        run_module(TARGET, "port_listener", key=key, name=TARGET, listen=[place], lifetime=600)
        try:
            found, = run_module(SOURCE, "port_probe_info", key=key, peers=[{"name": TARGET, **place}])["peers"]
        finally:
            run_module(TARGET, "port_listener", key=key, state="absent")
    assert found["tcp"]["ports"] == {"open": ["30000-30004", "30006-30010"], backend.verdict: [SHUT]}
    assert found["udp"]["ports"] == {"open": [PORTS]}
